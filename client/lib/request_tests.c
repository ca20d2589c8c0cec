/*
 * Building a request: its tests; libassay.
 *
 * The kinds are a oneof: each assay_request_set_* makes the whole new message first and only then
 * puts it in the place of the old one. assay_request_add_* extends what the matching set began.
 *
 * A request with suites has its tests in them: what is set belongs to the last.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "client/lib/request.h"

/* NULL: the request has none. */
static Assay__Suite *last_suite(const assay_request *request)
{
	const Assay__Evaluate *evaluate = request->evaluate;

	return evaluate->n_suites > 0 ? evaluate->suites[evaluate->n_suites - 1] : NULL;
}

/* NOT_SET: a suite cannot have this kind. */
static Assay__Suite__TestsCase kind_of_suite(Assay__Evaluate__TestsCase kind)
{
	switch (kind) {
	case ASSAY__EVALUATE__TESTS_CHECK:
		return ASSAY__SUITE__TESTS_CHECK;
	case ASSAY__EVALUATE__TESTS_ASSERTS:
		return ASSAY__SUITE__TESTS_ASSERTS;
	case ASSAY__EVALUATE__TESTS_UNITTEST:
		return ASSAY__SUITE__TESTS_UNITTEST;
	case ASSAY__EVALUATE__TESTS_PYTEST:
		return ASSAY__SUITE__TESTS_PYTEST;
	case ASSAY__EVALUATE__TESTS_PROGRAM:
		return ASSAY__SUITE__TESTS_PROGRAM;
	default:
		return ASSAY__SUITE__TESTS__NOT_SET;
	}
}

static int replace_of_suite(Assay__Suite *suite, Assay__Suite__TestsCase kind, void *tests)
{
	if (kind == ASSAY__SUITE__TESTS__NOT_SET) {
		request_free_message(tests);
		return -EINVAL;
	}
	/* Every member of both unions is a pointer to a message. */
	if (suite->tests_case != ASSAY__SUITE__TESTS__NOT_SET)
		request_free_message(suite->check);
	suite->check = tests;
	suite->tests_case = kind;
	return 0;
}

/* Frees `tests` on failure; `err` is how filling it went. */
static int replace_tests(assay_request *request, Assay__Evaluate__TestsCase kind, void *tests,
			 int err)
{
	Assay__Evaluate *evaluate = request->evaluate;

	if (tests == NULL)
		return -ENOMEM;
	if (err < 0) {
		request_free_message(tests);
		return err;
	}
	if (evaluate->n_suites > 0)
		return replace_of_suite(last_suite(request), kind_of_suite(kind), tests);
	if (evaluate->tests_case != ASSAY__EVALUATE__TESTS__NOT_SET)
		request_free_message(evaluate->check);
	evaluate->check = tests;
	evaluate->tests_case = kind;
	return 0;
}

int assay_request_add_suite(assay_request *request, const char *id)
{
	Assay__Evaluate *evaluate = request->evaluate;
	Assay__Suite *suite;
	int err = 0;

	if (evaluate->n_suites >= INT_MAX)
		return -EINVAL;
	suite = request_new_message(&assay__suite__descriptor);
	if (suite == NULL)
		return -ENOMEM;
	if (id != NULL)
		err = request_copy_string(&suite->id, id, strlen(id));
	if (err == 0)
		err = request_grow((void **)&evaluate->suites, evaluate->n_suites, sizeof(suite));
	if (err < 0) {
		request_free_message(suite);
		return err;
	}
	if (evaluate->tests_case != ASSAY__EVALUATE__TESTS__NOT_SET)
		request_free_message(evaluate->check);
	evaluate->check = NULL;
	evaluate->tests_case = ASSAY__EVALUATE__TESTS__NOT_SET;
	evaluate->suites[evaluate->n_suites] = suite;
	return (int)evaluate->n_suites++;
}

size_t assay_request_n_suites(const assay_request *request)
{
	return request->evaluate->n_suites;
}

int assay_request_set_check(assay_request *request, const char *source, size_t len)
{
	Assay__CheckTests *tests = request_new_message(&assay__check_tests__descriptor);
	int err = tests != NULL ? request_copy_bytes(&tests->source, source, len) : -ENOMEM;

	return replace_tests(request, ASSAY__EVALUATE__TESTS_CHECK, tests, err);
}

