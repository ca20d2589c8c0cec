/* broker/cases: from the runs of single cases to the verdict of all of them. */
#include "broker/cases.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "core/case.h"

#define CASES 3

static struct slice inputs[CASES];
static struct stdio_case list[CASES];
static struct stdio_tests tests = {.comparator = COMPARE_RSTRIP, .cases = list};
static struct batch batch;
static struct job job;
static struct run_facts facts;
static struct examination records;
static struct verdict verdict;

static struct slice text(const char *bytes)
{
	return (struct slice){.bytes = (const uint8_t *)bytes, .len = strlen(bytes)};
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		inputs[i] = text("in");
		list[i] = (struct stdio_case){.name = "name", .expected = text("1\n")};
	}
	batch = (struct batch){
		.task = {.kind = TASK_STDIO,
			 .tests = inputs,
			 .n_tests = CASES,
			 .stdio = &tests,
			 .limits = {.cpu_ms = 100, .wall_ms = 300, .output_bytes = 1 << 20}}};
	job = (struct job){.batch = &batch};
	records = (struct examination){0};
	facts = (struct run_facts){.examination = &records,
				   .limits = batch.task.limits,
				   .attempts = 1,
				   .cpu_ns = 60 * NS_PER_MS,
				   .wall_ns = 70 * NS_PER_MS,
				   .processes = 2,
				   .has_process_cgroup = true};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	cases_free(job.cases);
	return 0;
}

static enum cases_step take(const char *output)
{
	const struct case_report report = {
		.facts = &facts, .output = text(output), .memory_peak_bytes = 7};

	return cases_take(&job, &report, true, &verdict);
}

static const struct test_record *record(uint32_t index)
{
	uint64_t memory_peak_bytes;

	return &cases_facts(&job, &memory_peak_bytes)->examination->tests[index];
}

static bool is_in(struct slice slice, const char *part)
{
	return memmem(slice.bytes, slice.len, part, strlen(part)) != NULL;
}

static void test_all_pass(void **state)
{
	uint64_t memory_peak_bytes;

	(void)state;
	assert_int_equal(take("1"), CASES_NEXT);
	assert_int_equal(job.next_case, 1);
	assert_int_equal(take("1\n"), CASES_NEXT);
	assert_int_equal(take("1\n\n"), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_PASSED);
	/* More than the limit of one case, all together. */
	assert_int_equal(cases_facts(&job, &memory_peak_bytes)->cpu_ns, 180 * NS_PER_MS);
	assert_int_equal(cases_facts(&job, &memory_peak_bytes)->processes, 2);
	assert_int_equal(memory_peak_bytes, 7);
	assert_true(slice_is(record(2)->name, "name"));
	assert_true(slice_is(record(2)->source, "in"));
}

static void test_failures_do_not_end_it(void **state)
{
	(void)state;
	assert_int_equal(take("0"), CASES_NEXT);
	facts.wait_status = 3 << 8;
	assert_int_equal(take("1"), CASES_NEXT);
	facts.wait_status = 0;
	assert_int_equal(take("1"), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_FAILED);
	assert_int_equal(record(0)->outcome, TEST_FAILED);
	assert_true(slice_is(record(0)->actual, "0"));
	assert_true(slice_is(record(0)->difference.expected, "1"));
	assert_int_equal(record(0)->difference.line, 1);
	assert_int_equal(record(1)->outcome, TEST_ERROR);
	assert_true(is_in(record(1)->error.message, "exit status 3"));
}

static void test_stop_at_the_first_failure(void **state)
{
	(void)state;
	batch.task.stops_at_first_failure = true;
	assert_int_equal(take("1"), CASES_NEXT);
	assert_int_equal(take("0"), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_FAILED);
	assert_int_equal(record(2)->outcome, TEST_NOT_RUN);
}

static void test_signals(void **state)
{
	(void)state;
	batch.task.n_tests = 1;
	facts.wait_status = facts.candidate_status = SIGSEGV;
	assert_int_equal(take("1"), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_ERROR);
	assert_int_equal(record(0)->outcome, TEST_CRASHED);
	assert_true(is_in(record(0)->error.message, "signal 11"));
}

