/*
 * Jobs and cells: who runs what, and what becomes of it. Broker.
 *
 * pump() gives a job to an idle slot; if the standing limits of its cgroup differ the keeper is
 * asked first; the cell says DONE when everything of the run is reaped and wiped
 * (broker/cell_life.c); only then is the slot free. What ended is judged by core/verdict and handed
 * to batch_finish(), which answers the client. Nothing here calls back into an earlier step.
 */
#include "broker/dispatch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "broker/batch.h"
#include "broker/cases.h"
#include "broker/cell_life.h"
#include "broker/keeper_proxy.h"
#include "broker/record_reader.h"
#include "core/verdict.h"

/* Times that a job is assigned to a cell before it is answered that none could run it. */
#define ASSIGNMENTS_MAX 3
/* A candidate and an examiner that computed for this part of the time were in conversation. */
#define CONVERSING_PART 16

struct dispatch *dispatch_new(struct broker *broker)
{
	struct dispatch *dispatch = xcalloc(1, sizeof(*dispatch));

	dispatch->broker = broker;
	dispatch->n_seats = broker->settings->n_slots;
	dispatch->n_cells = dispatch->n_seats * POLICY_CELLS_PER_EVALUATION;
	dispatch->seats = xcalloc(dispatch->n_seats, sizeof(*dispatch->seats));
	dispatch->cells = xcalloc(dispatch->n_cells, sizeof(*dispatch->cells));
	for (uint32_t i = 0; i < dispatch->n_cells; i++) {
		cell_life_init(&dispatch->cells[i], dispatch, i);
		dispatch->cells[i].seat = &dispatch->seats[i % dispatch->n_seats];
	}
	for (uint32_t i = 0; i < dispatch->n_seats; i++) {
		dispatch->seats[i].candidate = &dispatch->cells[i];
		dispatch->seats[i].examiner = &dispatch->cells[dispatch->n_seats + i];
	}
	return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
	if (dispatch == NULL)
		return;
	for (uint32_t i = 0; i < dispatch->n_cells; i++)
		cell_life_deinit(&dispatch->cells[i]);
	for (uint32_t i = 0; i < dispatch->n_seats; i++) {
		examination_deinit(&dispatch->seats[i].candidate_part.examination);
		examination_deinit(&dispatch->seats[i].examiner_part.examination);
	}
	free(dispatch->cells);
	free(dispatch->seats);
	free(dispatch);
}

/* ---------------------------------------------------------------- runs */

static struct slice stream_text(const struct stream *stream)
{
	return (struct slice){.bytes = stream->bytes, .len = stream->len};
}

