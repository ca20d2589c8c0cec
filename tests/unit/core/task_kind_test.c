/* core/task_kind: the table of the kinds of tests that are served. */
#include "core/task_kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inside/wire.h"

static void test_numbers_are_those_of_jobs(void **state)
{
	(void)state;
	assert_int_equal(TASK_CHECK, JOB_KIND_CHECK);
	assert_int_equal(TASK_ASSERTS, JOB_KIND_ASSERTS);
	assert_int_equal(TASK_PROGRAM, JOB_KIND_PROGRAM);
	assert_int_equal(TASK_STDIO, JOB_KIND_STDIO);
	assert_int_equal(TASK_UNITTEST, JOB_KIND_UNITTEST);
	assert_int_equal(TASK_PYTEST, JOB_KIND_PYTEST);
	assert_int_equal(TASK_CALLS, JOB_KIND_CALLS);
}

static void test_names_are_in_the_order_of_the_table(void **state)
{
	(void)state;
	assert_string_equal(task_kind_names[0], "check");
	assert_string_equal(task_kind_names[TASK_N_KINDS - 1], "answer");
	for (int i = 0; i < TASK_N_KINDS; i++)
		assert_non_null(task_kind_names[i]);
}

static void test_who_has_an_examiner(void **state)
{
	(void)state;
	assert_true(task_kind_has_examiner(TASK_CHECK));
	assert_true(task_kind_has_examiner(TASK_PYTEST));
	assert_false(task_kind_has_examiner(TASK_PROGRAM));
	assert_false(task_kind_has_examiner(TASK_STDIO));
	assert_false(
		task_kind_has_examiner(TASK_ANSWER)); /* nothing is run: no job has its number */
	assert_false(task_kind_has_examiner((enum task_kind)0));
}

static void test_what_compiled_languages_have(void **state)
{
	(void)state;
	assert_string_equal(task_kind_program_names[0], "program");
	assert_string_equal(task_kind_program_names[1], "stdio");
	assert_true(task_kind_is_for_programs(TASK_PROGRAM));
	assert_true(task_kind_is_for_programs(TASK_STDIO));
	assert_false(task_kind_is_for_programs(TASK_CHECK));
	assert_false(task_kind_is_for_programs((enum task_kind)0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_are_those_of_jobs),
		cmocka_unit_test(test_names_are_in_the_order_of_the_table),
		cmocka_unit_test(test_who_has_an_examiner),
		cmocka_unit_test(test_what_compiled_languages_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
