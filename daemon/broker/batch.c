/*
 * Requests in flight, and their batches. Broker.
 *
 * However a batch ends, each of its jobs becomes DONE exactly once, and the last one ends it. The
 * last batch of a request ends that: the closing message goes out, the budget is refunded, the
 * message that all text pointed into is freed.
 *
 * A request is held while it is walked over, because ending one batch may be the end of all.
 */
#include "broker/batch.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "broker/answers.h"
#include "broker/cases.h"
#include "broker/dispatch.h"
#include "broker/evaluation.h"
#include "broker/listener.h"
#include "broker/planning.h"
#include "broker/program.h"
#include "broker/session.h"
#include "broker/sharing.h"
#include "core/call_plan.h"
#include "core/case.h"
#include "proto/codec.h"

struct request_in_flight {
	struct broker *broker;
	Assay__ClientMessage *message; /* owned; all text points into it */
	uint64_t request_id;
	void *owner; /* the session; NULL once the client has gone */
	size_t charged_bytes;
	struct event *deadline;
	const char *refusal; /* static text; NULL: ends with Done */
	Assay__ErrorCode refusal_code;
	bool is_silent;     /* results are not sent any more: the request was refused meanwhile */
	uint32_t n_results; /* of batches that have ended */
	uint32_t n_holds;   /* batches that have not, and whoever walks over them */
	uint32_t n_batches;
	struct batch *batches[]; /* NULL: ended */
};

struct batch_in_flight {
	struct batch batch; /* first: batches are these */
	struct request_in_flight *request;
	uint32_t place;
	Assay__Evaluate evaluate; /* of its suite alone; borrowed from the message */
};

static struct request_in_flight *request_of(const struct batch *batch)
{
	return ((const struct batch_in_flight *)batch)->request;
}

/* ---------------------------------------------------------------- one batch for each suite */

/* The request as it would be if it had the tests of this suite only. */
static void narrow(Assay__Evaluate *evaluate, const Assay__Suite *suite)
{
	static const Assay__Evaluate__TestsCase kinds[] = {
		[ASSAY__SUITE__TESTS__NOT_SET] = ASSAY__EVALUATE__TESTS__NOT_SET,
		[ASSAY__SUITE__TESTS_CHECK] = ASSAY__EVALUATE__TESTS_CHECK,
		[ASSAY__SUITE__TESTS_ASSERTS] = ASSAY__EVALUATE__TESTS_ASSERTS,
		[ASSAY__SUITE__TESTS_UNITTEST] = ASSAY__EVALUATE__TESTS_UNITTEST,
		[ASSAY__SUITE__TESTS_PYTEST] = ASSAY__EVALUATE__TESTS_PYTEST,
		[ASSAY__SUITE__TESTS_PROGRAM] = ASSAY__EVALUATE__TESTS_PROGRAM,
	};

	evaluate->n_suites = 0;
	evaluate->suites = NULL;
	evaluate->tests_case = kinds[suite->tests_case];
	evaluate->check = suite->check; /* all members of both unions are pointers */
}

static void add_batch(struct request_in_flight *request, uint32_t place)
{
	struct batch_in_flight *added = xcalloc(1, sizeof(*added));

	added->request = request;
	added->place = place;
	added->batch.suite = place;
	request->batches[place] = &added->batch;
	if (request->message == NULL)
		return;
	added->batch.request_id = request->message->request_id;
	added->evaluate = *request->message->evaluate;
	if (added->evaluate.n_suites > 0)
		narrow(&added->evaluate, added->evaluate.suites[place]);
}

struct batch *batch_new(Assay__ClientMessage *message)
{
	size_t n = message != NULL ? message->evaluate->n_suites : 0;
	struct request_in_flight *request;

	n += n == 0;
	request = xcalloc(1, sizeof(*request) + n * sizeof(request->batches[0]));
	request->message = message;
	request->n_batches = (uint32_t)n;
	for (uint32_t i = 0; i < request->n_batches; i++)
		add_batch(request, i);
	return request->batches[0];
}