static void answer(struct seat *seat, const struct run_facts *facts, struct verdict verdict,
		   uint64_t memory_peak_bytes)
{
	struct cell *cell = seat->candidate;
	struct dispatch *dispatch = cell->dispatch;
	struct judgement judgement = {
		.verdict = verdict,
		.examination = facts->examination,
		.facts = facts,
		.output = stream_text(&cell->run.output),
		.output_dropped_bytes = cell->run.output.dropped_bytes,
		.error_output = stream_text(&cell->run.error_output),
		.error_output_dropped_bytes = cell->run.error_output.dropped_bytes,
		.memory_peak_bytes = memory_peak_bytes,
		.queue_ns = cell->run.started_ns - seat->job->queued_ns,
		.layers = cell->slot.layers,
		.is_split = task_is_apart(&seat->job->batch->task),
		.runtime = dispatch->runtimes[cell->slot.policy],
	};

	batch_finish(dispatch->broker, seat->job, &judgement);
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

void dispatch_give_back(struct cell *cell)
{
	struct dispatch *dispatch = cell->dispatch;
	struct job *job = vacate(dispatch, cell->seat);

	cell->slot.job = NULL;
	if (job->is_cancelled)
		batch_finish_unrun(dispatch->broker, job, verdict_cancelled());
	else if (job->attempts < ASSIGNMENTS_MAX && may_rerun(dispatch, job))
		queue_push_front(&dispatch->broker->queue, job->batch->flow, job);
	else
		batch_finish_unrun(dispatch->broker, job, verdict_no_cell());
}

/*
 * The facts of a split run: the records are the examiner's, what was used is the candidate's; what
 * went wrong on either side went wrong.
 */
static struct run_facts merge(const struct seat *seat)
{
	const struct run_facts *examiner = &seat->examiner_part.facts;
	struct run_facts facts = seat->candidate_part.facts;

	if (!seat->job->batch->task.is_split)
		return facts;
	facts.examination = examiner->examination;
	facts.wait_status = examiner->wait_status;
	if (facts.kill_reason == RUN_NOT_KILLED || facts.kill_reason == RUN_KILLED_OVER)
		facts.kill_reason = examiner->kill_reason;
	facts.oom_kills += examiner->oom_kills;
	facts.is_conversing = examiner->cpu_ns > facts.wall_ns / CONVERSING_PART;
	facts.is_cell_lost = facts.is_cell_lost || examiner->is_cell_lost;
	facts.is_keeper_lost = facts.is_keeper_lost || examiner->is_keeper_lost;
	return facts;
}

static void judge(struct dispatch *dispatch, struct seat *seat)
{
	struct run_facts facts = merge(seat);
	struct verdict verdict = verdict_decide(&facts);
	struct job *job = seat->job;

	if (verdict.wants_rerun && may_rerun(dispatch, job)) {
		job->runs_alone = job->runs_alone || verdict.code == VERDICT_STARVED;
		++*dispatch_counter(dispatch, METRIC_runs_repeated);
		vacate(dispatch, seat);
		queue_push_front(&dispatch->broker->queue, job->batch->flow, job);
		return;
	}
	answer(seat, &facts, verdict, seat->candidate_part.memory_peak_bytes);
	vacate(dispatch, seat);
}

static void requeue(struct dispatch *dispatch, struct job *job)
{
	queue_push_front(&dispatch->broker->queue, job->batch->flow, job);
}

/* The run of one case is over. With another one to run the seat keeps its job, until
 * dispatch_go_on(). */
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
		facts = cases_facts(job, &memory_peak_bytes);
		answer(seat, facts, verdict, memory_peak_bytes);
		vacate(dispatch, seat);
		break;
	}
}

void dispatch_go_on(struct cell *cell)
{
	struct dispatch *dispatch = cell->dispatch;
	struct seat *seat = cell->seat;

	if (cell != seat->candidate || seat->job == NULL || cell->slot.job != NULL ||
	    seat->job->batch->task.kind != TASK_STDIO)
		return;
	if (cell->slot.state == SLOT_IDLE) {
		seat->job->attempts++;
		cell->slot.job = seat->job;
		dispatch_run(cell);
	} else if (may_rerun(dispatch, seat->job)) {
		requeue(dispatch, vacate(dispatch, seat));
	} else {
		batch_finish_unrun(dispatch->broker, vacate(dispatch, seat), verdict_no_cell());
	}
}

static bool is_all_over(const struct seat *seat)
{
	return seat->candidate_part.is_over &&
	       (seat->examiner_part.is_over || !seat->job->batch->task.is_split);
}

void dispatch_conclude(struct cell *cell, const struct cell_report *report, bool is_keeper_lost)
{
	struct seat *seat = cell->seat;
	bool is_examiner = cell == seat->examiner;
	struct seat_part *part = is_examiner ? &seat->examiner_part : &seat->candidate_part;

	run_finish(&cell->run, report, &part->facts, &part->examination);
	cell->slot.job = NULL;
	part->is_over = true;
	part->memory_peak_bytes = report != NULL ? report->memory_peak_bytes : 0;
	part->facts.is_keeper_lost = is_keeper_lost;
	part->facts.is_cell_lost =
		report == NULL && !is_keeper_lost && part->facts.kill_reason == RUN_NOT_KILLED;
	if (seat->job->batch->task.kind == TASK_STDIO)
		judge_case(cell->dispatch, seat);
	else if (is_all_over(seat))
		judge(cell->dispatch, seat);
	else if (is_examiner && seat->candidate->slot.state == SLOT_RUNNING)
		run_hurry(&seat->candidate->run);
}

