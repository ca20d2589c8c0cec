/*
 * One task of the Reflexion loop: what was tried, what the daemon said, what the model made of it,
 * and the words of the next question. Part of `assay loop reflexion`; no I/O.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "assay/assay.h"
#include "client/loops/engine.h"
#include "client/loops/inner_tests.h"

enum episode_phase {
	EPISODE_WRITES_TESTS, /* the model */
	EPISODE_CHECKS,       /* which of the tests can be used */
	EPISODE_ATTEMPTS,
	EPISODE_REFLECTS,
	EPISODE_ENDS, /* the task's own tests judge what was tried */
};

struct episode {
	struct engine_task base; /* first; is_good: what was judged last has passed */
	char *prompt;
	json_t *attempts;         /* an array of objects, as they are written */
	struct inner_tests inner; /* unless attempts are judged by the task's own tests */
	bool has_inner;
	enum episode_phase phase;
};

/* NULL when memory is short. */
struct episode *episode_new(const struct task_format *format, const struct task *task);
void episode_free(struct episode *episode);

uint32_t episode_n_attempts(const struct episode *episode);

/* The name of the present question: "attempt 2", "reflection 1". */
void episode_step(const struct episode *episode, char *step, size_t size);

/* Its words: the task, then what was tried and said, of the last `memory` attempts. The caller owns
 * it; NULL when memory is short. */
json_t *episode_messages(const struct episode *episode, uint32_t memory);

/* The model's answer to that question. 0 or -ENOMEM. */
int episode_take_text(struct episode *episode, const char *text, size_t len);

/* The question for tests of the model's own. The caller owns it; NULL when memory is short. */
json_t *episode_ask_for_tests(const struct episode *episode, uint32_t n);

/* What the daemon says of the attempt. 0 or -ENOMEM. */
int episode_take_result(struct episode *episode, const assay_result *result);

/* What the task's own tests say of an attempt (from 0), at the end: the outcome and nothing else.
 * The last one's is the episode's. 0 or -ENOMEM. */
int episode_take_real_result(struct episode *episode, const assay_result *result);
bool episode_is_really_judged(const struct episode *episode);

/* Whether it was judged; a verdict that may be nobody's fault is none to learn from. */
bool episode_is_judged(const struct episode *episode);

/* Of attempts as they are written: whether the task's own tests pass after `n` of them; the last
 * one that was made counts on. */
bool episode_passed_after(const json_t *attempts, uint32_t n);

/* As it is written: {"task", "solved", "attempts": [...]}, with "tests" if attempts were judged by
 * others than the task's own. The caller owns it; NULL when memory is
 * short. */
json_t *episode_to_json(const struct episode *episode);