uint32_t batch_n_suites(const struct batch *first)
{
	return request_of(first)->n_batches;
}

struct batch *batch_of_suite(const struct batch *first, uint32_t suite)
{
	return request_of(first)->batches[suite];
}

const Assay__Evaluate *batch_evaluate(const struct batch *batch)
{
	return &((const struct batch_in_flight *)batch)->evaluate;
}

/* ---------------------------------------------------------------- ends */

static void free_one(struct batch *batch)
{
	if (batch == NULL)
		return;
	request_of(batch)->batches[((struct batch_in_flight *)batch)->place] = NULL;
	for (uint32_t i = 0; i < batch->n_jobs; i++) {
		free(batch->jobs[i].files);
		cases_free(batch->jobs[i].cases);
		evaluation_free(batch->jobs[i].evaluation);
		program_free(batch->jobs[i].program);
	}
	free(batch->jobs);
	call_plan_unref(batch->plan);
	free(batch->task.tests);
	free(batch->task.references);
	free(batch->task.shared_because);
	if (batch->task.stdio != NULL)
		free(batch->task.stdio->cases);
	free(batch->task.stdio);
	free((struct batch_in_flight *)batch);
}

static void free_request(struct request_in_flight *request)
{
	for (uint32_t i = 0; i < request->n_batches; i++)
		free_one(request->batches[i]);
	if (request->deadline != NULL)
		event_free(request->deadline);
	codec_free_client(request->message);
	free(request);
}

void batch_free(struct batch *first)
{
	if (first != NULL)
		free_request(request_of(first));
}

void batch_give_back(struct batch *first)
{
	request_of(first)->message = NULL;
	batch_free(first);
}

/* Whoever lets go last ends the request. */
static void let_go(struct request_in_flight *request)
{
	struct broker *broker = request->broker;

	if (--request->n_holds > 0)
		return;
	if (request->owner != NULL && request->refusal != NULL)
		session_send_error(request->owner, request->request_id, request->refusal_code,
				   request->refusal, NULL, 0);
	else if (request->owner != NULL)
		session_send_done(request->owner, request->request_id, request->n_results);
	quota_refund(&broker->inbound, request->charged_bytes);
	free_request(request);
	listener_resume(broker->listener);
}

/* To be called when n_unfinished is 0. */
static void end_batch(struct broker *broker, struct batch *batch)
{
	struct request_in_flight *request = request_of(batch);

	/* First out of the session's list: sending may close the session, which ends what is
	 * listed. */
	if (batch->owner != NULL)
		session_forget(batch->owner, batch);
	batch->owner = NULL;
	dispatch_end_sittings(broker->dispatch, batch);
	broker->n_batches--;
	request->n_results += batch->n_jobs;
	free_one(batch);
	let_go(request);
}

static bool is_heard(struct batch *batch)
{
	return batch->owner != NULL && !request_of(batch)->is_silent;
}

static void send_result(struct broker *broker, struct job *job, const struct judgement *judgement)
{
	const size_t max_bytes = broker->settings->frame_max_bytes;
	struct batch *batch = job->batch;
	struct told_verdict told = {.bytes = NULL};
	bool is_wanted = sharing_wants(job, judgement);
	int err = 0;

	broker->metrics.verdicts[judgement->verdict.code]++;
	if (is_heard(batch) || is_wanted)
		err = reply_pack(job, judgement, max_bytes, &told);
	if (is_heard(batch))
		session_send_result(batch->owner, job, err, &told, false);
	if (is_wanted && err == 0)
		sharing_take(broker->sharing, job, judgement, &told);
	else
		sharing_leave(broker->sharing, job);
	free((void *)told.bytes);
}

