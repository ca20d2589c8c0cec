/*
 * Requests in flight. Broker.
 *
 * However a batch ends, each of its jobs becomes DONE exactly once, and the last one ends it: the
 * closing message goes out, the budget is refunded, the message that all text pointed into is
 * freed.
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
	struct batch batch; /* first: batches are these */
	struct broker *broker;
	struct event *deadline;
	const char *refusal; /* static text; NULL: ends with Done */
	Assay__ErrorCode refusal_code;
	bool is_silent; /* results are not sent any more: the request was refused meanwhile */
};

static struct request_in_flight *in_flight(struct batch *batch)
{
	return (struct request_in_flight *)batch;
}

struct batch *batch_new(Assay__ClientMessage *message)
{
	struct request_in_flight *request = xcalloc(1, sizeof(*request));

	request->batch.message = message;
	return &request->batch;
}

void batch_free(struct batch *batch)
{
	if (batch == NULL)
		return;
	if (in_flight(batch)->deadline != NULL)
		event_free(in_flight(batch)->deadline);
	for (uint32_t i = 0; i < batch->n_jobs; i++) {
		free(batch->jobs[i].files);
		cases_free(batch->jobs[i].cases);
		evaluation_free(batch->jobs[i].evaluation);
		program_free(batch->jobs[i].program);
	}
	free(batch->jobs);
	call_plan_unref(batch->plan);
	free(batch->task.tests);
	free(batch->task.shared_because);
	if (batch->task.stdio != NULL)
		free(batch->task.stdio->cases);
	free(batch->task.stdio);
	codec_free_client(batch->message);
	free(in_flight(batch));
}

/* To be called when n_unfinished is 0. */
static void end_batch(struct broker *broker, struct batch *batch)
{
	const struct request_in_flight *request = in_flight(batch);
	void *owner = batch->owner;

	/* First out of the session's list: sending may close the session, which ends what is
	 * listed. */
	if (owner != NULL)
		session_forget(owner, batch);
	batch->owner = NULL;
	if (owner != NULL && request->refusal != NULL)
		session_send_error(owner, batch->request_id, request->refusal_code,
				   request->refusal, NULL, 0);
	else if (owner != NULL)
		session_send_done(owner, batch->request_id, batch->n_jobs);
	dispatch_end_sittings(broker->dispatch, batch);
	broker->n_batches--;
	quota_refund(&broker->inbound, batch->charged_bytes);
	batch_free(batch);
	listener_resume(broker->listener);
}

static bool is_heard(struct batch *batch)
{
	return batch->owner != NULL && !in_flight(batch)->is_silent;
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
	end_early(request->broker, &request->batch);
}

static void watch_deadline(struct broker *broker, struct batch *batch)
{
	struct request_in_flight *request = in_flight(batch);
	uint64_t now_ns = clock_now_ns();
	uint64_t left_ns = batch->deadline_ns > now_ns ? batch->deadline_ns - now_ns : 0;
	struct timeval delay = {
		.tv_sec = (time_t)(left_ns / NS_PER_S),
		.tv_usec = (suseconds_t)(left_ns % NS_PER_S / 1000),
	};

	request->broker = broker;
	if (batch->deadline_ns == 0)
		return;
	request->deadline = evtimer_new(broker->base, on_deadline, request);
	evtimer_add(request->deadline, &delay);
}

void batch_accept(struct broker *broker, struct batch *batch, size_t charged_bytes)
{
	uint64_t now_ns = clock_now_ns();
	uint32_t n_jobs = batch->n_jobs;

	batch->charged_bytes = charged_bytes;
	batch->n_unfinished = batch->n_jobs;
	batch->serial = ++broker->n_accepted;
	broker->n_batches++;
	for (uint32_t i = 0; i < batch->n_jobs; i++)
		batch->jobs[i].queued_ns = now_ns;
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
	watch_deadline(broker, batch);
	/* The last one that is answered here frees the batch. */
	for (uint32_t i = 0; i < n_jobs; i++)
		sharing_enter(broker->sharing, &batch->jobs[i]);
	dispatch_pump(broker->dispatch);
}

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
	answer_waiting(broker, batch);
	end_early(broker, batch);
}

void batch_abandon(struct broker *broker, struct batch *batch)
{
	withdraw(broker, batch); /* while the flow is still known */
	session_forget(batch->owner, batch);
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
	in_flight(batch)->refusal = text;
	in_flight(batch)->refusal_code = code;
	if (batch->n_unfinished == 0)
		end_batch(broker, batch);
}
