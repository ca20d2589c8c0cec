/*
 * Counting outcomes, and the texts of an examination. Pure.
 */
#include "core/outcome.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct own_text {
	struct own_text *next;
	uint8_t bytes[];
};

void examination_deinit(struct examination *examination)
{
	struct own_text *text = examination->texts;

	while (text != NULL) {
		struct own_text *next = text->next;

		free(text);
		text = next;
	}
	free(examination->tests);
	*examination = (struct examination){0};
}

struct slice examination_keep(struct examination *examination, const char *bytes, size_t len)
{
	struct own_text *text = xmalloc(sizeof(*text) + len);

	text->next = examination->texts;
	if (len > 0)
		memcpy(text->bytes, bytes, len);
	examination->texts = text;
	return (struct slice){.bytes = text->bytes, .len = len};
}

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
