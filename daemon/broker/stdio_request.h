/*
 * The part of a request that is kind stdio. Broker only; for request.c.
 */
#pragma once

#include "assay.pb-c.h"
#include "broker/request.h"
#include "core/job.h"
#include "core/policy.h"

/* Fills the tests of a task whose limits are known, and widens its limit of output if the request
 * names none. 0, or REQUEST_REFUSED; what was allocated is the task's in either case. */
int stdio_request_take(struct task *task, const Assay__Evaluate *evaluate,
		       const struct policy *policy, struct refusal *refusal);
