/*
 * Judging once what is alike. Broker.
 *
 * Jobs with one key that are in flight together are members of one `struct alike`. They wait in the
 * queue like all others, so turns, bounds and cancelling are what they are without; the first that
 * gets a seat is the runner. A member whose turn comes meanwhile, or that has a member before it in
 * its own flow, is set aside (FOLLOWING): it takes no seat and holds up nobody behind it. When the
 * runner has its verdict the others get the same; if that is no word about the candidate
 * (verdict_is_for_all), or the runner was cancelled, those that were set aside go back to the front
 * of their flows, and the next of them runs.
 *
 * A client that does not read its answers gets none from here either: its members stay in the
 * queue, and the answer is kept for them.
 *
 * The key says whose it is, so one user learns nothing of what others have asked: a verdict that
 * comes at once would tell that somebody has the same code and the same tests. What the message
 * says is part of it by being there: only fields named in task_digest() are left out.
 */
#include "broker/sharing.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/batch.h"
#include "broker/digest.h"
#include "broker/dispatch.h"
#include "broker/status.h"
#include "broker/store.h"

/* To be changed with what keys or kept bytes mean. */
#define FORM "assay verdict 1"

struct alike {
	struct lru_entry entry; /* first; of sharing->alike while is_listed */
	bool is_listed;         /* more may join */
	TAILQ_HEAD(alike_jobs, job) jobs;
	struct job *runner;   /* has begun; or NULL */
	uint32_t n_following; /* of `jobs` */
	struct told_verdict
		answer; /* owned; for members whose clients did not read; bytes or NULL */
};

struct sharing {
	struct broker *broker;
	struct verdict_cache cache;
	struct store *store; /* owned; or NULL */
	struct lru alike;    /* as a table only: nothing is ever dropped */
	struct lru_key policies[POLICY_MAX];
	struct event *pump; /* activated when jobs went back into the queue */
};

static void on_pump(evutil_socket_t fd, short what, void *argument)
{
	const struct sharing *sharing = argument;

	(void)fd;
	(void)what;
	dispatch_pump(sharing->broker->dispatch);
}

static void drop_nothing(struct lru_entry *entry, void *context)
{
	(void)entry;
	(void)context;
}

struct sharing *sharing_new(struct broker *broker, struct store *store)
{
	struct sharing *sharing = xcalloc(1, sizeof(*sharing));

	sharing->broker = broker;
	sharing->store = store;
	verdict_cache_init(&sharing->cache, broker->settings->cache_bytes);
	lru_init(&sharing->alike, SIZE_MAX, drop_nothing, NULL);
	sharing->pump = event_new(broker->base, -1, 0, on_pump, sharing);
	for (uint32_t i = 0; i < broker->policies->n_policies; i++) {
		struct digest digest;

		digest_start(&digest);
		digest_add(&digest, &broker->policies->policies[i], sizeof(struct policy));
		digest_end(&digest, &sharing->policies[i]);
	}
	return sharing;
}

void sharing_free(struct sharing *sharing)
{
	if (sharing == NULL)
		return;
	event_free(sharing->pump);
	store_free(sharing->store);
	verdict_cache_deinit(&sharing->cache);
	lru_deinit(&sharing->alike);
	free(sharing);
}

/* ---- keys */

struct digest_buffer {
	ProtobufCBuffer base; /* first: what protobuf-c knows of it */
	struct digest *digest;
};

static void append(ProtobufCBuffer *buffer, size_t len, const uint8_t *bytes)
{
	digest_add(((struct digest_buffer *)buffer)->digest, bytes, len);
}

static void add_slice(struct digest *digest, struct slice text)
{
	digest_add_text(digest, text.bytes, text.len);
}

static void add_message(struct digest *digest, const Assay__Evaluate *evaluate)
{
	const size_t len = assay__evaluate__get_packed_size(evaluate);
	struct digest_buffer buffer = {.base = {.append = append}, .digest = digest};

	digest_add(digest, &len, sizeof(len));
	assay__evaluate__pack_to_buffer(evaluate, &buffer.base);
}

/* Of everything but the candidate. */
static void task_digest(const struct sharing *sharing, const struct batch *batch, uint32_t uid,
			struct lru_key *key)
{
	const struct broker *broker = sharing->broker;
	const uint32_t policy = batch->task.policy;
	const char *runtime = dispatch_runtime(broker->dispatch, policy);
	const uint32_t layers = dispatch_layers(broker->dispatch);
	const uint64_t whose = broker->settings->shares_verdicts ? UINT64_MAX : uid;
	Assay__Evaluate evaluate = *batch_evaluate(batch);
	struct digest digest;