static int start_in(struct cell *cell, const struct run_order *order)
{
	int err = run_start(&cell->run, order);

	if (err < 0) {
		log_error("slot %u: cannot start a run: %s", cell->slot.index, strerror(-err));
		return err;
	}
	cell->slot.job = cell->seat->job;
	cell->slot.runs++;
	slot_move(&cell->slot, SLOT_RUNNING);
	++*dispatch_counter(cell->dispatch, METRIC_runs_started);
	return 0;
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
	order->role = JOB_ROLE_EXAMINER;
	order->channel_in = answers[0];
	order->channel_out = calls[1];
	if (err == 0 && start_in(seat->examiner, order) < 0) {
		/* The candidate runs already: its end, at the closed pipe, ends the seat's run. */
		seat->examiner_part.is_over = true;
		seat->examiner_part.facts = (struct run_facts){
			.examination = &seat->examiner_part.examination, .is_cell_lost = true};
		cell_life_stop(seat->examiner);
	}
	for (int i = 0; i < 2; i++) {
		fd_close(&calls[i]);
		fd_close(&answers[i]);
	}
	return err;
}

void dispatch_run(struct cell *cell)
{
	struct dispatch *dispatch = cell->dispatch;
	struct seat *seat = cell->seat;
	struct run_order order = {
		.job = seat->job,
		.policy = &dispatch->broker->policies->policies[cell->slot.policy],
		.id = ++dispatch->next_run_id,
		.channel_in = -1,
		.channel_out = -1,
	};
	int err;

	if (!seat->job->batch->task.is_split)
		err = start_in(cell, &order);
	else if (seat->examiner->slot.state != SLOT_IDLE)
		err = -EAGAIN; /* lost while the limits were set */
	else
		err = start_split(seat, &order);
	if (err == 0)
		return;
	dispatch_give_back(cell);
	if (cell->slot.state != SLOT_STOPPING)
		cell_life_stop(cell);
}

void dispatch_give_up_waiting(struct dispatch *dispatch)
{
	struct job *job;

	while ((job = queue_pop(&dispatch->broker->queue)) != NULL)
		batch_finish_unrun(dispatch->broker, job, verdict_no_cell());
}

/* ---------------------------------------------------------------- bringing them together */

static void assign(struct seat *seat, struct job *job)
{
	const struct limits *limits = &job->batch->task.limits;
	const uint32_t cgroups = 1u << LAYER_CGROUP_MEMORY | 1u << LAYER_CGROUP_PIDS;
	struct cell *cell = seat->candidate;

	job->attempts++;
	seat->job = job;
	cell->slot.job = job;
	cell->dispatch->n_running++;
	if ((cell->slot.layers & cgroups) != 0 && slot_needs_limits(&cell->slot, limits)) {
		slot_move(&cell->slot, SLOT_LIMITING);
		ask_keeper_cell_limit(cell->dispatch->broker->keeper, &cell->slot, limits);
		return;
	}
	dispatch_run(cell);
}

static bool is_ready_for(const struct cell *cell, uint32_t policy)
{
	return cell->slot.state == SLOT_IDLE && cell->slot.policy == policy;
}

static struct seat *find_idle(struct dispatch *dispatch, const struct task *task)
{
	for (uint32_t i = 0; i < dispatch->n_seats; i++) {
		struct seat *seat = &dispatch->seats[i];

		if (seat->job == NULL && is_ready_for(seat->candidate, task->policy) &&
		    (!task->is_split || is_ready_for(seat->examiner, task->policy)))
			return seat;
	}
	return NULL;
}

/* Makes a free seat's cell one of this language, unless one is on its way already. */
static void make_room_in(struct dispatch *dispatch, uint32_t first, uint32_t policy)
{
	struct cell *other = NULL;

	for (uint32_t i = first; i < first + dispatch->n_seats; i++) {
		struct cell *cell = &dispatch->cells[i];

		if (cell->slot.policy == policy &&
		    (cell->slot.state == SLOT_STARTING || cell->slot.state == SLOT_STOPPING ||
		     is_ready_for(cell, policy)))
			return;
		if (cell->slot.state == SLOT_IDLE && cell->seat->job == NULL)
			other = cell;
	}
	if (other != NULL) {
		cell_life_stop(other);
		other->slot.policy = policy;
	}
}

