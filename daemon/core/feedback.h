/*
 * The verdict in words, for a person or a model that will try again. Pure text. Control bytes of
 * candidates are escaped; host paths and process numbers never appear.
 *
 * The plain form is a few labelled lines: how many tests passed; then the failing ones, that with
 * the shortest texts first, each with its call, what was expected and what came, or what was raised
 * and the line of the code where; for a limit, which one and how far. System calls that were
 * refused and are worth a name come last, whatever the verdict.
 */
#pragma once

#include <stddef.h>

#include "core/outcome.h"
#include "core/reveal.h"
#include "core/verdict.h"

struct feedback_input {
	const struct task *task;
	const struct verdict *verdict;
	const struct examination *examination;
	const struct reveal *reveal;
	const struct run_facts *facts;
	struct slice code;          /* the candidate's, whose lines are quoted */
	uint64_t memory_peak_bytes; /* of its largest process; 0: not known */
	uint64_t output_bytes;      /* written to stdout or to stderr, whichever is more */
};

/*
 * Writes at most `size` - 1 bytes and a NUL to `text` (cut at a character's boundary and marked "…"
 * when longer) and returns the length, in the form that the task asks for (see reflexion.h for the
 * other one). Says nothing that `reveal` withholds: with TASK_REVEAL_INPUTS no expected value, with
 * TASK_REVEAL_NONE counts and kinds of failures only, and of hidden tests only that they count.
 */
size_t feedback_write(const struct feedback_input *input, char *text, size_t size);
