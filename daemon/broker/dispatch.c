/*
 * Slots, their cells and their runs. Broker.
 *
 * Every slot always has a cell, or one on its way. A run: pump() gives a job to an idle slot; if
 * the standing limits of its cgroup differ the keeper is asked first; the cell says DONE when
 * everything of the run is reaped and wiped; only then is the slot free. What ended is judged by
 * core/verdict and handed to batch_finish(), which answers the client. Nothing here calls back into
 * an earlier step.
 *
 * A cell is replaced when it is not clean, after its number of runs, when a killed run does not
 * end, and when it says something that is not legal in its state.
 */
#include "broker/dispatch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "broker/batch.h"
#include "broker/cell_link.h"
#include "broker/keeper_proxy.h"
#include "broker/record_reader.h"
#include "broker/run.h"
#include "broker/supervisor_link.h"
#include "core/verdict.h"

/* Cells in a row that could not be built, in every slot, before waiting jobs are given up. */
#define FAILURES_MAX 3
/* Times that a job is assigned to a cell before it is answered that none could run it. */
#define ASSIGNMENTS_MAX 3
/* Reports taken from one cell in one turn of the loop; then others have their turn. */
#define REPORTS_MAX 16

struct cell {
	struct dispatch *dispatch;
	struct slot slot;
	struct cell_link link;
	struct run run;
	struct event *timer; /* STARTING, KILLING: patience; EMPTY: when to try again */
	bool was_ready;      /* a cell of this slot has been ready once */
};

struct dispatch {
	struct broker *broker;
	struct cell *cells;
	uint32_t n_cells;
	uint32_t n_running;
	uint64_t next_serial;
	uint64_t next_run_id;
	char runtimes[POLICY_MAX][sizeof(((struct cell_report *)0)->runtime)];
	bool was_ready; /* every slot has been */
};

static void on_patience_over(evutil_socket_t fd, short what, void *argument);
static void on_kill(void *owner);

struct dispatch *dispatch_new(struct broker *broker)
{
	struct dispatch *dispatch = xcalloc(1, sizeof(*dispatch));

	dispatch->broker = broker;
	dispatch->n_cells = broker->settings->n_slots;
	dispatch->cells = xcalloc(dispatch->n_cells, sizeof(*dispatch->cells));
	for (uint32_t i = 0; i < dispatch->n_cells; i++) {
		struct cell *cell = &dispatch->cells[i];

		cell->dispatch = dispatch;
		slot_init(&cell->slot, i);
		cell_link_init(&cell->link);
		run_init(&cell->run, broker->base, &cell->link, on_kill, cell);
		cell->timer = evtimer_new(broker->base, on_patience_over, cell);
	}
	return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
	if (dispatch == NULL)
		return;
	for (uint32_t i = 0; i < dispatch->n_cells; i++) {
		struct cell *cell = &dispatch->cells[i];

		run_deinit(&cell->run);
		cell_link_deinit(&cell->link);
		event_free(cell->timer);
	}
	free(dispatch->cells);
	free(dispatch);
}

static void arm_ms(struct event *timer, uint64_t delay_ms)
{
	struct timeval delay = {
		.tv_sec = (time_t)(delay_ms / 1000),
		.tv_usec = (suseconds_t)(delay_ms % 1000 * 1000),
	};

	evtimer_add(timer, &delay);
}

static uint64_t *counter(struct dispatch *dispatch, enum metric metric)
{
	return &dispatch->broker->metrics.counters[metric];
}

/* ---------------------------------------------------------------- the life of a cell */

static void start_cell(struct cell *cell, uint32_t policy)
{
	struct dispatch *dispatch = cell->dispatch;
	struct slot *slot = &cell->slot;

	if (!keeper_proxy_is_ready(dispatch->broker->keeper))
		return; /* dispatch_keeper_ready() starts all of them */
	slot->policy = policy;
	slot->serial = ++dispatch->next_serial;
	slot->runs = 0;
	slot->cells++;
	slot_move(slot, SLOT_STARTING);
	++*counter(dispatch, METRIC_cells_started);
	ask_keeper_cell_start(dispatch->broker->keeper, slot);
	arm_ms(cell->timer, dispatch->broker->settings->start_patience_ms);
}