static void want_examiners(struct dispatch *dispatch, uint32_t policy)
{
	dispatch->wants_examiners = true;
	for (uint32_t i = dispatch->n_seats; i < dispatch->n_cells; i++) {
		dispatch->cells[i].slot.policy = policy;
		cell_life_start(&dispatch->cells[i]);
	}
}

static void make_room(struct dispatch *dispatch, const struct task *task)
{
	make_room_in(dispatch, 0, task->policy);
	if (task->is_split && !dispatch->wants_examiners)
		want_examiners(dispatch, task->policy);
	else if (task->is_split)
		make_room_in(dispatch, dispatch->n_seats, task->policy);
}

static bool runs_one_alone(const struct dispatch *dispatch)
{
	for (uint32_t i = 0; i < dispatch->n_seats; i++)
		if (dispatch->seats[i].job != NULL && dispatch->seats[i].job->runs_alone)
			return true;
	return false;
}

void dispatch_pump(struct dispatch *dispatch)
{
	struct queue *queue = &dispatch->broker->queue;
	const struct job *next;

	while ((next = queue_peek(queue)) != NULL) {
		struct seat *seat;

		if (runs_one_alone(dispatch) || (next->runs_alone && dispatch->n_running > 0))
			return;
		seat = find_idle(dispatch, &next->batch->task);
		if (seat == NULL) {
			make_room(dispatch, &next->batch->task);
			return;
		}
		assign(seat, queue_pop(queue));
	}
}

void dispatch_cancel(struct dispatch *dispatch, struct job *job)
{
	job->is_cancelled = true;
	for (uint32_t i = 0; i < dispatch->n_cells; i++) {
		struct cell *cell = &dispatch->cells[i];

		if (cell->slot.job == job && cell->slot.state == SLOT_RUNNING)
			run_kill(&cell->run, RUN_KILLED_CANCELLED);
	}
}

/* ---------------------------------------------------------------- what the keeper says */

void dispatch_keeper_ready(struct dispatch *dispatch)
{
	for (uint32_t i = 0; i < dispatch_n_wanted(dispatch); i++)
		if (dispatch->cells[i].slot.state == SLOT_EMPTY)
			cell_life_start(&dispatch->cells[i]);
}

void dispatch_keeper_event(struct dispatch *dispatch, const struct keeper_event *event, int *fds,
			   size_t n_fds)
{
	if (event->slot >= dispatch->n_cells ||
	    event->serial != dispatch->cells[event->slot].slot.serial)
		return;
	cell_life_take_event(&dispatch->cells[event->slot], event, fds, n_fds);
	dispatch_pump(dispatch);
}

void dispatch_keeper_lost(struct dispatch *dispatch)
{
	/* Told again when the next one's cells are: the supervisor counts deaths between. */
	dispatch->was_ready = false;
	for (uint32_t i = 0; i < dispatch->n_cells; i++) {
		dispatch->cells[i].was_ready = false;
		if (dispatch->cells[i].slot.state != SLOT_EMPTY)
			cell_life_clear(&dispatch->cells[i], true);
	}
}

/* ---------------------------------------------------------------- for greeting and status */

uint32_t dispatch_n_slots(const struct dispatch *dispatch)
{
	return dispatch->n_seats;
}

uint32_t dispatch_n_free(const struct dispatch *dispatch)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < dispatch->n_seats; i++)
		n += dispatch->seats[i].job == NULL &&
		     dispatch->seats[i].candidate->slot.state == SLOT_IDLE;
	return n;
}

uint32_t dispatch_n_running(const struct dispatch *dispatch)
{
	return dispatch->n_running;
}

const struct slot *dispatch_slot(const struct dispatch *dispatch, uint32_t index)
{
	return &dispatch->cells[index].slot;
}

const struct slot *dispatch_examiner(const struct dispatch *dispatch, uint32_t index)
{
	return &dispatch->seats[index].examiner->slot;
}

uint32_t dispatch_layers(const struct dispatch *dispatch)
{
	return dispatch->n_seats > 0 ? dispatch->cells[0].slot.layers : 0;
}

const char *dispatch_runtime(const struct dispatch *dispatch, uint32_t policy)
{
	return dispatch->runtimes[policy];
}
