/*
 * Evaluations that are alike are judged once: those in flight together, and those whose verdict is
 * still known. Broker only.
 *
 * Alike are jobs with the same key: the digest of code, files, tests, wishes, policy, runtime, and
 * of the user, unless verdicts are shared between users. A job without a key (no_cache, repeat) is
 * like no other. Every job keeps its place in the queue, its batch and its answer; whichever of
 * those alike has its turn first runs, and what it says is told to all.
 */
#pragma once

#include <stdbool.h>

#include "broker/broker.h"
#include "broker/reply.h"
#include "core/job.h"
#include "core/verdict_cache.h"

struct sharing;
struct store;

/* Takes `store`, where verdicts are kept as well; NULL: nowhere. */
struct sharing *sharing_new(struct broker *broker, struct store *store);
void sharing_free(struct sharing *sharing);

/* Gives the jobs of a batch that asks for nothing else their keys; `uid` is whose it is. */
void sharing_identify(struct sharing *sharing, struct batch *batch, uint32_t uid);

/* A NEW job: it waits in the queue or behind one that is alike, or it is answered at once, which
 * may free its batch. */
void sharing_enter(struct sharing *sharing, struct job *job);

/* The job that queue_peek() returns need not run: it was answered, or set aside. It may be gone. */
bool sharing_settles(struct sharing *sharing, const struct job *next);

/* The job begins a run. */
void sharing_note_start(struct job *job);

/* The job waits for another run of its own while its client does not read: others do not wait. */
void sharing_let_go(struct sharing *sharing, struct job *job);

/* The job ends without an answer of a run; another that is alike takes its place. */
void sharing_leave(struct sharing *sharing, struct job *job);

/* Whether anybody may need what is told of the job beside its own client. */
bool sharing_wants(const struct job *job, const struct judgement *judgement);

/*
 * The job's answer: it is kept if it lasts, and told to all that are alike. The job is like no
 * other afterwards. Others' batches may end.
 */
void sharing_take(struct sharing *sharing, struct job *job, const struct judgement *judgement,
		  const struct told_verdict *told);

/* For the status: fills the counters that are levels. */
void sharing_count(const struct sharing *sharing, struct metrics *metrics);
