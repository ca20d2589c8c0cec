/*
 * Jobs that wait, and whose turn it is. Every connection is a flow; flows with waiting jobs take
 * turns, one job each, so that a client with 16,000 candidates does not delay one that sends a
 * single one. Pure: no I/O, no clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/job.h"

/* Embedded in its owner; flow_init before use, flow_deinit removes it from the queue. */
struct flow {
	struct queue *queue;
	struct job_list jobs;
	uint32_t n_jobs;
	bool is_held;   /* its client does not read its answers: nothing new is started for it */
	bool is_listed; /* in queue->turns: has jobs and is not held */
	TAILQ_ENTRY(flow) link;
};

struct queue {
	TAILQ_HEAD(, flow) turns;
	uint32_t n_jobs;
	uint32_t max_jobs;
};

enum queue_outcome { QUEUE_FULL = 1 };

void queue_init(struct queue *queue, uint32_t max_jobs);

void flow_init(struct flow *flow, struct queue *queue);

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

/* The next job, moved to RUNNING, and its flow goes to the end of the line; NULL if none may run.
 */
struct job *queue_pop(struct queue *queue);

/* The job that queue_pop() would return; NULL if none. */
const struct job *queue_peek(const struct queue *queue);

/* Takes a QUEUED job out and moves it to DONE. */
void queue_remove(struct queue *queue, struct job *job);
