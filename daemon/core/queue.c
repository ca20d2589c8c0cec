/*
 * The waiting line of the broker: round robin over connections, first come first served within one.
 * A flow is in `turns` exactly while it has jobs and is not held; update_turn() keeps that true.
 */
#include "core/queue.h"

#include <assert.h>

void queue_init(struct queue *queue, uint32_t max_jobs)
{
	TAILQ_INIT(&queue->turns);
	queue->n_jobs = 0;
	queue->max_jobs = max_jobs;
}

void flow_init(struct flow *flow, struct queue *queue)
{
	*flow = (struct flow){.queue = queue};
	TAILQ_INIT(&flow->jobs);
}

static void update_turn(struct flow *flow)
{
	bool wants_turn = flow->n_jobs > 0 && !flow->is_held;

	if (wants_turn && !flow->is_listed)
		TAILQ_INSERT_TAIL(&flow->queue->turns, flow, link);
	if (!wants_turn && flow->is_listed)
		TAILQ_REMOVE(&flow->queue->turns, flow, link);
	flow->is_listed = wants_turn;
}

void flow_deinit(struct flow *flow)
{
	assert(flow->n_jobs == 0);
	update_turn(flow);
}

void flow_hold(struct flow *flow, bool is_held)
{
	flow->is_held = is_held;
	update_turn(flow);
}

int queue_check(const struct queue *queue, uint32_t n)
{
	return n > queue->max_jobs || queue->n_jobs > queue->max_jobs - n ? QUEUE_FULL : 0;
}

static void count_in(struct queue *queue, struct flow *flow, struct job *job)
{
	job_move(job, JOB_QUEUED);
	flow->n_jobs++;
	queue->n_jobs++;
	update_turn(flow);
}

void queue_push(struct queue *queue, struct flow *flow, struct job *job)
{
	TAILQ_INSERT_TAIL(&flow->jobs, job, link);
	count_in(queue, flow, job);
}

void queue_push_front(struct queue *queue, struct flow *flow, struct job *job)
{
	TAILQ_INSERT_HEAD(&flow->jobs, job, link);
	count_in(queue, flow, job);
}

static void take_out(struct queue *queue, struct flow *flow, struct job *job)
{
	TAILQ_REMOVE(&flow->jobs, job, link);
	flow->n_jobs--;
	queue->n_jobs--;
	update_turn(flow);
}

struct job *queue_pop(struct queue *queue)
{
	struct flow *flow = TAILQ_FIRST(&queue->turns);
	struct job *job;

	if (flow == NULL)
		return NULL;
	job = TAILQ_FIRST(&flow->jobs);
	take_out(queue, flow, job);
	job_move(job, JOB_RUNNING);
	if (flow->is_listed) {
		TAILQ_REMOVE(&queue->turns, flow, link);
		TAILQ_INSERT_TAIL(&queue->turns, flow, link);
	}
	return job;
}

const struct job *queue_peek(const struct queue *queue)
{
	const struct flow *flow = TAILQ_FIRST(&queue->turns);

	return flow != NULL ? TAILQ_FIRST(&flow->jobs) : NULL;
}

void queue_remove(struct queue *queue, struct job *job)
{
	take_out(queue, job->batch->flow, job);
	job_move(job, JOB_DONE);
}
