/*
 * The tests of a task: each kind arrives as its own kind, and misspelt ones are refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/request_tests.h"
#include "client/lib/request.h"

static int read_tests(const char *text, assay_request **request, struct request_error *error)
{
	json_t *tests = json_loads(text, JSON_DECODE_ANY, NULL);
	int err;

	assert_non_null(tests);
	*request = assay_request_new("python");
	err = request_tests_from_json(tests, *request, error);
	json_decref(tests);
	return err;
}

static assay_request *must_read(const char *text)
{
	struct request_error error;
	assay_request *request;

	assert_int_equal(read_tests(text, &request, &error), 0);
	return request;
}

static void expect_bytes(const ProtobufCBinaryData *bytes, const char *text)
{
	assert_int_equal(bytes->len, strlen(text));
	assert_memory_equal(bytes->data, text, bytes->len);
}

static void sources_arrive_as_their_kind(void **state)
{
	static const struct {
		const char *text;
		Assay__Evaluate__TestsCase kind;
	} cases[] = {
		{"{\"check\": \"s\"}", ASSAY__EVALUATE__TESTS_CHECK},
		{"{\"unittest\": \"s\"}", ASSAY__EVALUATE__TESTS_UNITTEST},
		{"{\"pytest\": \"s\"}", ASSAY__EVALUATE__TESTS_PYTEST},
		{"{\"program\": \"s\"}", ASSAY__EVALUATE__TESTS_PROGRAM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assay_request *request = must_read(cases[i].text);

		assert_int_equal(request->evaluate->tests_case, cases[i].kind);
		if (cases[i].kind == ASSAY__EVALUATE__TESTS_CHECK)
			expect_bytes(&request->evaluate->check->source, "s");
		else
			expect_bytes(&request->evaluate->program->source, "s");
		assay_request_free(request);
	}
}

static void asserts_have_a_setup(void **state)
{
	assay_request *request =
		must_read("{\"asserts\": [\"assert a\", \"assert b\"], \"setup\": \"import c\"}");

	(void)state;
	assert_int_equal(request->evaluate->tests_case, ASSAY__EVALUATE__TESTS_ASSERTS);
	assert_int_equal(request->evaluate->asserts->n_asserts, 2);
	expect_bytes(&request->evaluate->asserts->asserts[1], "assert b");
	expect_bytes(&request->evaluate->asserts->setup, "import c");
	assay_request_free(request);
	request = must_read("{\"asserts\": []}"); /* NO_TESTS is the daemon's verdict on that */
	assert_int_equal(request->evaluate->asserts->n_asserts, 0);
	assay_request_free(request);
}

static void cases_calls_and_answers(void **state)
{
	assay_request *request = must_read("{\"stdio\": [{\"stdin\": \"1\", \"stdout\": \"2\", "
					   "\"name\": \"n\"}, {\"stdout\": \"3\"}],"
					   " \"comparator\": \"float\", \"abs\": 0.5, \"rel\": 1}");

	(void)state;
	assert_int_equal(request->evaluate->stdio->n_cases, 2);
	expect_bytes(&request->evaluate->stdio->cases[0]->stdin, "1");
	expect_bytes(&request->evaluate->stdio->cases[1]->stdout, "3");
	assert_string_equal(request->evaluate->stdio->comparator, "float");
	assert_float_equal(request->evaluate->stdio->absolute_tolerance, 0.5, 0);
	assert_float_equal(request->evaluate->stdio->relative_tolerance, 1, 0);
	assay_request_free(request);

	request = must_read("{\"calls\": [{\"args\": [1, [2.5, null]], \"kwargs\": {\"k\": true},"
			    " \"expect\": null}], \"comparator\": \"float\", \"abs\": 0.5}");
	assert_float_equal(request->evaluate->calls->absolute_tolerance, 0.5, 0);
	expect_bytes(&request->evaluate->calls->calls[0]->args_json, "[1, [2.5, null]]");
	expect_bytes(&request->evaluate->calls->calls[0]->kwargs_json, "{\"k\": true}");
	expect_bytes(&request->evaluate->calls->calls[0]->expect_json, "null");
	assay_request_free(request);

	request = must_read("{\"answer\": \"42\", \"comparator\": \"number\"}");
	expect_bytes(&request->evaluate->answer->answer, "42");
	assert_string_equal(request->evaluate->answer->comparator, "number");
	assay_request_free(request);
}

static void wrong_tests_are_told(void **state)
{
	static const struct {
		const char *tests, *field, *message;
	} cases[] = {
		{"[]", "tests", "tests must be an object, not an empty list"},
		{"{}", "tests",
		 "tests names no kind; one of check, asserts, unittest, pytest, program, stdio, "
		 "calls, answer"},
		{"{\"check\": \"\", \"program\": \"\"}", "tests",
		 "tests names two kinds, \"check\" and \"program\""},
		{"{\"check\": \"\", \"setup\": \"\"}", "tests.setup",
		 "tests.setup does not go with tests of kind \"check\""},
		{"{\"check\": []}", "tests.check",
		 "tests.check must be a string, not an empty list"},
		{"{\"asserts\": \"assert x\"}", "tests.asserts",
		 "tests.asserts must be a list of strings, not a string"},
		{"{\"asserts\": [\"\", 1]}", "tests.asserts[1]",
		 "tests.asserts[1] must be a string, not a number"},
		{"{\"asserts\": [], \"setup\": 1}", "tests.setup",
		 "tests.setup must be a string, not a number"},
		{"{\"stdio\": {}}", "tests.stdio",
		 "tests.stdio must be a list of objects, not an empty object"},
		{"{\"stdio\": [{\"stdin\": \"\"}]}", "tests.stdio[0].stdout",
		 "tests.stdio[0].stdout is missing"},
		{"{\"stdio\": [1]}", "tests.stdio[0]",
		 "tests.stdio[0] must be an object, not a number"},
		{"{\"stdio\": [], \"abs\": -1}", "tests.abs",
		 "tests.abs must be a number of at least 0, not a negative number"},
		{"{\"calls\": [{\"expect\": 1}]}", "tests.calls[0]",
		 "tests.calls[0] needs \"args\", a list"},
		{"{\"calls\": [{\"args\": []}]}", "tests.calls[0]",
		 "tests.calls[0] needs \"expect\""},
		{"{\"calls\": [{\"args\": [], \"kwargs\": [], \"expect\": 1}]}", "tests.calls[0]",
		 "tests.calls[0] needs \"kwargs\" to be an object"},
		{"{\"calls\": [{\"args\": [], \"kwarg\": {}, \"expect\": 1}]}", "tests.calls[0]",
		 "tests.calls[0] has no \"kwarg\""},
		{"{\"calls\": [7]}", "tests.calls[0]",
		 "tests.calls[0] must be an object: not a JSON object"},
		{"{\"answer\": 42}", "tests.answer", "tests.answer must be a string, not a number"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request_error error = {0};
		assay_request *request;

		assert_int_equal(read_tests(cases[i].tests, &request, &error), -EINVAL);
		assert_string_equal(error.field, cases[i].field);
		assert_string_equal(error.message, cases[i].message);
		assay_request_free(request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_arrive_as_their_kind),
		cmocka_unit_test(asserts_have_a_setup),
		cmocka_unit_test(cases_calls_and_answers),
		cmocka_unit_test(wrong_tests_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
