/*
 * Jobs and cells: who runs what, and what becomes of it. Broker.
 *
 * pump() gives a job to an idle slot; if the standing limits of its cgroup differ the keeper is
 * asked first; the cell says DONE when everything of the run is reaped and wiped
 * (broker/cell_life.c); only then is the slot free. What ended is judged by core/verdict and handed
 * to batch_finish(), which answers the client. Nothing here calls back into an earlier step.
 */
#include "broker/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/batch.h"
#include "broker/cell_life.h"
#include "broker/keeper_proxy.h"
#include "broker/record_reader.h"
#include "core/verdict.h"

/* Times that a job is assigned to a cell before it is answered that none could run it. */
#define ASSIGNMENTS_MAX 3

struct dispatch *dispatch_new(struct broker *broker)
{
	struct dispatch *dispatch = xcalloc(1, sizeof(*dispatch));

	dispatch->broker = broker;
	dispatch->n_cells = broker->settings->n_slots;
	dispatch->cells = xcalloc(dispatch->n_cells, sizeof(*dispatch->cells));
	for (uint32_t i = 0; i < dispatch->n_cells; i++)
		cell_life_init(&dispatch->cells[i], dispatch, i);
	return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
	if (dispatch == NULL)
		return;
	for (uint32_t i = 0; i < dispatch->n_cells; i++)
		cell_life_deinit(&dispatch->cells[i]);
	free(dispatch->cells);
	free(dispatch);
}

/* ---------------------------------------------------------------- runs */

static struct slice stream_text(const struct stream *stream)
{
	return (struct slice){.bytes = stream->bytes, .len = stream->len};
}

static void answer(struct cell *cell, struct job *job, const struct cell_report *report,
		   const struct run_facts *facts, struct verdict verdict)
{
	struct dispatch *dispatch = cell->dispatch;
	struct judgement judgement = {
		.verdict = verdict,
		.examination = facts->examination,
		.facts = facts,
		.output = stream_text(&cell->run.output),
		.output_dropped_bytes = cell->run.output.dropped_bytes,
		.error_output = stream_text(&cell->run.error_output),
		.error_output_dropped_bytes = cell->run.error_output.dropped_bytes,
		.memory_peak_bytes = report != NULL ? report->memory_peak_bytes : 0,
		.queue_ns = cell->run.started_ns - job->queued_ns,
		.layers = cell->slot.layers,
		.runtime = dispatch->runtimes[cell->slot.policy],
	};

	batch_finish(dispatch->broker, job, &judgement);
}

static bool may_rerun(const struct cell *cell, const struct job *job)
{
	return job->batch->flow != NULL && !job->is_cancelled &&
	       !cell->dispatch->broker->is_stopping;
}

/* A job that was assigned and could not be run goes back, or is answered at last. */
void dispatch_give_back(struct cell *cell)
{
	struct dispatch *dispatch = cell->dispatch;
	struct job *job = cell->slot.job;

	cell->slot.job = NULL;
	dispatch->n_running--;
	if (job->is_cancelled)
		batch_finish_unrun(dispatch->broker, job, verdict_cancelled());
	else if (job->attempts < ASSIGNMENTS_MAX && may_rerun(cell, job))
		queue_push_front(&dispatch->broker->queue, job->batch->flow, job);
	else
		batch_finish_unrun(dispatch->broker, job, verdict_no_cell());
}

/* Judges the run that has ended in `cell`, whatever ended it. The slot has no job afterwards. */
void dispatch_conclude(struct cell *cell, const struct cell_report *report, bool is_keeper_lost)
{
	struct dispatch *dispatch = cell->dispatch;
	struct job *job = cell->slot.job;
	struct examination examination;
	struct run_facts facts;
	struct verdict verdict;

	run_finish(&cell->run, report, &facts, &examination);
	cell->slot.job = NULL;
	dispatch->n_running--;
	facts.is_keeper_lost = is_keeper_lost;
	facts.is_cell_lost =
		report == NULL && !is_keeper_lost && facts.kill_reason == RUN_NOT_KILLED;
	verdict = verdict_decide(&facts);
	if (verdict.wants_rerun && may_rerun(cell, job)) {
		job->runs_alone = job->runs_alone || verdict.code == VERDICT_STARVED;
		++*dispatch_counter(dispatch, METRIC_runs_repeated);
		queue_push_front(&dispatch->broker->queue, job->batch->flow, job);
	} else {
		answer(cell, job, report, &facts, verdict);
	}
	examination_deinit(&examination);
}

