/*
 * Tests that attempts are judged by while the task's own are kept for the end: what the task shows,
 * or what the model itself wrote. Part of `assay loop reflexion`; no I/O.
 *
 * Assertions that come from a text may be no Python, test nothing, or contradict each other. So
 * they are first judged with a solution that does nothing but raise: an assertion is kept if it
 * came as far as calling that.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "assay/assay.h"
#include "client/suite/tasks.h"

struct inner_tests {
	json_t *record;  /* the task without its tests, as `assay eval` reads it; once they are
			    settled with these tests, if there are any */
	json_t *asserts; /* to be checked */
	json_t *calls;   /* of each the call under test, null: it cannot be used */
	size_t at;       /* the one that is checked; at first all of them together */
	bool were_tried, are_known; /* together */
};

/* 0 or -ENOMEM; inner_tests_deinit() in any case. */
int inner_tests_init(struct inner_tests *tests, const struct task *task);
void inner_tests_deinit(struct inner_tests *tests);

/* What the task shows: its tests without the hidden ones, or the examples of its prompt (">>> ").
 * 0 or -ENOMEM. */
int inner_tests_take_visible(struct inner_tests *tests, const struct task *task);

/* The assertions of an answer, at most `max`. 0 or -ENOMEM. */
int inner_tests_take_answer(struct inner_tests *tests, const char *text, size_t max);

/*
 * What is to be judged next, to find out which can be used: true, and a task and its candidate,
 * which the caller owns (*record NULL: memory is short). False: nothing more, and the tests are
 * settled.
 */
bool inner_tests_next(struct inner_tests *tests, json_t **record, char **code);

/* Its result. 0 or -ENOMEM. */
int inner_tests_take_result(struct inner_tests *tests, const assay_result *result);

/* Whether there are any, once they are settled. */
bool inner_tests_are_there(const struct inner_tests *tests);
