/*
 * The job's state machine. Pure; used by the broker.
 */
#include "core/job.h"

#include <assert.h>

static const bool legal_moves[JOB_STATES][JOB_STATES] = {
	[JOB_NEW] = {[JOB_QUEUED] = true, [JOB_FOLLOWING] = true, [JOB_DONE] = true},
	[JOB_QUEUED] = {[JOB_RUNNING] = true, [JOB_FOLLOWING] = true, [JOB_DONE] = true},
	[JOB_FOLLOWING] = {[JOB_QUEUED] = true, [JOB_DONE] = true},
	[JOB_RUNNING] = {[JOB_QUEUED] = true, [JOB_DONE] = true},
};

void job_move(struct job *job, enum job_state state)
{
	assert(legal_moves[job->state][state]);
	job->batch->n_queued += state == JOB_QUEUED;
	job->batch->n_queued -= job->state == JOB_QUEUED;
	job->state = state;
	if (state == JOB_DONE)
		job->batch->n_unfinished--;
}