	evaluate.id = (char *)"";
	evaluate.candidates = NULL;
	evaluate.n_candidates = 0;
	evaluate.extract = ASSAY__EXTRACT__EXTRACT_NOTHING; /* the job has what was extracted */
	evaluate.priority = 0;
	evaluate.deadline_ms = 0;
	digest_start(&digest);
	digest_add_text(&digest, FORM, sizeof(FORM));
	digest_add_text(&digest, STATUS_SERVER_VERSION, sizeof(STATUS_SERVER_VERSION));
	digest_add(&digest, &sharing->policies[policy], sizeof(sharing->policies[policy]));
	digest_add_text(&digest, runtime, strlen(runtime));
	digest_add(&digest, &layers, sizeof(layers));
	digest_add(&digest, &broker->settings->runtime_stamp, sizeof(uint64_t));
	digest_add(&digest, &broker->settings->frame_max_bytes, sizeof(uint64_t));
	digest_add(&digest, &whose, sizeof(whose));
	add_message(&digest, &evaluate);
	digest_end(&digest, key);
}

static void job_digest(const struct lru_key *task, struct job *job)
{
	struct digest digest;

	digest_start(&digest);
	digest_add(&digest, task, sizeof(*task));
	add_slice(&digest, job->code);
	for (size_t i = 0; i < job->n_files; i++) {
		digest_add_text(&digest, job->files[i].name, strlen(job->files[i].name));
		add_slice(&digest, job->files[i].content);
	}
	digest_end(&digest, &job->key);
}

void sharing_identify(struct sharing *sharing, struct batch *batch, uint32_t uid)
{
	struct lru_key task;

	if (batch_evaluate(batch)->no_cache || batch->task.repeat > 1 ||
	    batch->task.kind == TASK_ANSWER)
		return; /* an answer is compared in no time */
	task_digest(sharing, batch, uid, &task);
	for (uint32_t i = 0; i < batch->n_jobs; i++)
		job_digest(&task, &batch->jobs[i]);
	batch->is_identified = true;
	batch->uid = uid;
	/* Until a cell has said what it is, nobody knows what a verdict was made by. */
	batch->has_runtime = dispatch_runtime(sharing->broker->dispatch, batch->task.policy)[0];
}

/* ---- members */

static void free_if_empty(struct sharing *sharing, struct alike *alike)
{
	if (!TAILQ_EMPTY(&alike->jobs))
		return;
	if (alike->is_listed)
		lru_remove(&sharing->alike, &alike->entry);
	free((void *)alike->answer.bytes);
	free(alike);
}

static struct alike *alike_with(struct sharing *sharing, const struct lru_key *key)
{
	struct alike *alike = (struct alike *)lru_find(&sharing->alike, key);

	if (alike != NULL)
		return alike;
	alike = xcalloc(1, sizeof(*alike));
	TAILQ_INIT(&alike->jobs);
	alike->is_listed = true;
	lru_add(&sharing->alike, &alike->entry, key, 0, 1);
	return alike;
}

/* While its state is still what it was; the caller frees `alike` if that was the last. */
static void take_off(struct alike *alike, struct job *job)
{
	TAILQ_REMOVE(&alike->jobs, job, alike_link);
	alike->n_following -= job->state == JOB_FOLLOWING;
	if (alike->runner == job)
		alike->runner = NULL;
	job->alike = NULL;
}

/* Those that were set aside wait for their turn again, in the order in which they came. */
static void release(struct sharing *sharing, struct alike *alike)
{
	struct job *job;

	if (alike->n_following == 0)
		return;
	TAILQ_FOREACH_REVERSE(job, &alike->jobs, alike_jobs, alike_link)
	if (job->state == JOB_FOLLOWING)
		queue_follow_no_more(job);
	alike->n_following = 0;
	event_active(sharing->pump, EV_TIMEOUT, 0);
}

/* ---- answers */

static uint64_t *counter(struct sharing *sharing, enum metric metric)
{
	return &sharing->broker->metrics.counters[metric];
}

/* In memory, or else in a file; then it is in memory from now on. */
static const struct told_verdict *find_kept(struct sharing *sharing, const struct job *job,
					    struct told_verdict *loaded)
{
	const struct told_verdict *told = verdict_cache_find(&sharing->cache, &job->key);

	if (told != NULL || sharing->store == NULL ||
	    !store_find(sharing->store, &job->key, loaded))
		return told;
	++*counter(sharing, METRIC_cache_file_hits);
	verdict_cache_add(&sharing->cache, &job->key, job->batch->uid, loaded);
	return loaded;
}

/* Borrowed from the cache, or with its bytes of the store in *loaded. */
static const struct told_verdict *find_known(struct sharing *sharing, const struct job *job,
					     struct told_verdict *loaded)
{
	const struct told_verdict *told = NULL;

	if (job->batch->has_runtime)
		told = find_kept(sharing, job, loaded);
	++*counter(sharing, told != NULL ? METRIC_cache_hits : METRIC_cache_misses);
	return told;
}

/* Answers a member by the run of another, and frees what is over with it. */
static void answer_member(struct sharing *sharing, struct job *job, const struct told_verdict *told)
{
	struct alike *alike = job->alike;

	take_off(alike, job);
	batch_finish_told(sharing->broker, job, told);
	free_if_empty(sharing, alike);
}

