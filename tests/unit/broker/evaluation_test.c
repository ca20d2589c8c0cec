/* broker/evaluation, broker/kept: of several runs, which one is told, and that its text is kept. */
#include "broker/evaluation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct batch batch;
static struct job job;
static struct test_record record;
static struct examination examination;
static struct run_facts facts;
static struct judgement judgement;
static struct judgement told;
static char buffer[32]; /* of the run: written over by the next */

static struct slice in_buffer(const char *text)
{
	size_t len = strlen(text);

	assert_true(len <= sizeof(buffer));
	memcpy(buffer, text, len);
	return (struct slice){.bytes = (const uint8_t *)buffer, .len = len};
}

static int set_up(void **state)
{
	(void)state;
	batch = (struct batch){.task = {.kind = TASK_CHECK, .repeat = 1, .wants_control = true}};
	job = (struct job){.batch = &batch, .attempts = 1};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	evaluation_free(job.evaluation);
	free(batch.task.shared_because);
	return 0;
}

static enum course_step take(enum verdict_code code, enum test_outcome outcome, const char *text)
{
	record = (struct test_record){.outcome = outcome, .actual = in_buffer(text)};
	examination.is_planned = true;
	examination.tests = &record;
	examination.n_tests = 1;
	facts.examination = &examination;
	judgement = (struct judgement){.verdict = {.code = code, .detail = ""},
				       .examination = &examination,
				       .facts = &facts,
				       .is_apart = batch.task.is_split};
	return evaluation_take(&job, &judgement, true, &told);
}

static void expect_told(enum verdict_code code, const char *text)
{
	const struct slice actual = told.examination->tests[0].actual;

	memset(buffer, 'x', sizeof(buffer));
	assert_int_equal(told.verdict.code, code);
	assert_int_equal(actual.len, strlen(text));
	assert_memory_equal(actual.bytes, text, actual.len);
}

static void test_one_run_leaves_nothing(void **state)
{
	(void)state;
	batch.task.is_split = true;
	assert_int_equal(take(VERDICT_FAILED, TEST_FAILED, "5"), COURSE_OVER);
	assert_ptr_equal(told.examination, &examination);
	assert_null(job.evaluation);
	assert_null(told.repeats);
}

static void test_of_repeated_runs_the_first_failure_is_told(void **state)
{
	(void)state;
	batch.task.is_split = true;
	batch.task.repeat = 4;
	assert_int_equal(take(VERDICT_PASSED, TEST_PASSED, ""), COURSE_REPEAT);
	assert_int_equal(job.attempts, 0);
	assert_int_equal(take(VERDICT_FAILED, TEST_FAILED, "first"), COURSE_REPEAT);
	assert_int_equal(take(VERDICT_ERROR, TEST_ERROR, "second"), COURSE_REPEAT);
	assert_int_equal(take(VERDICT_PASSED, TEST_PASSED, ""), COURSE_OVER);
	expect_told(VERDICT_FAILED, "first");
	assert_int_equal(told.repeats->runs, 4);
	assert_int_equal(told.repeats->verdicts[VERDICT_PASSED], 2);
	assert_int_equal(told.repeats->verdicts[VERDICT_FAILED], 1);
	assert_int_equal(told.repeats->verdicts[VERDICT_ERROR], 1);
}

static void test_repeated_runs_that_agree(void **state)
{
	(void)state;
	batch.task.is_split = true;
	batch.task.repeat = 2;
	assert_int_equal(take(VERDICT_PASSED, TEST_PASSED, ""), COURSE_REPEAT);
	assert_int_equal(take(VERDICT_PASSED, TEST_PASSED, ""), COURSE_OVER);
	assert_int_equal(told.verdict.code, VERDICT_PASSED);
	assert_int_equal(told.repeats->verdicts[VERDICT_PASSED], 2);
}

static void test_a_fall_back(void **state)
{
	(void)state;
	batch.task.is_split = true;
	examination.fault = EXAMINATION_INSEPARABLE;
	examination.error.message = (struct slice){.bytes = (const uint8_t *)"why", .len = 3};
	assert_int_equal(take(VERDICT_BAD_TASK, TEST_NOT_RUN, ""), COURSE_SHARED);
	examination.fault = EXAMINATION_OK;
	assert_false(batch.task.is_split);
	assert_string_equal(batch.task.shared_because, "why");
	batch.task.wants_control = false;
	assert_int_equal(take(VERDICT_FAILED, TEST_FAILED, "5"), COURSE_OVER);
}

/* Two tests, the first too slow: the second run finds the second, and what was found is joined. */
static void test_going_on_behind_a_test_that_took_too_long(void **state)
{
	struct test_record first[] = {{.outcome = TEST_TIME_LIMIT}, {.outcome = TEST_NOT_RUN}};
	struct test_record second[] = {{.outcome = TEST_NOT_RUN}, {.outcome = TEST_PASSED}};

	(void)state;
	first[0].actual = in_buffer("slow");
	examination = (struct examination){.is_planned = true,
					   .is_complete = true,
					   .state = EXAMINATION_TESTING,
					   .tests = first,
					   .n_tests = 2};
	batch.task.limits = (struct limits){.cpu_ms = 100, .wall_ms = 1000};
	facts = (struct run_facts){.examination = &examination,
				   .limits = batch.task.limits,
				   .cpu_ns = 40000000,
				   .wall_ns = 50000000};
	judgement = (struct judgement){.verdict = verdict_decide(&facts),
				       .examination = &examination,
				       .facts = &facts,
				       .is_apart = true};
	assert_int_equal(evaluation_take(&job, &judgement, true, &told), COURSE_RESUME);
	assert_int_equal(job.n_decided, 1);
	assert_int_equal(job.decided[0], 0);
	assert_int_equal(job.used_cpu_ns, 40000000);
	memset(buffer, 'x', sizeof(buffer));
	examination.tests = second;
	assert_int_equal(evaluation_take(&job, &judgement, true, &told), COURSE_OVER);
	assert_int_equal(told.verdict.code, VERDICT_CPU_LIMIT);
	assert_int_equal(told.facts->cpu_ns, 80000000);
	assert_int_equal(told.examination->tests[0].outcome, TEST_TIME_LIMIT);
	assert_memory_equal(told.examination->tests[0].actual.bytes, "slow", 4);
	assert_int_equal(told.examination->tests[1].outcome, TEST_PASSED);
}

static void test_a_broker_that_stops_answers_at_once(void **state)
{
	(void)state;
	batch.task.repeat = 3;
	take(VERDICT_PASSED, TEST_PASSED, "");
	judgement.verdict.code = VERDICT_CANCELLED;
	assert_int_equal(evaluation_take(&job, &judgement, false, &told), COURSE_OVER);
	assert_int_equal(told.verdict.code, VERDICT_CANCELLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_run_leaves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_of_repeated_runs_the_first_failure_is_told,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_repeated_runs_that_agree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_fall_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_going_on_behind_a_test_that_took_too_long,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_broker_that_stops_answers_at_once, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