static void stop_cell(struct cell *cell)
{
	evtimer_del(cell->timer);
	slot_move(&cell->slot, SLOT_STOPPING);
	ask_keeper_cell_stop(cell->dispatch->broker->keeper, &cell->slot);
}

static void on_kill(void *owner)
{
	struct cell *cell = owner;

	if (cell->slot.state != SLOT_RUNNING)
		return; /* the whole cell is being stopped already */
	slot_move(&cell->slot, SLOT_KILLING);
	++*counter(cell->dispatch, METRIC_runs_killed);
	arm_ms(cell->timer, cell->dispatch->broker->settings->kill_patience_ms);
}

/* No slot has been able to build a cell lately: what waits would wait for ever. */
static bool is_hopeless(const struct dispatch *dispatch)
{
	for (uint32_t i = 0; i < dispatch->n_cells; i++)
		if (dispatch->cells[i].slot.failures < FAILURES_MAX)
			return false;
	return true;
}

static void give_up_waiting(struct dispatch *dispatch)
{
	struct job *job;

	while ((job = queue_pop(&dispatch->broker->queue)) != NULL)
		batch_finish_unrun(dispatch->broker, job, verdict_no_cell());
}

static void note_failure(struct cell *cell, const struct failure *failure)
{
	struct dispatch *dispatch = cell->dispatch;
	struct supervisor_packet packet = {.type = SUPERVISOR_FAILED};

	cell->slot.failures++;
	++*counter(dispatch, METRIC_cells_failed);
	log_error("slot %u: no cell: %s: %s: %s", cell->slot.index, failure->step, failure->detail,
		  failure->error != 0 ? strerror(failure->error) : "");
	if (!is_hopeless(dispatch))
		return;
	snprintf(packet.text, sizeof(packet.text), "cells cannot be built: %s: %s: %s",
		 failure->step, failure->detail,
		 failure->error != 0 ? strerror(failure->error) : "");
	supervisor_link_send(dispatch->broker->supervisor, &packet);
	give_up_waiting(dispatch);
}

static void on_patience_over(evutil_socket_t fd, short what, void *argument)
{
	const struct failure too_late = {.step = "warm-up",
					 .error = ETIMEDOUT,
					 .detail = "the runtime was not ready in time"};
	struct cell *cell = argument;

	(void)fd;
	(void)what;
	if (cell->slot.state == SLOT_EMPTY) {
		start_cell(cell, cell->slot.policy);
		return;
	}
	if (cell->slot.state == SLOT_STARTING)
		note_failure(cell, &too_late);
	else
		log_warning("slot %u: a killed run did not end in time, replacing the cell",
			    cell->slot.index);
	stop_cell(cell);
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
static void give_back(struct cell *cell)
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
static void conclude(struct cell *cell, const struct cell_report *report, bool is_keeper_lost)
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
		++*counter(dispatch, METRIC_runs_repeated);
		queue_push_front(&dispatch->broker->queue, job->batch->flow, job);
	} else {
		answer(cell, job, report, &facts, verdict);
	}
	examination_deinit(&examination);
}

static void run_job(struct cell *cell)
{
	struct dispatch *dispatch = cell->dispatch;
	const struct policy *policy = &dispatch->broker->policies->policies[cell->slot.policy];
	int err = run_start(&cell->run, cell->slot.job, policy, ++dispatch->next_run_id);

	if (err < 0) {
		log_error("slot %u: cannot start a run: %s", cell->slot.index, strerror(-err));
		give_back(cell);
		stop_cell(cell);
		return;
	}
	cell->slot.runs++;
	slot_move(&cell->slot, SLOT_RUNNING);
	++*counter(dispatch, METRIC_runs_started);
}

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
	run_job(cell);
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
		stop_cell(other);
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

