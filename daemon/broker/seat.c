/*
 * The runs of a seat. Broker.
 *
 * A split job takes both cells, and is judged when both runs are over. An examiner whose user has
 * more candidates waiting stays when it has done with one (RESTING): the next of the same user that
 * comes to this seat goes to it without another fork, and one of the same batch without parsing and
 * compiling the tests again. It is ended when its batch is and nothing waits, or when the seat is
 * needed by a job that it cannot serve.
 *
 * What ended is judged by core/verdict; what follows, says broker/evaluation.c; an answer goes to
 * batch_finish().
 */
#include "broker/seat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "broker/batch.h"
#include "broker/cases.h"
#include "broker/evaluation.h"
#include "broker/places.h"
#include "broker/planning.h"
#include "broker/program.h"
#include "broker/record_reader.h"
#include "broker/sharing.h"
#include "core/verdict.h"

/* Times that a job is assigned to a cell before it is answered that none could run it. */
#define ASSIGNMENTS_MAX 3
/* A candidate and an examiner that computed for this part of the time were in conversation. */
#define CONVERSING_PART 16

static struct slice stream_text(const struct stream *stream)
{
	return (struct slice){.bytes = stream->bytes, .len = stream->len};
}

static bool may_rerun(const struct dispatch *dispatch, const struct job *job)
{
	return job->batch->flow != NULL && !job->is_cancelled && !dispatch->broker->is_stopping;
}

/* The seat's job is taken off it; the caller answers it or queues it again. */
static struct job *vacate(struct dispatch *dispatch, struct seat *seat)
{
	struct job *job = seat->job;

	examination_deinit(&seat->candidate_part.examination);
	examination_deinit(&seat->examiner_part.examination);
	seat->candidate_part = (struct seat_part){0};
	seat->examiner_part = (struct seat_part){0};
	seat->job = NULL;
	dispatch->n_running--;
	return job;
}

static void requeue(struct dispatch *dispatch, struct job *job)
{
	queue_push_front(&dispatch->broker->queue, job->batch->flow, job);
	if (job->batch->flow->is_held)
		sharing_let_go(dispatch->broker->sharing, job);
}

void seat_give_back(struct cell *cell)
{
	struct dispatch *dispatch = cell->dispatch;
	struct job *job = vacate(dispatch, cell->seat);

	cell->slot.job = NULL;
	if (job->is_cancelled)
		batch_finish_unrun(dispatch->broker, job, verdict_cancelled());
	else if (job->attempts < ASSIGNMENTS_MAX && may_rerun(dispatch, job))
		requeue(dispatch, job);
	else
		batch_finish_unrun(dispatch->broker, job, verdict_no_cell());
}

/* ---------------------------------------------------------------- what a run has left */

static void describe(const struct seat *seat, const struct run_facts *facts, struct verdict verdict,
		     uint64_t memory_peak_bytes, struct judgement *judgement)
{
	const struct cell *cell = seat->candidate;
	const struct broker *broker = cell->dispatch->broker;

	*judgement = (struct judgement){
		.verdict = verdict,
		.examination = facts->examination,
		.facts = facts,
		.memory_peak_bytes = memory_peak_bytes,
		.queue_ns = cell->run.started_ns - seat->job->queued_ns,
		.layers = cell->slot.layers,
		.is_apart = seat->is_split || seat->is_called ||
			    seat->job->batch->task.kind == TASK_STDIO,
		.is_native = seat->is_called,
		.policy = &broker->policies->policies[seat->job->batch->task.policy],
		.runtime = cell->dispatch->runtimes[cell->slot.policy],
	};
	if (job_is_to_compile(seat->job))
		return; /* what it says is no output of the candidate's */
	judgement->output = stream_text(&cell->run.output);
	judgement->output_dropped_bytes = cell->run.output.dropped_bytes;
	judgement->error_output = stream_text(&cell->run.error_output);
	judgement->error_output_dropped_bytes = cell->run.error_output.dropped_bytes;
}

/* All of the job's present run is over: it is answered, or queued again. */
static void take_verdict(struct dispatch *dispatch, struct seat *seat,
			 const struct run_facts *facts, struct verdict verdict,
			 uint64_t memory_peak_bytes)
{
	struct job *job = seat->job;
	struct judgement judgement, told;
	enum course_step step;

	describe(seat, facts, verdict, memory_peak_bytes, &judgement);
	step = evaluation_take(job, &judgement, may_rerun(dispatch, job), &told);
	if (step == COURSE_OVER) {
		batch_finish(dispatch->broker, job, &told);
		vacate(dispatch, seat);
		return;
	}
	if (step == COURSE_AGAIN)
		++*dispatch_counter(dispatch, METRIC_runs_repeated);
	vacate(dispatch, seat);
	requeue(dispatch, job);
}