static void test_a_limit_ends_it(void **state)
{
	(void)state;
	assert_int_equal(take("1"), CASES_NEXT);
	facts.kill_reason = RUN_KILLED_CPU;
	assert_int_equal(take("1"), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_CPU_LIMIT);
	assert_int_equal(record(0)->outcome, TEST_PASSED);
	assert_int_equal(record(1)->outcome, TEST_TIME_LIMIT);
	assert_int_equal(record(2)->outcome, TEST_NOT_RUN);
}

static void test_a_cut_output_is_a_limit(void **state)
{
	(void)state;
	facts.is_output_exceeded = true;
	assert_int_equal(take("1"), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_OUTPUT_LIMIT);
	assert_int_equal(record(0)->outcome, TEST_ERROR);
}

static void test_cancelled(void **state)
{
	(void)state;
	facts.kill_reason = RUN_KILLED_CANCELLED;
	assert_int_equal(take("1"), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_CANCELLED);
	assert_int_equal(record(0)->outcome, TEST_NOT_RUN);
}

/* A lost cell: the case is run again, the others are not. */
static void test_again(void **state)
{
	(void)state;
	assert_int_equal(take("1"), CASES_NEXT);
	facts.is_cell_lost = true;
	facts.wait_status = SIGKILL;
	assert_int_equal(take(""), CASES_AGAIN);
	assert_int_equal(job.next_case, 1);
	facts.attempts = 2;
	assert_int_equal(take(""), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_INFRA);
	assert_int_equal(record(0)->outcome, TEST_PASSED);
	assert_int_equal(record(1)->outcome, TEST_NOT_RUN);
}

static void test_records_only_tell(void **state)
{
	(void)state;
	records.fault = EXAMINATION_LOAD;
	records.error =
		(struct test_error){.type = text("ValueError"), .message = text("bad"), .line = 4};
	assert_int_equal(take("1"), CASES_NEXT); /* it passes all the same */
	facts.wait_status = 1 << 8;
	assert_int_equal(take("1"), CASES_NEXT);
	assert_true(slice_is(record(1)->error.type, "ValueError"));
	assert_int_equal(record(1)->error.line, 4);
	records.error.type = text("MemoryError");
	assert_int_equal(take("1"), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_MEMORY_LIMIT);
}

static void test_compile_errors(void **state)
{
	(void)state;
	records.fault = EXAMINATION_COMPILE;
	records.error = (struct test_error){.type = text("SyntaxError")};
	assert_int_equal(take("1"), CASES_NEXT); /* said, but not so */
	facts.wait_status = 1 << 8;
	assert_int_equal(take(""), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_COMPILE_ERROR);
}

static void test_our_fault(void **state)
{
	(void)state;
	records.fault = EXAMINATION_HARNESS;
	facts.wait_status = 70 << 8;
	assert_int_equal(take(""), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_INFRA);
}

static void test_damaged_records(void **state)
{
	(void)state;
	records.is_malformed = true;
	assert_int_equal(take("0"), CASES_OVER);
	assert_int_equal(verdict.code, VERDICT_TAMPERED);
}

/* The buffers of a run are used again; long texts are bounded and keep the difference. */
static void test_texts_are_copied(void **state)
{
	char *output = malloc(100001);
	const struct test_record *test;

	(void)state;
	memset(output, 'a', 100000);
	output[100000] = '\0';
	list[0].expected = (struct slice){.bytes = (uint8_t *)strdup(output), .len = 100000};
	output[50000] = 'b';
	assert_int_equal(take(output), CASES_NEXT);
	free(output);
	test = record(0);
	assert_true(test->actual.len <= 2000 && is_in(test->actual, "ab"));
	assert_true(test->expected.len <= 2000);
	assert_memory_equal(test->actual.bytes, "...a", 4);
	assert_memory_equal(test->actual.bytes + test->actual.len - 4, "a...", 4);
	assert_true(test->difference.actual.len <= 200 && is_in(test->difference.actual, "ab"));
	free((void *)list[0].expected.bytes);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest all[] = {
		TEST(test_all_pass),
		TEST(test_failures_do_not_end_it),
		TEST(test_stop_at_the_first_failure),
		TEST(test_signals),
		TEST(test_a_limit_ends_it),
		TEST(test_a_cut_output_is_a_limit),
		TEST(test_cancelled),
		TEST(test_again),
		TEST(test_records_only_tell),
		TEST(test_compile_errors),
		TEST(test_our_fault),
		TEST(test_damaged_records),
		TEST(test_texts_are_copied),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