/* ---------------------------------------------------------------- what a cell says */

static void report_ready(struct cell *cell, const struct cell_report *report)
{
	struct dispatch *dispatch = cell->dispatch;
	struct supervisor_packet packet = {.type = SUPERVISOR_READY};
	char *runtime = dispatch->runtimes[cell->slot.policy];

	evtimer_del(cell->timer);
	cell->slot.failures = 0;
	cell->was_ready = true;
	memcpy(runtime, report->runtime, sizeof(report->runtime));
	runtime[sizeof(report->runtime) - 1] = '\0';
	slot_move(&cell->slot, SLOT_IDLE);
	if (dispatch->was_ready)
		return;
	for (uint32_t i = 0; i < dispatch->n_cells; i++)
		if (!dispatch->cells[i].was_ready)
			return;
	dispatch->was_ready = true;
	log_info("ready: %u slots", dispatch->n_cells);
	supervisor_link_send(dispatch->broker->supervisor, &packet);
}

static void report_done(struct cell *cell, const struct cell_report *report)
{
	const struct policy *policy =
		&cell->dispatch->broker->policies->policies[cell->slot.policy];
	bool is_clean = (report->flags & CELL_DONE_CLEAN) != 0;

	evtimer_del(cell->timer);
	conclude(cell, report, false);
	if (is_clean && cell->slot.runs < policy->runs_per_cell) {
		slot_move(&cell->slot, SLOT_IDLE);
		return;
	}
	++*counter(cell->dispatch, is_clean ? METRIC_cells_recycled : METRIC_cells_not_clean);
	stop_cell(cell);
}

static bool is_of_run(const struct cell *cell, const struct cell_report *report)
{
	return (cell->slot.state == SLOT_RUNNING || cell->slot.state == SLOT_KILLING) &&
	       report->run_id == cell->run.id;
}

/* Whether the report is legal now. */
static bool take_report(struct cell *cell, const struct cell_report *report)
{
	if (cell->slot.state == SLOT_STOPPING)
		return true; /* on its way when it was told to stop */
	switch (report->type) {
	case CELL_READY:
		if (cell->slot.state != SLOT_STARTING)
			return false;
		report_ready(cell, report);
		return true;
	case CELL_USED:
		if (is_of_run(cell, report))
			run_take_usage(&cell->run, report);
		return true; /* of the last run: answered after its end was reported */
	case CELL_DONE:
		if (!is_of_run(cell, report))
			return false;
		report_done(cell, report);
		return true;
	default:
		return false;
	}
}

static void on_control_readable(evutil_socket_t fd, short what, void *argument)
{
	struct cell *cell = argument;
	struct cell_report report;
	int err = 0;

	(void)fd;
	(void)what;
	for (int i = 0; i < REPORTS_MAX && err == 0; i++) {
		err = cell_link_receive(&cell->link, &report);
		if (err == 0 && !take_report(cell, &report))
			err = -EPROTO;
	}
	if (err != 0 && err != -EAGAIN)
		event_del(cell->link.event); /* the keeper tells when nothing of it is left */
	if (err != 0 && err != -EAGAIN && err != -ECONNRESET && cell->slot.state != SLOT_STOPPING) {
		log_warning("slot %u: its cell said something unexpected, replacing it",
			    cell->slot.index);
		stop_cell(cell);
	}
	dispatch_pump(cell->dispatch);
}

/* ---------------------------------------------------------------- what the keeper says */

void dispatch_keeper_ready(struct dispatch *dispatch)
{
	for (uint32_t i = 0; i < dispatch->n_cells; i++)
		if (dispatch->cells[i].slot.state == SLOT_EMPTY)
			start_cell(&dispatch->cells[i], dispatch->cells[i].slot.policy);
}