/* Nobody joins any more. Members whose clients do not read stay, with the answer. */
static void answer_all(struct sharing *sharing, struct alike *alike,
		       const struct told_verdict *told)
{
	struct job *job, *next;

	lru_remove(&sharing->alike, &alike->entry);
	alike->is_listed = false;
	alike->runner = NULL;
	TAILQ_FOREACH_SAFE (job, &alike->jobs, alike_link, next) {
		if (job->state == JOB_RUNNING || job->batch->flow->is_held)
			continue;
		take_off(alike, job);
		++*counter(sharing, METRIC_evaluations_joined);
		batch_finish_told(sharing->broker, job, told);
	}
	if (TAILQ_EMPTY(&alike->jobs))
		return;
	alike->answer = *told;
	alike->answer.bytes = xmemdup(told->bytes, told->len);
	release(sharing, alike);
}

/* ---- from the queue to the answer */

void sharing_enter(struct sharing *sharing, struct job *job)
{
	struct queue *queue = &sharing->broker->queue;
	struct flow *flow = job->batch->flow;
	const struct told_verdict *known;
	struct told_verdict loaded;
	const struct job *first;

	if (!job->batch->is_identified) {
		queue_push(queue, flow, job);
		return;
	}
	job->wants_lookup = flow->is_held;
	known = flow->is_held ? NULL : find_known(sharing, job, &loaded);
	if (known != NULL) {
		batch_finish_told(sharing->broker, job, known);
		return;
	}
	job->alike = alike_with(sharing, &job->key);
	first = TAILQ_FIRST(&job->alike->jobs);
	TAILQ_INSERT_TAIL(&job->alike->jobs, job, alike_link);
	if (first == NULL || first->batch->flow != flow) {
		queue_push(queue, flow, job);
		return;
	}
	queue_follow(queue, flow, job);
	job->alike->n_following++;
}

/* Whether the members wait for a run that goes on, or will as soon as there is a seat. */
static bool has_runner_before(const struct alike *alike, const struct job *job)
{
	const struct job *runner = alike->runner;

	return runner != NULL && runner != job &&
	       (runner->state == JOB_RUNNING || !runner->batch->flow->is_held);
}

bool sharing_settles(struct sharing *sharing, const struct job *next)
{
	struct queue *queue = &sharing->broker->queue;
	struct alike *alike = next->alike;
	const struct told_verdict *known = NULL;
	struct told_verdict loaded;

	if (alike == NULL)
		return false;
	if (alike->answer.bytes != NULL) {
		++*counter(sharing, METRIC_evaluations_joined);
		answer_member(sharing, queue_pop(queue), &alike->answer);
		return true;
	}
	if (next->wants_lookup)
		known = find_known(sharing, next, &loaded);
	if (known != NULL) {
		answer_member(sharing, queue_pop(queue), known);
		return true;
	}
	if (!has_runner_before(alike, next))
		return false;
	queue_set_aside(queue);
	alike->n_following++;
	return true;
}

void sharing_note_start(struct job *job)
{
	job->wants_lookup = false;
	if (job->alike != NULL)
		job->alike->runner = job;
}

void sharing_let_go(struct sharing *sharing, struct job *job)
{
	if (job->alike == NULL || job->alike->runner != job)
		return;
	job->alike->runner = NULL;
	release(sharing, job->alike);
}

void sharing_leave(struct sharing *sharing, struct job *job)
{
	struct alike *alike = job->alike;

	if (alike == NULL)
		return;
	take_off(alike, job);
	if (alike->runner == NULL)
		release(sharing, alike);
	free_if_empty(sharing, alike);
}

static bool is_to_be_kept(const struct job *job, const struct judgement *judgement)
{
	return job->batch->has_runtime && verdict_is_lasting(&judgement->verdict, judgement->facts,
							     judgement->memory_peak_bytes);
}

bool sharing_wants(const struct job *job, const struct judgement *judgement)
{
	if (job->alike == NULL)
		return false;
	return TAILQ_NEXT(job, alike_link) != NULL || TAILQ_FIRST(&job->alike->jobs) != job ||
	       is_to_be_kept(job, judgement);
}

void sharing_take(struct sharing *sharing, struct job *job, const struct judgement *judgement,
		  const struct told_verdict *told)
{
	struct alike *alike = job->alike;

	if (is_to_be_kept(job, judgement)) {
		verdict_cache_add(&sharing->cache, &job->key, job->batch->uid, told);
		if (sharing->store != NULL)
			store_add(sharing->store, &job->key, job->batch->uid, told);
	}
	take_off(alike, job);
	if (alike->is_listed && verdict_is_for_all(&judgement->verdict))
		answer_all(sharing, alike, told);
	else if (alike->runner == NULL)
		release(sharing, alike);
	free_if_empty(sharing, alike);
}

void sharing_count(const struct sharing *sharing, struct metrics *metrics)
{
	const struct lru *lru = &sharing->cache.lru;

	metrics->counters[METRIC_cache_entries] = lru->n_entries;
	metrics->counters[METRIC_cache_bytes] = lru->used_bytes;
	metrics->counters[METRIC_cache_dropped] = lru->n_dropped;
	if (sharing->store != NULL)
		store_count(sharing->store, metrics);
}
