/* core/course: what follows a run, in order of precedence. */
#include "core/course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct task task;
static struct verdict verdict;
static struct examination examination;
static struct course_facts facts;

static int set_up(void **state)
{
	(void)state;
	task = (struct task){.kind = TASK_CHECK, .repeat = 1, .wants_control = true};
	verdict = (struct verdict){.code = VERDICT_PASSED};
	examination = (struct examination){0};
	facts = (struct course_facts){.task = &task,
				      .verdict = &verdict,
				      .examination = &examination,
				      .may_rerun = true,
				      .n_runs = 1};
	return 0;
}

static void test_one_run_is_enough(void **state)
{
	(void)state;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
	verdict.code = VERDICT_FAILED;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
}

static void test_a_run_that_says_nothing(void **state)
{
	(void)state;
	verdict = (struct verdict){.code = VERDICT_STARVED, .wants_rerun = true};
	task.repeat = 3;
	assert_int_equal(course_decide(&facts), COURSE_AGAIN);
	facts.may_rerun = false;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
}

static void test_tests_that_need_the_candidates_process(void **state)
{
	(void)state;
	verdict.code = VERDICT_BAD_TASK;
	examination.fault = EXAMINATION_INSEPARABLE;
	assert_int_equal(course_decide(&facts), COURSE_SHARED);
	facts.is_shared = true; /* nobody says so there; for ever would be worse */
	assert_int_equal(course_decide(&facts), COURSE_OVER);
	facts.is_shared = false;
	task.wants_split = true;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
}

static void test_the_rest_of_the_tests(void **state)
{
	(void)state;
	verdict.code = VERDICT_CPU_LIMIT;
	facts.wants_resume = true;
	task.repeat = 2;
	assert_int_equal(course_decide(&facts), COURSE_RESUME);
	task.stops_at_first_failure = true;
	assert_int_equal(course_decide(&facts), COURSE_REPEAT);
}

static void test_answers_that_do_not_tell_enough(void **state)
{
	(void)state;
	examination.is_untold = true;
	verdict.code = VERDICT_TAMPERED;
	task.repeat = 2;
	assert_int_equal(course_decide(&facts), COURSE_SPLIT);
	verdict.wants_rerun = true;
	assert_int_equal(course_decide(&facts), COURSE_AGAIN);
	facts.may_rerun = false;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
	examination.is_untold = false;
}

static void test_repeats(void **state)
{
	static const enum verdict_code not_its_own[] = {VERDICT_BAD_TASK, VERDICT_NO_TESTS,
							VERDICT_CANCELLED, VERDICT_INFRA};

	(void)state;
	task.repeat = 3;
	assert_int_equal(course_decide(&facts), COURSE_REPEAT);
	verdict.code = VERDICT_CPU_LIMIT;
	assert_int_equal(course_decide(&facts), COURSE_REPEAT);
	facts.n_runs = 3;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
	facts.n_runs = 1;
	for (size_t i = 0; i < 4; i++) {
		verdict.code = not_its_own[i];
		assert_int_equal(course_decide(&facts), COURSE_OVER);
	}
}

static void test_a_pass_in_its_own_process_is_doubted(void **state)
{
	(void)state;
	facts.is_shared = true;
	assert_int_equal(course_decide(&facts), COURSE_CONTROL);
	task.repeat = 2;
	assert_int_equal(course_decide(&facts), COURSE_REPEAT); /* first all of them */
	facts.n_runs = 2;
	assert_int_equal(course_decide(&facts), COURSE_CONTROL);
	facts.has_failed = true;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
	facts.has_failed = false;
	facts.is_control = true;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
	facts.is_control = false;
	task.wants_control = false;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
	task.wants_control = true;
	verdict.code = VERDICT_FAILED;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
}

static void test_what_a_control_says(void **state)
{
	static struct test_record tests[2];

	(void)state;
	tests[0].outcome = TEST_FAILED;
	assert_int_equal(course_control(&examination), CONTROL_HELD); /* it ended early */
	examination.is_planned = true;
	assert_int_equal(course_control(&examination), CONTROL_IMPOSSIBLE);
	examination.tests = tests;
	examination.n_tests = 2;
	assert_int_equal(course_control(&examination), CONTROL_HELD);
	tests[1].outcome = TEST_PASSED;
	assert_int_equal(course_control(&examination), CONTROL_PASSED);
}

static void test_compiling(void **state)
{
	(void)state;
	facts.is_compiling = true;
	task.repeat = 3; /* the program's runs, not the compiler's */
	assert_int_equal(course_decide(&facts), COURSE_COMPILED);
	verdict.code = VERDICT_COMPILE_ERROR;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
	verdict = (struct verdict){.code = VERDICT_INFRA, .wants_rerun = true};
	assert_int_equal(course_decide(&facts), COURSE_AGAIN);
	verdict = (struct verdict){.code = VERDICT_PASSED};
	facts.may_rerun = false;
	assert_int_equal(course_decide(&facts), COURSE_OVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_run_is_enough, set_up),
		cmocka_unit_test_setup(test_compiling, set_up),
		cmocka_unit_test_setup(test_a_run_that_says_nothing, set_up),
		cmocka_unit_test_setup(test_tests_that_need_the_candidates_process, set_up),
		cmocka_unit_test_setup(test_the_rest_of_the_tests, set_up),
		cmocka_unit_test_setup(test_answers_that_do_not_tell_enough, set_up),
		cmocka_unit_test_setup(test_repeats, set_up),
		cmocka_unit_test_setup(test_a_pass_in_its_own_process_is_doubted, set_up),
		cmocka_unit_test_setup(test_what_a_control_says, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