void dispatch_run(struct cell *cell)
{
	struct dispatch *dispatch = cell->dispatch;
	const struct policy *policy = &dispatch->broker->policies->policies[cell->slot.policy];
	int err = run_start(&cell->run, cell->slot.job, policy, ++dispatch->next_run_id);

	if (err < 0) {
		log_error("slot %u: cannot start a run: %s", cell->slot.index, strerror(-err));
		dispatch_give_back(cell);
		cell_life_stop(cell);
		return;
	}
	cell->slot.runs++;
	slot_move(&cell->slot, SLOT_RUNNING);
	++*dispatch_counter(dispatch, METRIC_runs_started);
}

void dispatch_give_up_waiting(struct dispatch *dispatch)
{
	struct job *job;

	while ((job = queue_pop(&dispatch->broker->queue)) != NULL)
		batch_finish_unrun(dispatch->broker, job, verdict_no_cell());
}

/* ---------------------------------------------------------------- bringing them together */

static void assign(struct cell *cell, struct job *job)
{
	const struct limits *limits = &job->batch->task.limits;
	const uint32_t cgroups = 1u << LAYER_CGROUP_MEMORY | 1u << LAYER_CGROUP_PIDS;

	job->attempts++;
	cell->slot.job = job;
	cell->dispatch->n_running++;
	if ((cell->slot.layers & cgroups) != 0 && slot_needs_limits(&cell->slot, limits)) {
		slot_move(&cell->slot, SLOT_LIMITING);
		ask_keeper_cell_limit(cell->dispatch->broker->keeper, &cell->slot, limits);
		return;
	}
	dispatch_run(cell);
}

static struct cell *find_idle(struct dispatch *dispatch, uint32_t policy)
{
	for (uint32_t i = 0; i < dispatch->n_cells; i++) {
		struct cell *cell = &dispatch->cells[i];

		if (cell->slot.state == SLOT_IDLE && cell->slot.policy == policy)
			return cell;
	}
	return NULL;
}

/* An idle cell of another language makes room, unless one of this language is on its way already.
 */
static void make_room(struct dispatch *dispatch, uint32_t policy)
{
	struct cell *other = NULL;

	for (uint32_t i = 0; i < dispatch->n_cells; i++) {
		struct cell *cell = &dispatch->cells[i];

		if (cell->slot.policy == policy &&
		    (cell->slot.state == SLOT_STARTING || cell->slot.state == SLOT_STOPPING))
			return;
		if (cell->slot.state == SLOT_IDLE)
			other = cell;
	}
	if (other != NULL) {
		cell_life_stop(other);
		other->slot.policy = policy;
	}
}

void dispatch_pump(struct dispatch *dispatch)
{
	struct queue *queue = &dispatch->broker->queue;
	const struct job *next;

	while ((next = queue_peek(queue)) != NULL) {
		uint32_t policy = next->batch->task.policy;
		struct cell *cell = find_idle(dispatch, policy);

		for (uint32_t i = 0; i < dispatch->n_cells; i++)
			if (dispatch->cells[i].slot.job != NULL &&
			    dispatch->cells[i].slot.job->runs_alone)
				return;
		if (next->runs_alone && dispatch->n_running > 0)
			return;
		if (cell == NULL) {
			make_room(dispatch, policy);
			return;
		}
		assign(cell, queue_pop(queue));
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
	for (uint32_t i = 0; i < dispatch->n_cells; i++)
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
	return dispatch->n_cells;
}

uint32_t dispatch_n_free(const struct dispatch *dispatch)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < dispatch->n_cells; i++)
		n += dispatch->cells[i].slot.state == SLOT_IDLE;
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

uint32_t dispatch_layers(const struct dispatch *dispatch)
{
	return dispatch->n_cells > 0 ? dispatch->cells[0].slot.layers : 0;
}

const char *dispatch_runtime(const struct dispatch *dispatch, uint32_t policy)
{
	return dispatch->runtimes[policy];
}
