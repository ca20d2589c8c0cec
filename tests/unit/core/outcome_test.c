/* core/outcome: counting outcomes. */
#include "core/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_counts(void **state)
{
	struct test_record tests[4] = {{.outcome = TEST_PASSED},
				       {.outcome = TEST_ERROR},
				       {.outcome = TEST_FAILED},
				       {.outcome = TEST_NOT_RUN}};
	struct examination examination = {.tests = tests, .n_tests = 4, .is_complete = true};
	struct test_counts counts = examination_count(&examination);

	(void)state;
	assert_int_equal(counts.total, 4);
	assert_int_equal(counts.run, 3);
	assert_int_equal(counts.passed, 1);
	assert_int_equal(counts.failed, 1);
	assert_int_equal(counts.errors, 1);
	assert_ptr_equal(examination_first_failure(&examination), &tests[1]);
	assert_true(examination_has(&examination, TEST_FAILED));
	assert_false(examination_has(&examination, TEST_TIME_LIMIT));
	examination.n_tests = 1;
	assert_false(examination_has(&examination, TEST_FAILED));
	assert_null(examination_first_failure(&examination));
}

/* What the tests skip is no test of the run, and no failure. */
static void test_skipped(void **state)
{
	struct test_record tests[3] = {
		{.outcome = TEST_SKIPPED}, {.outcome = TEST_PASSED}, {.outcome = TEST_NOT_RUN}};
	struct examination examination = {.tests = tests, .n_tests = 3};
	struct test_counts counts = examination_count(&examination);

	(void)state;
	assert_int_equal(counts.total, 2);
	assert_int_equal(counts.run, 1);
	assert_int_equal(counts.skipped, 1);
	assert_int_equal(counts.errors, 0);
	assert_null(examination_first_failure(&examination));
	examination.is_complete = true;
	assert_int_equal(examination_count(&examination).total, 1);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_skipped),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
