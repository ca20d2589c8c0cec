/*
 * The runs of one evaluation. Broker. What follows a run is decided by core/course; here is what is
 * remembered between two of them: how often each verdict came, and the judgement that will be told
 * (the buffers of a run are used again by the next, so it is a copy). Most evaluations are one run
 * and have no such memory.
 */
#include "broker/evaluation.h"

#include <stdlib.h>

#include "base/memory.h"
#include "broker/cases.h"
#include "broker/kept.h"

struct evaluation {
	struct repeats repeats;
	struct kept *kept; /* the first run that did not pass, else the last one; or NULL */
};

void evaluation_free(struct evaluation *evaluation)
{
	if (evaluation == NULL)
		return;
	kept_free(evaluation->kept);
	free(evaluation);
}

static struct evaluation *evaluation_of(struct job *job)
{
	if (job->evaluation == NULL)
		job->evaluation = xcalloc(1, sizeof(*job->evaluation));
	return job->evaluation;
}

static bool has_failed(const struct evaluation *evaluation)
{
	return evaluation != NULL &&
	       evaluation->repeats.runs > evaluation->repeats.verdicts[VERDICT_PASSED];
}

static uint32_t runs_before(const struct evaluation *evaluation)
{
	return evaluation != NULL ? evaluation->repeats.runs : 0;
}

static void count(struct evaluation *evaluation, const struct verdict *verdict)
{
	evaluation->repeats.runs++;
	evaluation->repeats.verdicts[verdict->code]++;
}

static void keep(struct evaluation *evaluation, const struct judgement *judgement)
{
	kept_free(evaluation->kept);
	evaluation->kept = kept_new(judgement);
}

/* From now on all candidates of the task are examined in their own process. */
static void fall_back(struct task *task, const struct examination *examination)
{
	const struct slice *reason = &examination->error.message;

	task->is_split = false;
	if (task->shared_because == NULL)
		task->shared_because = xmemdup(reason->bytes, reason->len);
}

/* Another run of the same job, from its beginning. */
static void start_over(struct job *job)
{
	job->attempts = 0;
	job->next_case = 0;
	cases_free(job->cases);
	job->cases = NULL;
}

/* A run with altered expectations: of the pass before it, what is left? */
static void tell_control(const struct evaluation *evaluation, const struct judgement *judgement,
			 struct judgement *told)
{
	if (judgement->verdict.code == VERDICT_CANCELLED ||
	    judgement->verdict.code == VERDICT_INFRA) {
		*told = *judgement;
		return;
	}
	*told = *kept_judgement(evaluation->kept);
	told->control = course_control(judgement->examination);
	if (told->control == CONTROL_PASSED)
		told->verdict = verdict_control_passed();
}

static void tell(const struct job *job, const struct judgement *judgement, struct judgement *told)
{
	const struct evaluation *evaluation = job->evaluation;

	if (evaluation == NULL)
		*told = *judgement;
	else if (job->is_control)
		tell_control(evaluation, judgement, told);
	else if (evaluation->kept != NULL && judgement->verdict.code != VERDICT_CANCELLED)
		*told = *kept_judgement(evaluation->kept);
	else
		*told = *judgement;
	if (job->batch->task.repeat > 1 && evaluation != NULL && evaluation->repeats.runs > 0)
		told->repeats = &evaluation->repeats;
}

enum course_step evaluation_take(struct job *job, const struct judgement *judgement, bool may_rerun,
				 struct judgement *told)
{
	const struct course_facts facts = {
		.task = &job->batch->task,
		.verdict = &judgement->verdict,
		.examination = judgement->examination,
		.is_shared = !judgement->is_split,
		.is_control = job->is_control,
		.may_rerun = may_rerun,
		.has_failed = has_failed(job->evaluation),
		.n_runs = runs_before(job->evaluation) + 1,
	};
	enum course_step step = course_decide(&facts);

	if (step == COURSE_AGAIN) {
		job->runs_alone = job->runs_alone || judgement->verdict.code == VERDICT_STARVED;
		return step;
	}
	if (step == COURSE_SHARED) {
		fall_back(&job->batch->task, judgement->examination);
		start_over(job);
		return step;
	}
	if (job->batch->task.repeat > 1 && !job->is_control) {
		bool is_first_failure =
			!facts.has_failed && judgement->verdict.code != VERDICT_PASSED;

		count(evaluation_of(job), &judgement->verdict);
		if (is_first_failure)
			keep(job->evaluation, judgement);
	}
	if (step == COURSE_OVER) {
		tell(job, judgement, told);
		return step;
	}
	if (step == COURSE_CONTROL) {
		keep(evaluation_of(job), judgement);
		job->is_control = true;
	}
	start_over(job);
	return step;
}
