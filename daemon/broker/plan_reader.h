/*
 * From the records of a planner to a plan, and of a callee to its answers. Broker only.
 */
#pragma once

#include "core/call_plan.h"
#include "inside/wire.h"

enum plan_outcome {
	PLAN_IMPOSSIBLE = 1, /* the tests are of a kind that has none, or the planner did not end */
};

/*
 * A new plan, which the caller unrefs. The planner has the tests and nothing of a candidate; its
 * bytes are checked all the same: an offset or a number of theirs never leaves the plan.
 */
int plan_read(const uint8_t *bytes, size_t len, const uint8_t nonce[JOB_NONCE_BYTES],
	      struct call_plan **plan);

/* Fills *answers, whose text points into `bytes`. Free with call_answers_deinit(). */
void call_answers_read(const uint8_t *bytes, size_t len, const struct call_plan *plan,
		       struct call_answers *answers);
void call_answers_deinit(struct call_answers *answers);
