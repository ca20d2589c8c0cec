/*
 * The tests of a request: each kind, replacing one by another, and adding to the wrong one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/lib/request.h"

static int make(void **state)
{
	*state = assay_request_new("python");
	return *state == NULL;
}

static int drop(void **state)
{
	assay_request_free(*state);
	return 0;
}

static void the_last_kind_wins(void **state)
{
	assay_request *request = *state;
	Assay__Evaluate *evaluate = request->evaluate;

	assert_int_equal(assay_request_set_check(request, "c", 1), 0);
	assert_int_equal(evaluate->tests_case, ASSAY__EVALUATE__TESTS_CHECK);
	assert_int_equal(assay_request_set_program(request, "p", 1), 0);
	assert_int_equal(evaluate->tests_case, ASSAY__EVALUATE__TESTS_PROGRAM);
	assert_int_equal(assay_request_set_unittest(request, "u", 1), 0);
	assert_int_equal(evaluate->tests_case, ASSAY__EVALUATE__TESTS_UNITTEST);
	assert_int_equal(assay_request_set_pytest(request, "y", 1), 0);
	assert_int_equal(evaluate->tests_case, ASSAY__EVALUATE__TESTS_PYTEST);
	assert_int_equal(evaluate->pytest->source.data[0], 'y');
	assert_int_equal(assay_request_set_answer(request, "42", 2, "number"), 0);
	assert_int_equal(evaluate->tests_case, ASSAY__EVALUATE__TESTS_ANSWER);
	assert_string_equal(evaluate->answer->comparator, "number");
	assert_int_equal(evaluate->answer->answer.len, 2);
}

static void a_failed_set_keeps_the_old(void **state)
{
	assay_request *request = *state;

	assert_int_equal(assay_request_set_check(request, "kept", 4), 0);
	assert_int_equal(assay_request_set_program(request, NULL, 1), -EINVAL);
	assert_int_equal(assay_request_set_calls(request, "\xff", 0, 0), -EINVAL);
	assert_int_equal(assay_request_set_stdio(request, "\xff", 0, 0), -EINVAL);
	assert_int_equal(assay_request_set_answer(request, "1", 1, "\xff"), -EINVAL);
	assert_int_equal(request->evaluate->tests_case, ASSAY__EVALUATE__TESTS_CHECK);
	assert_memory_equal(request->evaluate->check->source.data, "kept", 4);
}

static void tests_go_to_the_suite_that_was_begun(void **state)
{
	assay_request *request = *state;
	Assay__Evaluate *evaluate = request->evaluate;

	assert_int_equal(assay_request_set_check(request, "dropped", 7), 0);
	assert_int_equal(assay_request_add_suite(request, "one"), 0);
	assert_int_equal(evaluate->tests_case, ASSAY__EVALUATE__TESTS__NOT_SET);
	assert_int_equal(assay_request_add_assert(request, "a", 1), -EINVAL);
	assert_int_equal(assay_request_set_asserts(request, NULL, 0), 0);
	assert_int_equal(assay_request_add_assert(request, "a", 1), 0);
	assert_int_equal(assay_request_add_suite(request, NULL), 1);
	assert_int_equal(assay_request_set_stdio(request, NULL, 0, 0), -EINVAL);
	assert_int_equal(assay_request_set_answer(request, "1", 1, NULL), -EINVAL);
	assert_int_equal(assay_request_set_program(request, "p", 1), 0);
	assert_int_equal(assay_request_set_pytest(request, "y", 1), 0);
	assert_int_equal(assay_request_add_suite(request, "\xff"), -EINVAL);
	assert_int_equal(assay_request_n_suites(request), 2);
	assert_string_equal(evaluate->suites[0]->id, "one");
	assert_int_equal(evaluate->suites[0]->asserts->n_asserts, 1);
	assert_int_equal(evaluate->suites[1]->tests_case, ASSAY__SUITE__TESTS_PYTEST);
	assert_int_equal(evaluate->suites[1]->pytest->source.data[0], 'y');
}

static void asserts_are_listed_in_order(void **state)
{
	assay_request *request = *state;
	char text[1];

	assert_int_equal(assay_request_set_asserts(request, "import math", 11), 0);
	for (int i = 0; i < 10; i++) {
		text[0] = (char)('a' + i);
		assert_int_equal(assay_request_add_assert(request, text, 1), 0);
	}
	assert_int_equal(assay_request_add_assert(request, NULL, 1), -EINVAL);
	assert_int_equal(request->evaluate->asserts->n_asserts, 10);
	for (int i = 0; i < 10; i++)
		assert_int_equal(request->evaluate->asserts->asserts[i].data[0], 'a' + i);
	assert_int_equal(request->evaluate->asserts->setup.len, 11);
	assert_int_equal(assay_request_set_asserts(request, NULL, 0), 0);
	assert_int_equal(request->evaluate->asserts->n_asserts, 0);
}

static void stdio_cases_keep_input_and_output(void **state)
{
	assay_request *request = *state;
	Assay__StdioTests *stdio;

	assert_int_equal(assay_request_set_stdio(request, "float", 0.25, 0.5), 0);
	assert_int_equal(assay_request_add_case(request, "one", "in", 2, "out", 3), 0);
	assert_int_equal(assay_request_add_case(request, NULL, NULL, 0, "", 0), 0);
	assert_int_equal(assay_request_add_case(request, "\xff", "", 0, "", 0), -EINVAL);
	stdio = request->evaluate->stdio;
	assert_int_equal(stdio->n_cases, 2);
	assert_string_equal(stdio->comparator, "float");
	assert_true(stdio->absolute_tolerance == 0.25 && stdio->relative_tolerance == 0.5);
	assert_string_equal(stdio->cases[0]->name, "one");
	assert_memory_equal(stdio->cases[0]->stdin.data, "in", 2);
	assert_memory_equal(stdio->cases[0]->stdout.data, "out", 3);
	assert_string_equal(stdio->cases[1]->name, "");
}

static void calls_keep_their_json(void **state)
{
	assay_request *request = *state;
	Assay__CallTests *calls;

	assert_int_equal(assay_request_set_calls(request, "float", 0.5, 0.25), 0);
	assert_int_equal(assay_request_add_call(request, "[1]", NULL, "2"), 0);
	assert_int_equal(assay_request_add_call(request, "[]", "{\"a\": 1}", "null"), 0);
	assert_int_equal(assay_request_add_call(request, NULL, NULL, "2"), -EINVAL);
	calls = request->evaluate->calls;
	assert_int_equal(calls->n_calls, 2);
	assert_string_equal(calls->comparator, "float");
	assert_float_equal(calls->absolute_tolerance, 0.5, 0);
	assert_float_equal(calls->relative_tolerance, 0.25, 0);
	assert_int_equal(calls->calls[0]->kwargs_json.len, 0);
	assert_memory_equal(calls->calls[1]->kwargs_json.data, "{\"a\": 1}", 8);
	assert_memory_equal(calls->calls[1]->expect_json.data, "null", 4);
}

static void adding_to_another_kind_is_refused(void **state)
{
	assay_request *request = *state;

	assert_int_equal(assay_request_add_assert(request, "a", 1), -EINVAL);
	assert_int_equal(assay_request_set_check(request, "c", 1), 0);
	assert_int_equal(assay_request_add_assert(request, "a", 1), -EINVAL);
	assert_int_equal(assay_request_add_case(request, "n", "", 0, "", 0), -EINVAL);
	assert_int_equal(assay_request_add_call(request, "[]", NULL, "1"), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_last_kind_wins),
		TEST(a_failed_set_keeps_the_old),
		TEST(tests_go_to_the_suite_that_was_begun),
		TEST(stdio_cases_keep_input_and_output),
		TEST(asserts_are_listed_in_order),
		TEST(stdio_cases_keep_input_and_output),
		TEST(calls_keep_their_json),
		TEST(adding_to_another_kind_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