static bool is_reference_over(const struct seat *seat)
{
	const struct run_facts *examiner = &seat->examiner_part.facts;

	return seat->job->batch->task.n_references > 0 &&
	       examiner->examination->state == EXAMINATION_PREPARING &&
	       (examiner->oom_kills > 0 || examiner->kill_reason == RUN_KILLED_CPU ||
		examiner->kill_reason == RUN_KILLED_WALL);
}

/*
 * The facts of a split run: the records are the examiner's, what was used is the candidate's; what
 * went wrong on either side went wrong.
 */
static struct run_facts merge(const struct seat *seat)
{
	const struct run_facts *examiner = &seat->examiner_part.facts;
	struct run_facts facts = seat->candidate_part.facts;

	if (!seat->is_split)
		return facts;
	facts.examination = examiner->examination;
	facts.wait_status = examiner->wait_status;
	if (facts.kill_reason == RUN_NOT_KILLED || facts.kill_reason == RUN_KILLED_OVER)
		facts.kill_reason = examiner->kill_reason;
	facts.oom_kills += examiner->oom_kills;
	facts.is_reference_over = is_reference_over(seat);
	facts.is_conversing = examiner->cpu_ns > facts.wall_ns / CONVERSING_PART;
	facts.is_cell_lost = facts.is_cell_lost || examiner->is_cell_lost;
	facts.is_keeper_lost = facts.is_keeper_lost || examiner->is_keeper_lost;
	return facts;
}

static void judge(struct dispatch *dispatch, struct seat *seat)
{
	struct run_facts facts = merge(seat);
	struct verdict verdict = verdict_decide(&facts);

	if (facts.examination->is_untold && !may_rerun(dispatch, seat->job))
		verdict = verdict_cancelled(); /* no examiner will tell */
	take_verdict(dispatch, seat, &facts, verdict, seat->candidate_part.memory_peak_bytes);
}

/* The compiler's run is over: the program is kept, or nothing else runs. */
static void judge_compiler(struct dispatch *dispatch, struct seat *seat)
{
	struct job *job = seat->job;
	const struct run_facts *facts = &seat->candidate_part.facts;
	const struct case_report report = {
		.facts = facts,
		.memory_peak_bytes = seat->candidate_part.memory_peak_bytes,
	};
	struct verdict verdict = verdict_of_compiling(facts);

	if (verdict.code == VERDICT_PASSED &&
	    program_finish(job->program, job->batch->task.compiler->file_bytes,
			   stream_text(&seat->candidate->run.error_output)) < 0)
		verdict = verdict_no_program();
	if (verdict.code == VERDICT_PASSED && !may_rerun(dispatch, job))
		verdict = verdict_cancelled(); /* nobody runs it: to compile is no pass */
	if (verdict.code == VERDICT_COMPILE_ERROR && job->batch->task.kind == TASK_STDIO)
		facts = cases_uncompiled(job, &report);
	take_verdict(dispatch, seat, facts, verdict, report.memory_peak_bytes);
}

/* The run of one case is over. With another one to run the seat keeps its job, until seat_go_on().
 */
static void judge_case(struct dispatch *dispatch, struct seat *seat)
{
	struct job *job = seat->job;
	const struct case_report report = {
		.facts = &seat->candidate_part.facts,
		.output = stream_text(&seat->candidate->run.output),
		.memory_peak_bytes = seat->candidate_part.memory_peak_bytes,
	};
	struct verdict verdict;
	const struct run_facts *facts;
	uint64_t memory_peak_bytes;

	switch (cases_take(job, &report, may_rerun(dispatch, job), &verdict)) {
	case CASES_NEXT:
		job->attempts = 0;
		examination_deinit(&seat->candidate_part.examination);
		seat->candidate_part = (struct seat_part){0};
		break;
	case CASES_AGAIN:
		job->runs_alone = job->runs_alone || verdict.code == VERDICT_STARVED;
		++*dispatch_counter(dispatch, METRIC_runs_repeated);
		vacate(dispatch, seat);
		requeue(dispatch, job);
		break;
	default:
		verdict.wants_rerun = false; /* cases_take() has looked at that */
		facts = cases_facts(job, &memory_peak_bytes);
		take_verdict(dispatch, seat, facts, verdict, memory_peak_bytes);
		break;
	}
}

void seat_go_on(struct cell *cell)
{
	struct dispatch *dispatch = cell->dispatch;
	struct seat *seat = cell->seat;

	if (cell != seat->candidate || seat->job == NULL || cell->slot.job != NULL ||
	    seat->job->batch->task.kind != TASK_STDIO)
		return;
	if (cell->slot.state == SLOT_IDLE) {
		seat->job->attempts++;
		cell->slot.job = seat->job;
		seat_run(cell);
	} else if (may_rerun(dispatch, seat->job)) {
		requeue(dispatch, vacate(dispatch, seat));
	} else {
		batch_finish_unrun(dispatch->broker, vacate(dispatch, seat), verdict_no_cell());
	}
}

