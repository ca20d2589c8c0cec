/*
 * Going on behind a test that took too long. Pure.
 *
 * Only failures are left out by the next run: a test that passed may stand in a loop, or before
 * statements that need what the candidate made in it. That it passes again costs its time, which
 * the whole evaluation is limited in.
 */
#include "core/resume.h"

bool resume_is_wanted(const struct examination *examination)
{
	bool is_left = false;

	if (!examination->is_complete || examination->fault != EXAMINATION_OK)
		return false;
	for (uint32_t i = examination->n_tests; i-- > 0;) {
		if (examination->tests[i].outcome == TEST_TIME_LIMIT)
			return is_left;
		is_left = is_left || examination->tests[i].outcome == TEST_NOT_RUN;
	}
	return false;
}

size_t resume_decided(const struct examination *examination, uint32_t *decided)
{
	size_t n = 0;

	for (uint32_t i = 0; i < examination->n_tests; i++)
		if (outcome_is_failure(examination->tests[i].outcome))
			decided[n++] = i;
	return n;
}

void resume_join(const struct examination *earlier, struct examination *later)
{
	if (earlier->n_tests != later->n_tests)
		return;
	for (uint32_t i = 0; i < later->n_tests; i++)
		if (later->tests[i].outcome == TEST_NOT_RUN)
			later->tests[i] = earlier->tests[i];
}
