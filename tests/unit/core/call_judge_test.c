/*
 * From answers to outcomes: what passes has been compared, and whatever is missing, raised or
 * cannot be told is no pass.
 */
#include "core/call_plan.h"

#include "messages.h"

/* Test 0: f() == 1; test 1: f() == 2, and f() is true; outside: a call. */
static struct plan_step steps[] = {
	{.kind = PLAN_CALL, .test = 0, .call = 0},
	{.kind = PLAN_EQUAL, .test = 0, .call = 0},
	{.kind = PLAN_CALL, .test = CALL_PLAN_OUTSIDE, .call = 1},
	{.kind = PLAN_CALL, .test = 1, .call = 2},
	{.kind = PLAN_EQUAL, .test = 1, .call = 2},
	{.kind = PLAN_TRUE, .test = 1, .call = 1},
};
static struct plan_test tests_of_plan[2];
static struct call_plan plan = {
	.n_tests = 2, .tests = tests_of_plan, .n_steps = 6, .steps = steps, .n_calls = 3};
static struct call_answer list[3];
static struct call_answers answers;
static struct plan_judging judging;
static struct examination examination;

static struct call_answer valued(struct slice value)
{
	return (struct call_answer){.kind = CALL_ANSWER_VALUE, .value = value};
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < 6; i++) {
		steps[i].operations = SLICE(NO_OPERATIONS);
		steps[i].expected = SLICE(INT("\x01"));
		steps[i].is_untold = false;
		steps[i].has_message = steps[i].is_quoting = false;
	}
	steps[4].expected = SLICE(INT("\x02"));
	steps[1].expected_text = SLICE("1");
	tests_of_plan[0] =
		(struct plan_test){.source = SLICE("assert f() == 1"), .call = SLICE("f()")};
	list[0] = valued(SLICE(INT("\x01")));
	list[1] = valued(SLICE(TRUE_));
	list[2] = valued(SLICE(INT("\x02")));
	answers = (struct call_answers){.list = list, .is_loaded = true};
	judging = (struct plan_judging){.comparison = {.budget = 100}, .text_bytes = 100};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	examination_deinit(&examination);
	return 0;
}

static void outcomes_are(enum test_outcome first, enum test_outcome second)
{
	assert_true(plan_judge(&plan, &answers, &judging, &examination));
	assert_int_equal(examination.tests[0].outcome, first);
	assert_int_equal(examination.tests[1].outcome, second);
}

static void test_right_answers(void **state)
{
	(void)state;
	list[2] = valued(SLICE(FLOAT "\0\0\0\0\0\0\0\x40"));
	outcomes_are(TEST_PASSED, TEST_PASSED);
	assert_true(examination.is_complete && examination.is_planned);
	assert_int_equal(examination.state, EXAMINATION_TESTING);
	assert_true(slice_is(examination.tests[0].source, "assert f() == 1"));
}

static void test_a_wrong_answer_is_told(void **state)
{
	(void)state;
	list[0] = valued(SLICE(LIST("\x01") NONE));
	steps[1].has_message = true;
	steps[1].message = SLICE("why");
	outcomes_are(TEST_FAILED, TEST_PASSED);
	assert_true(slice_is(examination.tests[0].actual, "[None]"));
	assert_true(slice_is(examination.tests[0].expected, "1"));
	assert_true(slice_is(examination.tests[0].error.type, "AssertionError"));
	assert_true(slice_is(examination.tests[0].error.message, "why"));
}

static void message_is(struct slice answer, const char *expected)
{
	steps[1].has_message = steps[1].is_quoting = true;
	steps[1].message = (struct slice){(const uint8_t *)"is \0!", 5};
	list[0] = valued(answer);
	outcomes_are(TEST_FAILED, TEST_PASSED);
	assert_true(slice_is(examination.tests[0].error.message, expected));
	examination_deinit(&examination);
}

static void test_a_message_quotes_the_answer(void **state)
{
	(void)state;
	message_is(SLICE(LIST("\x01") NONE), "is [None]!");
	message_is(SLICE(TEXT("\x02") "a'"), "is a'!");
	message_is(SLICE(TEXT("\x00")), "is !");
	list[0] = valued(SLICE(TEXT("\x02") "\xc3\xa9"));
	assert_false(plan_judge(&plan, &answers, &judging, &examination));
	list[0] = valued(SLICE(INT("\x07")));
	judging.text_bytes = 4;
	assert_false(plan_judge(&plan, &answers, &judging, &examination));
	judging.text_bytes = 100;
	judging.has_output = true;
	assert_false(plan_judge(&plan, &answers, &judging, &examination));
}

