/*
 * One evaluation from its first run to its answer: runs that are repeated, doubted or done again,
 * and what is kept meanwhile of the one that will be told. Broker only.
 */
#pragma once

#include "broker/reply.h"
#include "core/course.h"
#include "core/job.h"

struct evaluation;

/*
 * A run of the job has ended with `last` (borrowed; its verdict is verdict_decide's). Says
 * what is to be done; the job is prepared for its next run. COURSE_OVER: *told is what is to be
 * answered, borrowed from the judgement and the job. `may_rerun`: nobody has cancelled it.
 */
enum course_step evaluation_take(struct job *job, const struct judgement *last, bool may_rerun,
				 struct judgement *told);

/* NULL is allowed. */
void evaluation_free(struct evaluation *evaluation);
