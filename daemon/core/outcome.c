/*
 * Counting outcomes. Pure.
 */
#include "core/outcome.h"

#include <stddef.h>

struct test_counts examination_count(const struct examination *examination)
{
	struct test_counts counts = {.total = examination->n_tests};

	for (uint32_t i = 0; i < examination->n_tests; i++) {
		enum test_outcome outcome = examination->tests[i].outcome;

		counts.skipped += outcome == TEST_SKIPPED;
		counts.run += outcome != TEST_NOT_RUN && outcome != TEST_SKIPPED;
		counts.passed += outcome == TEST_PASSED;
		counts.failed += outcome == TEST_FAILED;
		counts.errors += outcome_is_failure(outcome) && outcome != TEST_FAILED;
	}
	counts.total -= counts.skipped;
	/* An assertion in a branch that this task's tests never take is no test of this run. */
	if (examination->is_complete && examination->fault == EXAMINATION_OK &&
	    counts.passed == counts.run && counts.passed > 0)
		counts.total = counts.run;
	return counts;
}

bool examination_has(const struct examination *examination, enum test_outcome outcome)
{
	for (uint32_t i = 0; i < examination->n_tests; i++)
		if (examination->tests[i].outcome == outcome)
			return true;
	return false;
}

const struct test_record *examination_first_failure(const struct examination *examination)
{
	for (uint32_t i = 0; i < examination->n_tests; i++)
		if (outcome_is_failure(examination->tests[i].outcome))
			return &examination->tests[i];
	return NULL;
}