static void test_the_first_failure_of_a_test_counts(void **state)
{
	(void)state;
	list[2] = valued(SLICE(INT("\x03")));
	list[1] = valued(SLICE(FALSE_));
	outcomes_are(TEST_PASSED, TEST_FAILED);
	assert_true(slice_is(examination.tests[1].actual, "3"));
}

static void test_stops_at_the_first_failure(void **state)
{
	(void)state;
	judging.stops_at_first_failure = true;
	list[0] = valued(SLICE(NONE));
	outcomes_are(TEST_FAILED, TEST_NOT_RUN);
	assert_int_equal(examination.tests[1].source.len, 0);
}

static void test_what_raises_ends_its_test(void **state)
{
	(void)state;
	list[0] = (struct call_answer){
		.kind = CALL_ANSWER_RAISED,
		.error = {.type = SLICE("ValueError"),
			  .traceback = SLICE("...ValueError"),
			  .line = 3},
	};
	steps[0].place = SLICE("  File \"tests.py\"\n");
	outcomes_are(TEST_ERROR, TEST_PASSED);
	assert_true(
		slice_is(examination.tests[0].error.traceback,
			 "Traceback (most recent call last):\n  File \"tests.py\"\n...ValueError"));
	judging.text_bytes = 5;
	examination_deinit(&examination);
	outcomes_are(TEST_ERROR, TEST_PASSED);
	assert_true(slice_is(examination.tests[0].error.traceback, "Error"));
}

static void cannot_be_told(void)
{
	assert_false(plan_judge(&plan, &answers, &judging, &examination));
	assert_null(examination.tests);
}

static void test_what_cannot_be_told(void **state)
{
	(void)state;
	list[0] = (struct call_answer){.kind = CALL_ANSWER_UNTOLD};
	cannot_be_told();
	list[0] = valued(SLICE("\x04"));
	cannot_be_told();
	list[0] = valued(SLICE(TEXT("\x02") "\xc3\xa9")); /* wrong, and no text of it */
	cannot_be_told();
	list[0] = valued(SLICE(NONE));
	steps[1].is_untold = true;
	cannot_be_told();
	list[0] = valued(SLICE(INT("\x01"))); /* right: nothing is to be told */
	list[1] = (struct call_answer){.kind = CALL_ANSWER_RAISED, .error = {.line = 1}};
	cannot_be_told(); /* outside of a test */
	list[1] = valued(SLICE(NONE));
	judging.comparison.budget = 0;
	list[2] = valued(SLICE(INT("\x03")));
	cannot_be_told();
}

static void test_an_end_before_the_last_answer_is_no_pass(void **state)
{
	(void)state;
	list[2] = (struct call_answer){0};
	outcomes_are(TEST_PASSED, TEST_CRASHED);
	examination_deinit(&examination);
	list[1] = (struct call_answer){0};
	cannot_be_told();
	judging.was_killed = true;
	outcomes_are(TEST_PASSED, TEST_NOT_RUN);
	assert_false(examination.is_complete);
	examination_deinit(&examination);
	/* And a limit is not spent twice for the sake of a text. */
	list[0] = (struct call_answer){.kind = CALL_ANSWER_UNTOLD};
	outcomes_are(TEST_NOT_RUN, TEST_NOT_RUN);
	assert_false(examination.is_complete);
}

static void test_code_that_is_not_loaded(void **state)
{
	(void)state;
	answers.is_loaded = false;
	outcomes_are(TEST_NOT_RUN, TEST_NOT_RUN);
	assert_int_equal(examination.fault, EXAMINATION_LOAD);
	assert_int_equal(examination.error.type.len, 0);
	examination_deinit(&examination);
	answers.fault = EXAMINATION_COMPILE;
	answers.error.type = SLICE("SyntaxError");
	outcomes_are(TEST_NOT_RUN, TEST_NOT_RUN);
	assert_int_equal(examination.fault, EXAMINATION_COMPILE);
	assert_true(slice_is(examination.error.type, "SyntaxError"));
}

static void test_records_that_nobody_writes(void **state)
{
	(void)state;
	answers.is_malformed = true;
	outcomes_are(TEST_NOT_RUN, TEST_NOT_RUN);
	assert_true(examination.is_malformed);
}

#define with(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest all[] = {
		with(test_right_answers),
		with(test_a_wrong_answer_is_told),
		with(test_a_message_quotes_the_answer),
		with(test_the_first_failure_of_a_test_counts),
		with(test_stops_at_the_first_failure),
		with(test_what_raises_ends_its_test),
		with(test_what_cannot_be_told),
		with(test_an_end_before_the_last_answer_is_no_pass),
		with(test_code_that_is_not_loaded),
		with(test_records_that_nobody_writes),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
