/*
 * A request in flight, from the message that was taken to its Done. Broker only.
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

/* An empty batch that owns `message`; the caller fills task and jobs, then calls batch_accept or
 * batch_free. */
struct batch *batch_new(Assay__ClientMessage *message);
void batch_free(struct batch *batch);

/*
 * Queues all jobs of a batch whose owner and flow are set (a batch without tests, or one that
 * cannot be examined as wished, is answered at once). `charged_bytes` of the inbound budget become
 * the batch's. The broker owns the batch from here.
 */
void batch_accept(struct broker *broker, struct batch *batch, size_t charged_bytes);

/* Answers a job that has run and ends the batch with its last one. */
void batch_finish(struct broker *broker, struct job *job, const struct judgement *judgement);

/* Answers a job that did not run, whatever it waits for, by what is told of another's run. */
void batch_finish_told(struct broker *broker, struct job *job, const struct told_verdict *told);

/* As batch_finish, for a job that has not run (NEW, RUNNING). */
void batch_finish_unrun(struct broker *broker, struct job *job, struct verdict verdict);

/* Waiting jobs are answered CANCELLED, running ones are killed. May free the batch. */
void batch_cancel(struct broker *broker, struct batch *batch);

/* As batch_cancel, but nobody hears of it; `batch->owner` and `flow` are NULL afterwards. May free
 * it. */
void batch_abandon(struct broker *broker, struct batch *batch);

/*
 * Waiting jobs are dropped; what runs is judged to its end, and then the request ends with this
 * Error instead of Done. A batch that has nothing waiting is left alone. May free it.
 */
void batch_refuse_waiting(struct broker *broker, struct batch *batch, Assay__ErrorCode code,
			  const char *text);
