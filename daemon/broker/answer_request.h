/*
 * Validating the tests of kind answer. Broker; part of broker/request.c.
 */
#pragma once

#include "assay.pb-c.h"
#include "broker/request.h"
#include "core/job.h"

/* Fills kind, tests (the expected answer, borrowed) and comparator of the task. 0 or
 * REQUEST_REFUSED. */
int answer_request_take(struct task *task, const Assay__Evaluate *evaluate,
			struct refusal *refusal);