static int set_source(assay_request *request, Assay__Evaluate__TestsCase kind, const char *source,
		      size_t len)
{
	Assay__SourceTests *tests = request_new_message(&assay__source_tests__descriptor);
	int err = tests != NULL ? request_copy_bytes(&tests->source, source, len) : -ENOMEM;

	return replace_tests(request, kind, tests, err);
}

int assay_request_set_program(assay_request *request, const char *source, size_t len)
{
	return set_source(request, ASSAY__EVALUATE__TESTS_PROGRAM, source, len);
}

int assay_request_set_unittest(assay_request *request, const char *source, size_t len)
{
	return set_source(request, ASSAY__EVALUATE__TESTS_UNITTEST, source, len);
}

int assay_request_set_pytest(assay_request *request, const char *source, size_t len)
{
	return set_source(request, ASSAY__EVALUATE__TESTS_PYTEST, source, len);
}

int assay_request_set_asserts(assay_request *request, const char *setup, size_t len)
{
	Assay__AssertTests *tests = request_new_message(&assay__assert_tests__descriptor);
	int err = tests != NULL ? request_copy_bytes(&tests->setup, setup, len) : -ENOMEM;

	return replace_tests(request, ASSAY__EVALUATE__TESTS_ASSERTS, tests, err);
}

/* NULL: they were not begun. */
static Assay__AssertTests *asserts_of(const assay_request *request)
{
	const Assay__Suite *suite = last_suite(request);

	if (suite != NULL)
		return suite->tests_case == ASSAY__SUITE__TESTS_ASSERTS ? suite->asserts : NULL;
	return request->evaluate->tests_case == ASSAY__EVALUATE__TESTS_ASSERTS
		       ? request->evaluate->asserts
		       : NULL;
}

int assay_request_add_assert(assay_request *request, const char *text, size_t len)
{
	Assay__AssertTests *tests = asserts_of(request);
	ProtobufCBinaryData copy = {0};
	int err;

	if (tests == NULL)
		return -EINVAL;
	err = request_grow((void **)&tests->asserts, tests->n_asserts, sizeof(copy));
	if (err == 0)
		err = request_copy_bytes(&copy, text, len);
	if (err == 0)
		tests->asserts[tests->n_asserts++] = copy;
	return err;
}

static int copy_optional(char **field, const char *text)
{
	return text != NULL ? request_copy_string(field, text, strlen(text)) : 0;
}

int assay_request_set_stdio(assay_request *request, const char *comparator,
			    double absolute_tolerance, double relative_tolerance)
{
	Assay__StdioTests *tests = request_new_message(&assay__stdio_tests__descriptor);
	int err = tests != NULL ? copy_optional(&tests->comparator, comparator) : -ENOMEM;

	if (err == 0) {
		tests->absolute_tolerance = absolute_tolerance;
		tests->relative_tolerance = relative_tolerance;
	}
	return replace_tests(request, ASSAY__EVALUATE__TESTS_STDIO, tests, err);
}

int assay_request_add_case(assay_request *request, const char *name, const char *input,
			   size_t input_len, const char *output, size_t output_len)
{
	Assay__StdioTests *tests = request->evaluate->stdio;
	Assay__StdioTests__Case *added;
	int err;

	if (request->evaluate->tests_case != ASSAY__EVALUATE__TESTS_STDIO)
		return -EINVAL;
	added = request_new_message(&assay__stdio_tests__case__descriptor);
	if (added == NULL)
		return -ENOMEM;
	err = copy_optional(&added->name, name);
	if (err == 0)
		err = request_copy_bytes(&added->stdin, input, input_len);
	if (err == 0)
		err = request_copy_bytes(&added->stdout, output, output_len);
	if (err == 0)
		err = request_grow((void **)&tests->cases, tests->n_cases, sizeof(added));
	if (err < 0)
		request_free_message(added);
	else
		tests->cases[tests->n_cases++] = added;
	return err;
}