void batch_finish(struct broker *broker, struct job *job, const struct judgement *judgement)
{
	struct batch *batch = job->batch;

	send_result(broker, job, judgement);
	cases_free(job->cases);
	job->cases = NULL;
	evaluation_free(job->evaluation);
	job->evaluation = NULL;
	job_move(job, JOB_DONE);
	if (batch->n_unfinished == 0)
		end_batch(broker, batch);
}

void batch_finish_told(struct broker *broker, struct job *job, const struct told_verdict *told)
{
	struct batch *batch = job->batch;

	broker->metrics.verdicts[told->code]++;
	if (is_heard(batch))
		session_send_result(batch->owner, job, 0, told, true);
	if (job->state == JOB_QUEUED || job->state == JOB_FOLLOWING)
		queue_remove(&broker->queue, job);
	else
		job_move(job, JOB_DONE);
	if (batch->n_unfinished == 0)
		end_batch(broker, batch);
}

void batch_finish_unrun(struct broker *broker, struct job *job, struct verdict verdict)
{
	static const struct examination nothing;
	const struct run_facts facts = {.examination = &nothing, .limits = job->batch->task.limits};
	const struct judgement judgement = {
		.verdict = verdict,
		.examination = &nothing,
		.facts = &facts,
		.queue_ns = clock_now_ns() - job->queued_ns,
		.runtime = dispatch_runtime(broker->dispatch, job->batch->task.policy),
	};

	batch_finish(broker, job, &judgement);
}

static void answer_unrun(struct broker *broker, struct batch *batch, struct verdict verdict)
{
	uint32_t n_jobs = batch->n_jobs;

	/* The last one frees the batch: nothing of it is looked at afterwards. */
	for (uint32_t i = 0; i < n_jobs; i++)
		batch_finish_unrun(broker, &batch->jobs[i], verdict);
}

static bool is_waiting(const struct job *job)
{
	return job->state == JOB_QUEUED || job->state == JOB_FOLLOWING;
}

/* Takes every waiting job out of the queue; returns how many there were. */
static uint32_t withdraw(struct broker *broker, struct batch *batch)
{
	uint32_t n_waiting = 0;

	for (uint32_t i = 0; i < batch->n_jobs; i++) {
		if (!is_waiting(&batch->jobs[i]))
			continue;
		sharing_leave(broker->sharing, &batch->jobs[i]);
		queue_remove(&broker->queue, &batch->jobs[i]);
		n_waiting++;
	}
	return n_waiting;
}

/* Ends everything that is unfinished; frees the batch unless something of it still runs. */
static void end_early(struct broker *broker, struct batch *batch)
{
	withdraw(broker, batch);
	if (batch->n_unfinished == 0) {
		end_batch(broker, batch);
		return;
	}
	for (uint32_t i = 0; i < batch->n_jobs; i++)
		if (batch->jobs[i].state == JOB_RUNNING)
			dispatch_cancel(broker->dispatch, &batch->jobs[i]);
}

static void on_deadline(evutil_socket_t fd, short what, void *argument)
{
	struct request_in_flight *request = argument;

	(void)fd;
	(void)what;
	request->is_silent = true;
	request->refusal_code = ASSAY__ERROR_CODE__DEADLINE_EXCEEDED;
	request->refusal = "the request's deadline passed before all candidates were judged";
	request->n_holds++;
	for (uint32_t i = 0; i < request->n_batches; i++)
		if (request->batches[i] != NULL)
			end_early(request->broker, request->batches[i]);
	let_go(request);
}

static void watch_deadline(struct request_in_flight *request, uint64_t deadline_ns)
{
	uint64_t now_ns = clock_now_ns();
	uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
	struct timeval delay = {
		.tv_sec = (time_t)(left_ns / NS_PER_S),
		.tv_usec = (suseconds_t)(left_ns % NS_PER_S / 1000),
	};

	if (deadline_ns == 0)
		return;
	request->deadline = evtimer_new(request->broker->base, on_deadline, request);
	evtimer_add(request->deadline, &delay);
}

