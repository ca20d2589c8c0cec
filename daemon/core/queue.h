/*
 * Jobs that wait, and whose turn it is. Every user is a tenant and every connection of theirs a
 * flow. Tenants with waiting jobs take turns, one job each, and within a tenant its flows do: so a
 * client with 16,000 candidates does not delay one that sends a single one, and nobody gets more
 * than others by opening more connections. Pure: no I/O, no clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/job.h"

/* Embedded in its owner, which lives as long as any flow of it. */
struct tenant {
	struct queue *queue;
	TAILQ_HEAD(, flow) turns;
	uint32_t n_jobs; /* waiting, of all its flows, those that follow others included */
	bool is_listed;  /* in queue->turns: `turns` is not empty */
	TAILQ_ENTRY(tenant) link;
};

/* Embedded in its owner; flow_init before use, flow_deinit removes it from the queue. */
struct flow {
	struct tenant *tenant;
	struct job_list jobs;
	uint32_t n_jobs;
	bool is_held;   /* its client does not read its answers: nothing new is started for it */
	bool is_listed; /* in tenant->turns: has jobs and is not held */
	TAILQ_ENTRY(flow) link;
};

struct queue {
	TAILQ_HEAD(, tenant) turns;
	uint32_t n_jobs; /* as of a tenant */
	uint32_t max_jobs;
};

enum queue_outcome { QUEUE_FULL = 1 };

void queue_init(struct queue *queue, uint32_t max_jobs);

void tenant_init(struct tenant *tenant, struct queue *queue);

void flow_init(struct flow *flow, struct tenant *tenant);

/* The flow must have no jobs left. */
void flow_deinit(struct flow *flow);

/* While held, queue_pop() passes this flow over. */
void flow_hold(struct flow *flow, bool is_held);

/* 0 if `n` more jobs may be pushed, else QUEUE_FULL: a request is taken whole or refused whole. */
int queue_check(const struct queue *queue, uint32_t n);

/* Moves the job to QUEUED behind the others of its flow. */
void queue_push(struct queue *queue, struct flow *flow, struct job *job);

/* The same, but first in its flow: for a job that ran and must run again. Not bounded. */
void queue_push_front(struct queue *queue, struct flow *flow, struct job *job);

/* The next job, moved to RUNNING; its tenant, and its flow within it, go to the end of their lines.
 * NULL if none may run. */
struct job *queue_pop(struct queue *queue);

/* The job that queue_pop() would return; NULL if none. */
const struct job *queue_peek(const struct queue *queue);

/*
 * Jobs that are not to run, because another's run will answer them, too: FOLLOWING. They wait and
 * are counted as such, but have no turn. queue_follow() takes a NEW job, queue_set_aside() the one
 * that queue_peek() returns; queue_follow_no_more() puts one back, first in its flow.
 */
void queue_follow(struct queue *queue, struct flow *flow, struct job *job);
struct job *queue_set_aside(struct queue *queue);
void queue_follow_no_more(struct job *job);

/* Takes a QUEUED or FOLLOWING job out and moves it to DONE. */
void queue_remove(struct queue *queue, struct job *job);
