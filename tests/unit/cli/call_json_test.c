/*
 * The calls of a task as text: what json.dumps() would write, whatever jansson thinks of it.
 */
#include "client/cli/call_json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/lib/request.h"

static json_t *load(const char *text)
{
	json_error_t error;
	char *copy = strdup(text);
	json_t *task;

	assert_non_null(copy);
	task = call_json_load(copy, strlen(copy), &error);
	free(copy);
	return task;
}

static void expect_calls(const char *calls, const char *const *texts, size_t n)
{
	char text[1024];
	json_t *task, *list;

	snprintf(text, sizeof(text), "{\"id\": \"a\", \"tests\": {\"calls\": %s, \"abs\": 1.5}}",
		 calls);
	task = load(text);
	assert_non_null(task);
	assert_string_equal(json_string_value(json_object_get(task, "id")), "a");
	list = json_object_get(json_object_get(task, "tests"), "calls");
	assert_int_equal(json_array_size(list), n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(json_string_value(json_array_get(list, i)), texts[i]);
	json_decref(task);
}

static void elements_are_kept_as_text(void **state)
{
	const char *const values[] = {
		"{\"args\": [123456789012345678901234567890, NaN, -Infinity]}",
		"{\"a\": \"],\\\"}\", \"b\": [[], {}, \"\\\\\"]}", "\"\\ud800\\n\"", "1e+300",
		"[]"};
	const char *const one[] = {"{}"};

	(void)state;
	expect_calls("[{\"args\":[123456789012345678901234567890,NaN,-Infinity]} ,"
		     "{\"a\":\"],\\\"}\",\"b\":[[],{},\"\\\\\"]},\"\\ud800\\n\",\t1e300,[]]",
		     values, 5);
	expect_calls("[{}]", one, 1);
	expect_calls("[]", NULL, 0);
}

static void other_tasks_are_read_as_ever(void **state)
{
	json_t *task = load("{\"tests\": {\"calls\": {\"a\": 1}}, \"code\": \"\\ud800\"}");

	(void)state;
	assert_true(json_is_object(json_object_get(json_object_get(task, "tests"), "calls")));
	assert_string_equal(json_string_value(json_object_get(task, "code")), "\xef\xbf\xbd");
	json_decref(task);
	task = load("{\"calls\": [1], \"tests\": {\"check\": \"\"}}");
	assert_true(json_is_integer(json_array_get(json_object_get(task, "calls"), 0)));
	json_decref(task);
	assert_null(load("{\"tests\": {\"calls\": [1,,2]}}"));
	assert_null(load("{\"tests\": {\"calls\": [1]}"));
	assert_null(load("\"calls\" ["));
}

static void text_and_object_are_the_same_call(void **state)
{
	static const char text[] = "{\"args\": [1, {\"a\": null}], \"expect\": -0.0}";
	json_t *calls[] = {json_string(text), json_loads(text, 0, NULL)};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assay_request *request = assay_request_new("python");
		const Assay__CallTests__Call *call;
		struct request_error error;

		assert_int_equal(assay_request_set_calls(request, NULL, 0, 0), 0);
		assert_int_equal(call_json_add(calls[i], 0, request, &error), 0);
		call = request->evaluate->calls->calls[0];
		assert_memory_equal(call->args_json.data, "[1, {\"a\": null}]", 16);
		assert_int_equal(call->kwargs_json.len, 0);
		assert_memory_equal(call->expect_json.data, "-0.0", 4);
		assay_request_free(request);
		json_decref(calls[i]);
	}
}

static void calls_that_cannot_be_used_are_told(void **state)
{
	static const char *const cases[][2] = {
		{"7", "tests.calls[3] must be an object: not a JSON object"},
		{"{\"args\": []", "tests.calls[3] must be an object: expecting ','"},
		{"{\"args\": 1, \"expect\": 1}", "tests.calls[3] needs \"args\", a list"},
		{"{\"args\": [], \"result\": 1}", "tests.calls[3] has no \"result\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assay_request *request = assay_request_new("python");
		json_t *call = json_string(cases[i][0]);
		struct request_error error;

		assert_int_equal(assay_request_set_calls(request, NULL, 0, 0), 0);
		assert_int_equal(call_json_add(call, 3, request, &error), -EINVAL);
		assert_string_equal(error.message, cases[i][1]);
		assert_string_equal(error.field, "tests.calls[3]");
		assay_request_free(request);
		json_decref(call);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_kept_as_text),
		cmocka_unit_test(other_tasks_are_read_as_ever),
		cmocka_unit_test(text_and_object_are_the_same_call),
		cmocka_unit_test(calls_that_cannot_be_used_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
