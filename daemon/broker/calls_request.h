/*
 * The part of a request that is kind calls. Broker only; for request.c.
 */
#pragma once

#include "assay.pb-c.h"
#include "broker/request.h"
#include "core/job.h"

/* Fills the tests and the comparator of a task. 0, or REQUEST_REFUSED; what was allocated is the
 * task's in either case. */
int calls_request_take(struct task *task, const Assay__Evaluate *evaluate, struct refusal *refusal);