int assay_request_set_calls(assay_request *request, const char *comparator,
			    double absolute_tolerance, double relative_tolerance)
{
	Assay__CallTests *tests = request_new_message(&assay__call_tests__descriptor);
	int err = tests != NULL ? copy_optional(&tests->comparator, comparator) : -ENOMEM;

	if (err == 0) {
		tests->absolute_tolerance = absolute_tolerance;
		tests->relative_tolerance = relative_tolerance;
	}
	return replace_tests(request, ASSAY__EVALUATE__TESTS_CALLS, tests, err);
}

static int copy_json(ProtobufCBinaryData *field, const char *text)
{
	return request_copy_bytes(field, text, text != NULL ? strlen(text) : 0);
}

/* Without an expected value only where a reference has it. */
static bool takes_call(const assay_request *request, const char *arguments, const char *expect_json)
{
	const Assay__Evaluate *evaluate = request->evaluate;

	return evaluate->tests_case == ASSAY__EVALUATE__TESTS_CALLS && arguments != NULL &&
	       (expect_json != NULL || evaluate->calls->reference.len > 0);
}

/* Takes the call, whose parts went in as `err` says. */
static int append_call(Assay__CallTests *tests, Assay__CallTests__Call *added, int err)
{
	if (err == 0)
		err = request_grow((void **)&tests->calls, tests->n_calls, sizeof(added));
	if (err < 0)
		request_free_message(added);
	else
		tests->calls[tests->n_calls++] = added;
	return err;
}

int assay_request_add_call(assay_request *request, const char *args_json, const char *kwargs_json,
			   const char *expect_json)
{
	Assay__CallTests__Call *added;
	int err;

	if (!takes_call(request, args_json, expect_json))
		return -EINVAL;
	added = request_new_message(&assay__call_tests__call__descriptor);
	if (added == NULL)
		return -ENOMEM;
	err = copy_json(&added->args_json, args_json);
	if (err == 0)
		err = copy_json(&added->kwargs_json, kwargs_json);
	if (err == 0)
		err = copy_json(&added->expect_json, expect_json);
	return append_call(request->evaluate->calls, added, err);
}

int assay_request_add_literal_call(assay_request *request, const char *args_python,
				   const char *expect_json)
{
	Assay__CallTests__Call *added;
	int err;

	if (!takes_call(request, args_python, expect_json))
		return -EINVAL;
	added = request_new_message(&assay__call_tests__call__descriptor);
	if (added == NULL)
		return -ENOMEM;
	err = copy_json(&added->args_python, args_python);
	if (err == 0)
		err = copy_json(&added->expect_json, expect_json);
	return append_call(request->evaluate->calls, added, err);
}

int assay_request_set_reference(assay_request *request, const char *source, size_t len,
				const char *oracle)
{
	Assay__CallTests *tests = request->evaluate->calls;
	int err;

	if (request->evaluate->tests_case != ASSAY__EVALUATE__TESTS_CALLS || len == 0)
		return -EINVAL;
	err = copy_optional(&tests->oracle, oracle);
	return err == 0 ? request_copy_bytes(&tests->reference, source, len) : err;
}

int assay_request_add_alternative(assay_request *request, const char *source, size_t len)
{
	Assay__CallTests *tests = request->evaluate->calls;
	ProtobufCBinaryData copy = {0};
	int err;

	if (request->evaluate->tests_case != ASSAY__EVALUATE__TESTS_CALLS)
		return -EINVAL;
	err = request_grow((void **)&tests->alternatives, tests->n_alternatives, sizeof(copy));
	if (err == 0)
		err = request_copy_bytes(&copy, source, len);
	if (err == 0)
		tests->alternatives[tests->n_alternatives++] = copy;
	return err;
}

int assay_request_set_answer(assay_request *request, const char *answer, size_t len,
			     const char *comparator)
{
	Assay__AnswerTest *tests = request_new_message(&assay__answer_test__descriptor);
	int err = tests != NULL ? request_copy_bytes(&tests->answer, answer, len) : -ENOMEM;

	if (err == 0)
		err = copy_optional(&tests->comparator, comparator);
	return replace_tests(request, ASSAY__EVALUATE__TESTS_ANSWER, tests, err);
}
