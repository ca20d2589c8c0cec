/*
 * The runs of one evaluation. Broker. What follows a run is decided by core/course; here is what is
 * remembered between two of them: how often each verdict came, and the judgement that will be told
 * (the buffers of a run are used again by the next, so it is a copy). Most evaluations are one run
 * and have no such memory.
 */
#include "broker/evaluation.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "broker/cases.h"
#include "broker/kept.h"
#include "core/resume.h"

/* The last run, completed by what the runs before it have found. */
struct joined {
	struct judgement judgement;
	struct run_facts facts;
	struct examination examination;
};

struct evaluation {
	struct repeats repeats;
	struct kept *kept; /* the first run that did not pass, else the last one; or NULL */
	/* Of an examination that goes on behind a test that took too long. */
	struct kept *partial; /* what it has found so far; or NULL */
	struct joined joined;
	uint32_t *decided; /* tests that are left out now */
	uint32_t n_resumes;
};

void evaluation_free(struct evaluation *evaluation)
{
	if (evaluation == NULL)
		return;
	kept_free(evaluation->kept);
	kept_free(evaluation->partial);
	free(evaluation->joined.examination.tests);
	free(evaluation->decided);
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
	job->decided = NULL;
	job->n_decided = 0;
	job->used_cpu_ns = 0;
	job->used_wall_ns = 0;
	if (job->evaluation == NULL)
		return;
	kept_free(job->evaluation->partial);
	job->evaluation->partial = NULL;
	job->evaluation->n_resumes = 0;
}

/* ---------------------------------------------------------------- single tests that take too long
 */

/* What the runs of this examination have found together. */
static const struct judgement *join(struct evaluation *evaluation, const struct judgement *last)
{
	const struct judgement *earlier = kept_judgement(evaluation->partial);
	struct joined *joined = &evaluation->joined;
	uint32_t n_tests = last->examination->n_tests;

	free(joined->examination.tests);
	joined->judgement = *last;
	joined->facts = *last->facts;
	joined->examination = *last->examination;
	joined->examination.tests = xcalloc(n_tests, sizeof(*joined->examination.tests));
	for (uint32_t i = 0; i < n_tests; i++)
		joined->examination.tests[i] = last->examination->tests[i];
	resume_join(earlier->examination, &joined->examination);
	joined->facts.examination = &joined->examination;
	joined->facts.cpu_ns += earlier->facts->cpu_ns;
	joined->facts.wall_ns += earlier->facts->wall_ns;
	joined->judgement.facts = &joined->facts;
	joined->judgement.examination = &joined->examination;
	joined->judgement.verdict = verdict_decide(&joined->facts);
	return &joined->judgement;
}

static bool wants_resume(const struct job *job, const struct judgement *last,
			 const struct judgement *whole)
{
	const struct limits *limits = &job->batch->task.limits;
	uint32_t n_resumes = job->evaluation != NULL ? job->evaluation->n_resumes : 0;

	return last->is_apart && n_resumes < RESUME_MAX && resume_is_wanted(last->examination) &&
	       whole->facts->cpu_ns < limits->cpu_ms * NS_PER_MS &&
	       whole->facts->wall_ns < limits->wall_ms * NS_PER_MS;
}

/* The next run leaves out what has failed, and gets what is left of the limits. */
static void resume(struct job *job, const struct judgement *whole)
{
	struct evaluation *evaluation = evaluation_of(job);
	struct kept *partial = kept_new(whole);

	kept_free(evaluation->partial);
	evaluation->partial = partial;
	evaluation->n_resumes++;
	free(evaluation->decided);
	evaluation->decided = xcalloc(whole->examination->n_tests, sizeof(*evaluation->decided));
	job->n_decided = resume_decided(whole->examination, evaluation->decided);
	job->decided = evaluation->decided;
	job->used_cpu_ns = whole->facts->cpu_ns;
	job->used_wall_ns = whole->facts->wall_ns;
	job->attempts = 0;
}

/* ---------------------------------------------------------------- the answer */

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

/* Counts one of several runs that were asked for. */
static void note_repeat(struct job *job, const struct judgement *judgement)
{
	bool is_first_failure =
		!has_failed(job->evaluation) && judgement->verdict.code != VERDICT_PASSED;

	if (job->batch->task.repeat <= 1 || job->is_control || job_is_to_compile(job))
		return;
	count(evaluation_of(job), &judgement->verdict);
	if (is_first_failure)
		keep(job->evaluation, judgement);
}

enum course_step evaluation_take(struct job *job, const struct judgement *last, bool may_rerun,
				 struct judgement *told)
{
	bool is_resumed = job->evaluation != NULL && job->evaluation->partial != NULL;
	const struct judgement *judgement = is_resumed ? join(job->evaluation, last) : last;
	const struct course_facts facts = {
		.task = &job->batch->task,
		.verdict = &judgement->verdict,
		.examination = judgement->examination,
		.is_compiling = job_is_to_compile(job),
		.is_shared = !judgement->is_apart,
		.is_control = job->is_control,
		.may_rerun = may_rerun,
		.has_failed = has_failed(job->evaluation),
		.wants_resume = wants_resume(job, last, judgement),
		.n_runs = runs_before(job->evaluation) + 1,
	};
	enum course_step step = course_decide(&facts);

	if (step == COURSE_AGAIN) {
		job->runs_alone = job->runs_alone || judgement->verdict.code == VERDICT_STARVED;
		return step;
	}
	if (step == COURSE_COMPILED) {
		job->is_compiled = true;
		job->attempts = 0;
		return step;
	}
	if (step == COURSE_SHARED) {
		fall_back(&job->batch->task, judgement->examination);
		start_over(job);
		return step;
	}
	if (step == COURSE_SPLIT) {
		job->wants_examiner = true;
		start_over(job);
		return step;
	}
	if (step == COURSE_RESUME) {
		resume(job, judgement);
		return step;
	}
	note_repeat(job, judgement);
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