/* The planner's run is over: its batch has a plan, or needs examiners. */
static void judge_planner(struct dispatch *dispatch, struct seat *seat)
{
	struct job *job = seat->job;
	struct verdict verdict;
	bool is_decided = planning_take(dispatch->broker, job, seat, &verdict);

	if (!may_rerun(dispatch, job))
		verdict = verdict_cancelled();
	job->attempts = 0;
	vacate(dispatch, seat);
	if (is_decided || !may_rerun(dispatch, job))
		batch_finish_unrun(dispatch->broker, job, verdict);
	else
		requeue(dispatch, job);
}

static void note_over(struct seat *seat, bool is_examiner)
{
	struct dispatch *dispatch = seat->candidate->dispatch;

	if (seat->is_planning)
		judge_planner(dispatch, seat);
	else if (job_is_to_compile(seat->job))
		judge_compiler(dispatch, seat);
	else if (seat->job->batch->task.kind == TASK_STDIO)
		judge_case(dispatch, seat);
	else if (seat->candidate_part.is_over && (seat->examiner_part.is_over || !seat->is_split))
		judge(dispatch, seat);
	else if (is_examiner && seat->candidate->slot.state == SLOT_RUNNING)
		run_hurry(&seat->candidate->run);
}

void seat_conclude(struct cell *cell, const struct cell_report *report, bool is_keeper_lost)
{
	struct seat *seat = cell->seat;
	bool is_examiner = cell->is_examiner;
	struct seat_part *part = is_examiner ? &seat->examiner_part : &seat->candidate_part;

	run_finish(&cell->run, report, &part->facts, &part->examination);
	cell->slot.job = NULL;
	part->is_over = true;
	part->memory_peak_bytes = report != NULL ? report->memory_peak_bytes : 0;
	part->facts.is_keeper_lost = is_keeper_lost;
	part->facts.is_cell_lost =
		report == NULL && !is_keeper_lost && part->facts.kill_reason == RUN_NOT_KILLED;
	note_over(seat, is_examiner);
}

/* ---------------------------------------------------------------- examiners that rest */

void seat_rest(struct cell *cell)
{
	struct seat *seat = cell->seat;

	run_rest(&cell->run, &seat->examiner_part.facts, &seat->examiner_part.examination);
	cell->slot.job = NULL;
	slot_move(&cell->slot, SLOT_RESTING);
	seat->examiner_part.is_over = true;
	note_over(seat, true);
	dispatch_pump(cell->dispatch);
}

static bool are_same_limits(const struct limits *one, const struct limits *other)
{
	return one->cpu_ms == other->cpu_ms && one->wall_ms == other->wall_ms &&
	       one->memory_bytes == other->memory_bytes && one->processes == other->processes;
}

/* Frameworks have a state of their own: their tests get a process each. */
static bool may_follow(const struct seat *seat, const struct job *job)
{
	const struct batch *batch = job->batch;

	return task_kind_is_plannable(batch->task.kind) && batch->uid == seat->sits_for_uid &&
	       places_policy_of_examiner(seat->examiner->dispatch, job) ==
		       seat->examiner->slot.policy &&
	       are_same_limits(&batch->task.limits, &seat->sits_within);
}

bool seat_has_tests(const struct seat *seat, const struct job *job)
{
	return seat->examiner->slot.state == SLOT_RESTING && job->n_decided == 0 &&
	       seat->sits_for == job->batch->serial;
}

bool seat_sits_for(const struct seat *seat, const struct job *job)
{
	return seat->examiner->slot.state == SLOT_RESTING && job->n_decided == 0 &&
	       (seat->sits_for == job->batch->serial || may_follow(seat, job));
}

void seat_end_sitting(struct seat *seat)
{
	if (seat->examiner->slot.state == SLOT_RESTING)
		run_kill(&seat->examiner->run, RUN_KILLED_OVER);
}

/* ---------------------------------------------------------------- starting */

static int start_in(struct cell *cell, const struct run_order *order)
{
	bool goes_on = cell->slot.state == SLOT_RESTING;
	int err = goes_on ? run_go_on(&cell->run, order) : run_start(&cell->run, order);

	if (err < 0) {
		log_error("slot %u: cannot start a run: %s", cell->slot.index, strerror(-err));
		return err;
	}
	cell->slot.job = cell->seat->job;
	cell->slot.runs++;
	slot_move(&cell->slot, SLOT_RUNNING);
	if (order->role != JOB_ROLE_PLANNER) /* which is no candidate's */
		++*dispatch_counter(cell->dispatch,
				    goes_on ? METRIC_examiners_kept : METRIC_runs_started);
	return 0;
}

