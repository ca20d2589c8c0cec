/*
 * The table of outcomes. In the judging process.
 *
 * For each test the first failure wins and later ones are not looked at; a test is told when it
 * first passes and when it first fails. Nothing here calls into Python, so nothing of the candidate
 * runs between an outcome and its record.
 */
#include "inside/runtimes/python/outcomes.h"

#include <string.h>
#include <time.h>

#include "inside/runtimes/python/channel.h"
#include "inside/runtimes/python/tests.h"

#define NS_PER_SECOND 1000000000u

static struct {
	uint8_t outcomes[RECORD_TESTS_MAX]; /* enum record_outcome */
	uint32_t n_reached;
	uint32_t value_bytes;
	bool stops_at_failure;
	bool has_begun;
	uint64_t cpu_ns;  /* of the process when the last record of a test was written */
	bool is_lost;     /* the other half of the examination is gone */
	bool has_crashed; /* and a test was told so */
	bool is_compared_by_candidate; /* since the last outcome the candidate's code compared its
					  objects */
	bool was_compared_by_candidate[RECORD_TESTS_MAX]; /* and a test was told so */
} table;

/* Of the candidate's process. In another cell it says so itself. */
static uint64_t cpu_now(void)
{
	struct timespec now;

	if (channel_is_open())
		return channel_their_cpu_ns();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

void outcomes_start(bool stops_at_failure, uint32_t value_bytes)
{
	memset(table.outcomes, 0, tests_count());
	memset(table.was_compared_by_candidate, 0,
	       tests_count() * sizeof(table.was_compared_by_candidate[0]));
	table.n_reached = 0;
	table.value_bytes = value_bytes;
	table.stops_at_failure = stops_at_failure;
	table.has_begun = false;
	table.is_lost = false;
	table.has_crashed = false;
	table.is_compared_by_candidate = false;
}

void outcomes_begin(void)
{
	table.has_begun = true;
	table.cpu_ns = cpu_now();
}

bool outcomes_have_begun(void)
{
	return table.has_begun;
}

void outcomes_write(struct records_test *test)
{
	uint64_t now = cpu_now();

	if (table.outcomes[test->index] == RECORD_NOT_RUN)
		table.n_reached++;
	table.outcomes[test->index] = (uint8_t)test->outcome;
	test->cpu_ns = now - table.cpu_ns;
	table.cpu_ns = now;
	if (test->fields[RECORD_FIELD_NAME].len == 0)
		test->fields[RECORD_FIELD_NAME] = tests_name(test->index);
	if (test->fields[RECORD_FIELD_SOURCE].len == 0)
		test->fields[RECORD_FIELD_SOURCE] = tests_source(test->index, table.value_bytes);
	if (test->fields[RECORD_FIELD_CALL].len == 0)
		test->fields[RECORD_FIELD_CALL] = tests_call(test->index, table.value_bytes);
	table.was_compared_by_candidate[test->index] |= table.is_compared_by_candidate;
	table.is_compared_by_candidate = false;
	if (table.was_compared_by_candidate[test->index])
		test->flags |= RECORD_TEST_COMPARED_BY_CANDIDATE;
	records_write_test(test);
}

void outcomes_pass(uint32_t index)
{
	struct records_test test = {.index = index, .outcome = RECORD_PASSED};

	/* In a loop a later pass may be one by the candidate's word. */
	if (table.outcomes[index] == RECORD_NOT_RUN ||
	    (table.is_compared_by_candidate && table.outcomes[index] == RECORD_PASSED &&
	     !table.was_compared_by_candidate[index]))
		outcomes_write(&test);
	table.is_compared_by_candidate = false;
}

bool outcomes_take(struct records_test *test)
{
	bool is_failure = test->outcome > RECORD_PASSED && test->outcome != RECORD_SKIPPED;

	if (!outcomes_has_failed(test->index) &&
	    (is_failure || table.outcomes[test->index] == RECORD_NOT_RUN))
		outcomes_write(test);
	if (test->outcome == RECORD_CRASHED || test->outcome == RECORD_TIME_LIMIT)
		outcomes_crashed();
	return !table.is_lost && !(is_failure && table.stops_at_failure);
}

bool outcomes_has_failed(uint32_t index)
{
	return table.outcomes[index] > RECORD_PASSED && table.outcomes[index] != RECORD_SKIPPED;
}

bool outcomes_have_failure(void)
{
	for (uint32_t i = 0; i < tests_count(); i++)
		if (outcomes_has_failed(i))
			return true;
	return false;
}

uint32_t outcomes_reached(void)
{
	return table.n_reached;
}

void outcomes_compared_by_candidate(void)
{
	table.is_compared_by_candidate = true;
}

void outcomes_lost(void)
{
	table.is_lost = true;
}

void outcomes_crashed(void)
{
	table.has_crashed = true;
}

bool outcomes_have_crashed(void)
{
	return table.has_crashed;
}

bool outcomes_end_at_failure(void)
{
	return table.stops_at_failure || table.is_lost;
}

uint32_t outcomes_place(uint32_t source, uint32_t line)
{
	uint32_t first = tests_count(), next = tests_count();

	for (uint32_t i = tests_count(); i-- > 0;) {
		if (table.outcomes[i] != RECORD_NOT_RUN)
			continue;
		first = i;
		if (tests_is_behind(i, source, line))
			next = i;
	}
	if (next == tests_count())
		next = first;
	return next < tests_count() ? next : tests_count() - 1;
}