static void cell_started(struct cell *cell, const struct keeper_event *event, int *fds,
			 size_t n_fds)
{
	int err;

	if (cell->slot.state != SLOT_STARTING)
		return;
	cell->slot.cell_pid = (uint32_t)event->pid;
	cell->slot.layers = event->layers;
	cell->slot.memory_bytes = 0;
	cell->slot.processes = 0;
	err = cell_link_open(&cell->link, cell->dispatch->broker->base, event->layers, fds, n_fds,
			     on_control_readable, cell);
	if (err < 0) {
		log_error("slot %u: cannot talk to its cell: %s", cell->slot.index, strerror(-err));
		stop_cell(cell);
	}
}

static void cell_limited(struct cell *cell, const struct failure *failure)
{
	const struct limits *limits;

	if (cell->slot.state != SLOT_LIMITING)
		return;
	if (failure->error != 0) {
		/* Nobody knows which limits hold now: never run anything there. */
		log_error("slot %u: no limits: %s: %s: %s", cell->slot.index, failure->step,
			  failure->detail, strerror(failure->error));
		give_back(cell);
		stop_cell(cell);
		return;
	}
	limits = &cell->slot.job->batch->task.limits;
	cell->slot.memory_bytes = limits->memory_bytes;
	cell->slot.processes = limits->processes;
	if (!cell->slot.job->is_cancelled) {
		run_job(cell);
		return;
	}
	slot_move(&cell->slot, SLOT_IDLE);
	give_back(cell);
}

/* Nothing of the cell is left: what ran in it is judged, its descriptors go. */
static void clear_cell(struct cell *cell, bool is_keeper_lost)
{
	evtimer_del(cell->timer);
	if (cell->slot.job != NULL && cell->run.job != NULL)
		conclude(cell, NULL, is_keeper_lost);
	else if (cell->slot.job != NULL)
		give_back(cell);
	cell_link_deinit(&cell->link);
	cell->slot.cell_pid = 0;
	slot_move(&cell->slot, SLOT_EMPTY);
}

static void cell_gone(struct cell *cell, const struct keeper_event *event)
{
	const struct failure early = {.step = "warm-up",
				      .detail = "the runtime ended before it was ready"};
	bool was_starting = cell->slot.state == SLOT_STARTING;

	if (cell->slot.state == SLOT_EMPTY)
		return;
	if (cell->slot.state != SLOT_STOPPING && !was_starting) {
		log_warning("slot %u: its cell died (status %#x)", cell->slot.index,
			    (unsigned int)event->status);
		++*counter(cell->dispatch, METRIC_cells_lost);
	}
	clear_cell(cell, false);
	if (was_starting)
		note_failure(cell, &early);
	if (cell->slot.failures > 0)
		arm_ms(cell->timer, 100ULL << (cell->slot.failures < 6 ? cell->slot.failures : 6));
	else
		start_cell(cell, cell->slot.policy);
}

void dispatch_keeper_event(struct dispatch *dispatch, const struct keeper_event *event, int *fds,
			   size_t n_fds)
{
	struct cell *cell;

	if (event->slot >= dispatch->n_cells)
		return;
	cell = &dispatch->cells[event->slot];
	if (event->serial != cell->slot.serial)
		return;
	switch (event->type) {
	case KEEPER_CELL_STARTED:
		cell_started(cell, event, fds, n_fds);
		break;
	case KEEPER_CELL_FAILED:
		note_failure(cell, &event->failure);
		evtimer_del(cell->timer);
		if (cell->slot.state == SLOT_STARTING)
			slot_move(&cell->slot, SLOT_STOPPING); /* CELL_GONE follows by itself */
		break;
	case KEEPER_CELL_LIMITED:
		cell_limited(cell, &event->failure);
		break;
	case KEEPER_CELL_GONE:
		cell_gone(cell, event);
		break;
	default:
		log_warning("the keeper said something unknown (%u)", event->type);
		break;
	}
	dispatch_pump(dispatch);
}

void dispatch_keeper_lost(struct dispatch *dispatch)
{
	for (uint32_t i = 0; i < dispatch->n_cells; i++)
		if (dispatch->cells[i].slot.state != SLOT_EMPTY)
			clear_cell(&dispatch->cells[i], true);
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