/* One that leaves out tests serves nobody else. */
static bool wants_more(const struct job *job)
{
	const struct batch *batch = job->batch;

	if (job->n_decided > 0)
		return false;
	return batch->n_queued > 0 || (task_kind_is_plannable(batch->task.kind) &&
				       batch->flow != NULL && batch->flow->tenant->n_jobs > 0);
}

static void start_examiner(struct seat *seat, struct run_order *order)
{
	const struct batch *batch = seat->job->batch;

	order->role = JOB_ROLE_EXAMINER;
	order->wants_more = wants_more(seat->job);
	order->has_tests = seat_has_tests(seat, seat->job);
	seat->sits_for = batch->serial;
	seat->sits_for_uid = batch->uid;
	seat->sits_within = batch->task.limits;
	if (start_in(seat->examiner, order) == 0)
		return;
	/* The candidate runs already: its end, at the closed pipe, ends the seat's run. */
	seat->examiner_part.is_over = true;
	seat->examiner_part.facts = (struct run_facts){
		.examination = &seat->examiner_part.examination, .is_cell_lost = true};
	cell_life_stop(seat->examiner);
}

/* Candidate and examiner get the two ends of two pipes; nobody else keeps one. */
static int start_split(struct seat *seat, struct run_order *order)
{
	int calls[2] = {-1, -1};
	int answers[2] = {-1, -1};
	int err = 0;

	if (pipe2(calls, O_CLOEXEC) < 0 || pipe2(answers, O_CLOEXEC) < 0)
		err = -errno;
	order->role = JOB_ROLE_EXAMINEE;
	order->channel_in = calls[0];
	order->channel_out = answers[1];
	if (err == 0)
		err = start_in(seat->candidate, order);
	order->channel_in = answers[0];
	order->channel_out = calls[1];
	if (err == 0)
		start_examiner(seat, order);
	for (int i = 0; i < 2; i++) {
		fd_close(&calls[i]);
		fd_close(&answers[i]);
	}
	return err;
}

static bool has_examiner(const struct seat *seat)
{
	const struct slot *slot = &seat->examiner->slot;

	return (seat->examiner->is_examiner && slot->state == SLOT_IDLE &&
		slot->policy == places_policy_of_examiner(seat->candidate->dispatch, seat->job)) ||
	       seat_sits_for(seat, seat->job);
}

/* In the examiner's cell alone: no candidate has to do with it. */
void seat_plan(struct seat *seat)
{
	struct dispatch *dispatch = seat->candidate->dispatch;
	struct job *job = seat->job;
	const struct run_order order = {
		.job = job,
		.policy = &dispatch->broker->policies->policies[seat->examiner->slot.policy],
		.id = ++dispatch->next_run_id,
		.role = JOB_ROLE_PLANNER,
		.channel_in = -1,
		.channel_out = -1,
		.program = -1,
	};

	seat->is_planning = true;
	seat->is_split = false;
	seat->is_called = false;
	if (start_in(seat->examiner, &order) == 0)
		return;
	job->batch->task.may_plan = false;
	requeue(dispatch, vacate(dispatch, seat));
	cell_life_stop(seat->examiner);
}

/* A compiler starts with an empty file, whatever became of an earlier one. */
static int arrange_program(struct run_order *order, struct job *job)
{
	if (job->batch->task.compiler == NULL)
		return 0;
	if (job_is_to_compile(job)) {
		program_free(job->program);
		job->program = program_new();
		order->role = JOB_ROLE_COMPILER;
	}
	if (job->program == NULL)
		return -ENOMEM;
	order->program = program_descriptor(job->program);
	return 0;
}

void seat_run(struct cell *cell)
{
	struct dispatch *dispatch = cell->dispatch;
	struct seat *seat = cell->seat;
	struct run_order order = {
		.job = seat->job,
		.policy = &dispatch->broker->policies->policies[cell->slot.policy],
		.id = ++dispatch->next_run_id,
		.channel_in = -1,
		.channel_out = -1,
		.program = -1,
	};
	int err = arrange_program(&order, seat->job);

	/* Decided once: a batch may fall back to SHARED while others of it run. */
	seat->is_split = job_is_split(seat->job);
	seat->is_called = job_is_called(seat->job);
	seat->is_planning = false;
	if (seat->is_called)
		order.role = JOB_ROLE_CALLEE;
	if (err == 0 && !seat->is_split)
		err = start_in(cell, &order);
	else if (err == 0 && !has_examiner(seat))
		err = -EAGAIN; /* lost while the limits were set */
	else if (err == 0)
		err = start_split(seat, &order);
	if (err == 0)
		return;
	seat_give_back(cell);
	if (cell->slot.state != SLOT_STOPPING)
		cell_life_stop(cell);
}
