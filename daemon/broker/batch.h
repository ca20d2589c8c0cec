/*
 * A request in flight, from the message that was taken to its Done. Broker only.
 *
 * It is one batch, or, of a matrix, one for each suite: the same candidates under other tests. The
 * first stands for the request. Nothing but the request's beginning and end, its message and its
 * deadline is common to them.
 *
 * A batch outlives its session when the client goes away while jobs of it run; then owner and flow
 * are NULL and results are dropped.
 */
#pragma once

#include <event2/event.h>

#include "assay.pb-c.h"
#include "broker/broker.h"
#include "broker/reply.h"
#include "core/job.h"
#include "core/verdict.h"

/* The empty batches of a request that owns `message`: the first of them. The caller fills task and
 * jobs of each, then calls batch_accept, or batch_free for all of them. */
struct batch *batch_new(Assay__ClientMessage *message);
void batch_free(struct batch *first);

/* As batch_free, but the message is the caller's again. */
void batch_give_back(struct batch *first);

/* Until the request is accepted: how many batches it has, and which is whose. */
uint32_t batch_n_suites(const struct batch *first);
struct batch *batch_of_suite(const struct batch *first, uint32_t suite);

/* What the message says, with the tests of the batch's suite as its only ones. Borrowed. */
const Assay__Evaluate *batch_evaluate(const struct batch *batch);

/*
 * Queues all jobs of a request whose batches have owner and flow (a batch without tests, or one
 * that cannot be examined as wished, is answered at once). `charged_bytes` of the inbound budget
 * become the request's. The broker owns the batches from here.
 */
void batch_accept(struct broker *broker, struct batch *first, size_t charged_bytes);

/* Answers a job that has run and ends the batch with its last one. */
void batch_finish(struct broker *broker, struct job *job, const struct judgement *judgement);

/* Answers a job that did not run, whatever it waits for, by what is told of another's run. */
void batch_finish_told(struct broker *broker, struct job *job, const struct told_verdict *told);

/* As batch_finish, for a job that has not run (NEW, RUNNING). */
void batch_finish_unrun(struct broker *broker, struct job *job, struct verdict verdict);

/* The whole request that the batch is of: waiting jobs are answered CANCELLED, running ones are
 * killed. May free it. */
void batch_cancel(struct broker *broker, struct batch *batch);

/* As batch_cancel, but of this batch alone, and nobody hears of it; `batch->owner` and `flow` are
 * NULL afterwards. May free it. */
void batch_abandon(struct broker *broker, struct batch *batch);

/*
 * Waiting jobs are dropped; what runs is judged to its end, and then the request ends with this
 * Error instead of Done. A batch that has nothing waiting is left alone. May free it.
 */
void batch_refuse_waiting(struct broker *broker, struct batch *batch, Assay__ErrorCode code,
			  const char *text);
