/*
 * What may be told of a judged candidate: one place that everything asks which words an answer.
 *
 * A request says how much of its tests the answer may show (TASK_REVEAL_*), and of which tests
 * nothing at all (hidden). Of a hidden test there is an outcome. What could quote one is withheld,
 * too, whoever wrote it: the output of the run, tracebacks (one line of the tests may hold two
 * assertions), errors of the tests as a whole. Where the candidate's process has the tests
 * (SHARED), every text from it could be theirs; with a hidden test none is told.
 */
#pragma once

#include <stdbool.h>

#include "core/outcome.h"

struct reveal {
	enum task_reveal level; /* of tests that are not hidden */
	bool hides_any;
	bool is_mute; /* no text that the candidate's process can have made */
	bool *hidden; /* owned; of each test, whether it is hidden; NULL: none */
	uint32_t n_tests;
};

/* How much of an error: each value includes those before it. */
enum reveal_error {
	REVEAL_ERROR_NOTHING,
	REVEAL_ERROR_TYPE, /* and the line in the candidate's code */
	REVEAL_ERROR_MESSAGE,
	REVEAL_ERROR_TRACEBACK,
};

/* `is_apart`: the tests were in no process of the candidate's. Numbers in task->hidden that are no
 * test's are ignored, but for that something is hidden. To be given to reveal_deinit(). */
void reveal_init(struct reveal *reveal, const struct task *task, uint32_t n_tests, bool is_apart);
void reveal_deinit(struct reveal *reveal);

static inline bool reveal_hides(const struct reveal *reveal, uint32_t index)
{
	return reveal->hidden != NULL && index < reveal->n_tests && reveal->hidden[index];
}

/* Of the error of a test that is not hidden. */
enum reveal_error reveal_of_test_error(const struct reveal *reveal, const struct test_error *error);

/* Of the fault that ended the examination: what the candidate's own code says of itself
 * whatever the level. */
enum reveal_error reveal_of_fault(const struct reveal *reveal,
				  const struct examination *examination);