/* ---------------------------------------------------------------- from here to the queue */

static void enlist(struct broker *broker, struct batch *batch)
{
	uint64_t now_ns = clock_now_ns();

	batch->n_unfinished = batch->n_jobs;
	batch->serial = ++broker->n_accepted;
	broker->n_batches++;
	for (uint32_t i = 0; i < batch->n_jobs; i++)
		batch->jobs[i].queued_ns = now_ns;
}

/* Queues its jobs, or answers them at once; then the batch may be gone. */
static void begin(struct broker *broker, struct batch *batch)
{
	uint32_t n_jobs = batch->n_jobs;

	if (batch->task.n_tests == 0) {
		answer_unrun(broker, batch, verdict_no_tests());
		return;
	}
	if (batch->task.wants_split && !task_is_apart(&batch->task)) {
		answer_unrun(broker, batch, verdict_cannot_split());
		return;
	}
	if (batch->task.kind == TASK_ANSWER) {
		answers_judge(broker, batch);
		return;
	}
	planning_find(broker, batch);
	if (batch->task.wants_native && !batch->task.may_plan) {
		answer_unrun(broker, batch, verdict_cannot_plan());
		return;
	}
	/* The last one that is answered here frees the batch. */
	for (uint32_t i = 0; i < n_jobs; i++)
		sharing_enter(broker->sharing, &batch->jobs[i]);
}

void batch_accept(struct broker *broker, struct batch *first, size_t charged_bytes)
{
	struct request_in_flight *request = request_of(first);

	request->broker = broker;
	request->request_id = first->request_id;
	request->owner = first->owner;
	request->charged_bytes = charged_bytes;
	request->n_holds = request->n_batches + 1;
	for (uint32_t i = 0; i < request->n_batches; i++)
		enlist(broker, request->batches[i]);
	watch_deadline(request, first->deadline_ns);
	for (uint32_t i = 0; i < request->n_batches; i++)
		begin(broker, request->batches[i]);
	let_go(request);
	dispatch_pump(broker->dispatch);
}

/* ---------------------------------------------------------------- ends before the end */

static void answer_waiting(struct broker *broker, struct batch *batch)
{
	for (uint32_t i = 0; i < batch->n_jobs; i++) {
		static const struct examination nothing;
		const struct run_facts facts = {.examination = &nothing,
						.limits = batch->task.limits};
		const struct judgement judgement = {
			.verdict = verdict_cancelled(),
			.examination = &nothing,
			.facts = &facts,
			.runtime = dispatch_runtime(broker->dispatch, batch->task.policy),
		};

		if (is_waiting(&batch->jobs[i]))
			send_result(broker, &batch->jobs[i], &judgement);
	}
}

void batch_cancel(struct broker *broker, struct batch *batch)
{
	struct request_in_flight *request = request_of(batch);

	request->n_holds++;
	for (uint32_t i = 0; i < request->n_batches; i++) {
		if (request->batches[i] == NULL)
			continue;
		answer_waiting(broker, request->batches[i]);
		end_early(broker, request->batches[i]);
	}
	let_go(request);
}

void batch_abandon(struct broker *broker, struct batch *batch)
{
	withdraw(broker, batch); /* while the flow is still known */
	session_forget(batch->owner, batch);
	request_of(batch)->owner = NULL;
	batch->owner = NULL;
	batch->flow = NULL;
	end_early(broker, batch);
}

void batch_refuse_waiting(struct broker *broker, struct batch *batch, Assay__ErrorCode code,
			  const char *text)
{
	uint32_t n_waiting = withdraw(broker, batch);

	if (n_waiting == 0)
		return;
	request_of(batch)->refusal = text;
	request_of(batch)->refusal_code = code;
	if (batch->n_unfinished == 0)
		end_batch(broker, batch);
}
