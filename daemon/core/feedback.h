/*
 * The verdict in words, for a person or a model that will try again. Pure text. Control bytes of
 * candidates are escaped; host paths and process numbers never appear.
 */
#pragma once

#include <stddef.h>

#include "core/outcome.h"
#include "core/verdict.h"

struct feedback_input {
	const struct verdict *verdict;
	const struct examination *examination;
	struct limits limits;
	enum task_reveal reveal;
	bool are_cases; /* the tests are cases of kind stdio */
};

/*
 * Whether the message of an error may be told: an assertion's is the tests' own and likely names
 * what they expect.
 */
bool feedback_may_quote(const struct test_error *error, enum task_reveal reveal);

/* How much of the fault that ended an examination may be told: the candidate's own code always. */
enum task_reveal feedback_fault_reveal(const struct examination *examination,
				       enum task_reveal reveal);

/*
 * Writes at most `size` - 1 bytes and a NUL to `text` (cut at a character's boundary and marked "…"
 * when longer) and returns the length. With TASK_REVEAL_INPUTS no expected value is named, with
 * TASK_REVEAL_NONE neither calls nor values.
 */
size_t feedback_write(const struct feedback_input *input, char *text, size_t size);
