/*
 * The waiting line of the broker: round robin over users, then over the connections of one, first
 * come first served within a connection. A flow is in its tenant's `turns` exactly while it has
 * jobs and is not held, a tenant in the queue's while it has such a flow; update_turn() keeps that
 * true.
 */
#include "core/queue.h"

#include <assert.h>

void queue_init(struct queue *queue, uint32_t max_jobs)
{
	TAILQ_INIT(&queue->turns);
	queue->n_jobs = 0;
	queue->max_jobs = max_jobs;
}

void tenant_init(struct tenant *tenant, struct queue *queue)
{
	*tenant = (struct tenant){.queue = queue};
	TAILQ_INIT(&tenant->turns);
}

void flow_init(struct flow *flow, struct tenant *tenant)
{
	*flow = (struct flow){.tenant = tenant};
	TAILQ_INIT(&flow->jobs);
}

static void update_tenant(struct tenant *tenant)
{
	bool wants_turn = !TAILQ_EMPTY(&tenant->turns);

	if (wants_turn && !tenant->is_listed)
		TAILQ_INSERT_TAIL(&tenant->queue->turns, tenant, link);
	if (!wants_turn && tenant->is_listed)
		TAILQ_REMOVE(&tenant->queue->turns, tenant, link);
	tenant->is_listed = wants_turn;
}

static void update_turn(struct flow *flow)
{
	struct tenant *tenant = flow->tenant;
	bool wants_turn = flow->n_jobs > 0 && !flow->is_held;

	if (wants_turn && !flow->is_listed)
		TAILQ_INSERT_TAIL(&tenant->turns, flow, link);
	if (!wants_turn && flow->is_listed)
		TAILQ_REMOVE(&tenant->turns, flow, link);
	flow->is_listed = wants_turn;
	update_tenant(tenant);
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

/* In its flow's list it has a turn; beside it only a place. */
static void take_turn(struct flow *flow, struct job *job)
{
	job_move(job, JOB_QUEUED);
	flow->n_jobs++;
	update_turn(flow);
}

static void lose_turn(struct flow *flow, struct job *job)
{
	TAILQ_REMOVE(&flow->jobs, job, link);
	flow->n_jobs--;
	update_turn(flow);
}

static void count_in(struct queue *queue, struct flow *flow)
{
	flow->tenant->n_jobs++;
	queue->n_jobs++;
}

static void count_out(struct queue *queue, struct flow *flow)
{
	flow->tenant->n_jobs--;
	queue->n_jobs--;
}

void queue_push(struct queue *queue, struct flow *flow, struct job *job)
{
	TAILQ_INSERT_TAIL(&flow->jobs, job, link);
	count_in(queue, flow);
	take_turn(flow, job);
}

void queue_push_front(struct queue *queue, struct flow *flow, struct job *job)
{
	TAILQ_INSERT_HEAD(&flow->jobs, job, link);
	count_in(queue, flow);
	take_turn(flow, job);
}

/* Whose turn it is; NULL if nobody's. */
static struct flow *next_flow(const struct queue *queue)
{
	const struct tenant *tenant = TAILQ_FIRST(&queue->turns);

	return tenant != NULL ? TAILQ_FIRST(&tenant->turns) : NULL;
}

struct job *queue_pop(struct queue *queue)
{
	struct flow *flow = next_flow(queue);
	struct tenant *tenant;
	struct job *job;

	if (flow == NULL)
		return NULL;
	tenant = flow->tenant;
	job = TAILQ_FIRST(&flow->jobs);
	count_out(queue, flow);
	lose_turn(flow, job);
	job_move(job, JOB_RUNNING);
	if (flow->is_listed) {
		TAILQ_REMOVE(&tenant->turns, flow, link);
		TAILQ_INSERT_TAIL(&tenant->turns, flow, link);
	}
	if (tenant->is_listed) {
		TAILQ_REMOVE(&queue->turns, tenant, link);
		TAILQ_INSERT_TAIL(&queue->turns, tenant, link);
	}
	return job;
}

const struct job *queue_peek(const struct queue *queue)
{
	const struct flow *flow = next_flow(queue);

	return flow != NULL ? TAILQ_FIRST(&flow->jobs) : NULL;
}

void queue_follow(struct queue *queue, struct flow *flow, struct job *job)
{
	count_in(queue, flow);
	job_move(job, JOB_FOLLOWING);
}

struct job *queue_set_aside(struct queue *queue)
{
	struct flow *flow = next_flow(queue);
	struct job *job = TAILQ_FIRST(&flow->jobs);

	lose_turn(flow, job);
	job_move(job, JOB_FOLLOWING);
	return job;
}

void queue_follow_no_more(struct job *job)
{
	struct flow *flow = job->batch->flow;

	TAILQ_INSERT_HEAD(&flow->jobs, job, link);
	take_turn(flow, job);
}

void queue_remove(struct queue *queue, struct job *job)
{
	struct flow *flow = job->batch->flow;

	if (job->state == JOB_QUEUED)
		lose_turn(flow, job);
	count_out(queue, flow);
	job_move(job, JOB_DONE);
}
