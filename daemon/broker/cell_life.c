/*
 * The life of a cell as the broker sees it. Broker.
 *
 * A cell that is wanted (places.c) is there, or on its way: when the keeper says that one is gone
 * the next is asked for, after a pause that grows while none becomes ready. A cell is replaced when
 * it is not clean, after its number of runs, when a killed run does not end, and when it says
 * something that is not legal in its state. It is only ever given up by the keeper's CELL_GONE (or
 * with the keeper): until then something of it may still run. A keeper that owes an answer for too
 * long is given up with all its cells, which die with it.
 */
#include "broker/cell_life.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "broker/keeper_proxy.h"
#include "broker/places.h"
#include "broker/seat.h"
#include "broker/supervisor_link.h"

/* Cells in a row that could not be built, in every place, before waiting jobs are given up. */
#define FAILURES_MAX 3
/* Reports taken from one cell in one turn of the loop; then others have their turn. */
#define REPORTS_MAX 16

static void on_patience_over(evutil_socket_t fd, short what, void *argument);
static void on_kill(void *owner);
static void on_rest(void *owner);

void cell_life_init(struct cell *cell, struct dispatch *dispatch, uint32_t index)
{
	struct event_base *base = dispatch->broker->base;

	cell->dispatch = dispatch;
	slot_init(&cell->slot, index);
	cell_link_init(&cell->link);
	run_init(&cell->run, base, &cell->link, cell, on_kill, on_rest);
	cell->timer = evtimer_new(base, on_patience_over, cell);
}

void cell_life_deinit(struct cell *cell)
{
	run_deinit(&cell->run);
	cell_link_deinit(&cell->link);
	event_free(cell->timer);
}

static void arm_ms(struct event *timer, uint64_t delay_ms)
{
	struct timeval delay = {
		.tv_sec = (time_t)(delay_ms / 1000),
		.tv_usec = (suseconds_t)(delay_ms % 1000 * 1000),
	};

	evtimer_add(timer, &delay);
}

/* Of an answer that the keeper owes. */
static void await_keeper(struct cell *cell)
{
	arm_ms(cell->timer, cell->dispatch->broker->settings->keeper_patience_ms);
}

/* ---------------------------------------------------------------- coming and going */

void cell_life_start(struct cell *cell)
{
	struct dispatch *dispatch = cell->dispatch;
	struct slot *slot = &cell->slot;

	if (!keeper_proxy_is_ready(dispatch->broker->keeper))
		return; /* dispatch_keeper_ready() starts all of them */
	slot->serial = ++dispatch->next_serial;
	slot->runs = 0;
	slot->cells++;
	slot_move(slot, SLOT_STARTING);
	++*dispatch_counter(dispatch, METRIC_cells_started);
	ask_keeper_cell_start(dispatch->broker->keeper, slot);
	arm_ms(cell->timer, dispatch->broker->settings->start_patience_ms);
}

void cell_life_stop(struct cell *cell)
{
	slot_move(&cell->slot, SLOT_STOPPING);
	ask_keeper_cell_stop(cell->dispatch->broker->keeper, &cell->slot);
	await_keeper(cell);
}

void cell_life_limit(struct cell *cell, const struct limits *limits)
{
	slot_move(&cell->slot, SLOT_LIMITING);
	ask_keeper_cell_limit(cell->dispatch->broker->keeper, &cell->slot, limits);
	await_keeper(cell);
}

static void on_kill(void *owner)
{
	struct cell *cell = owner;

	if (cell->slot.state != SLOT_RUNNING && cell->slot.state != SLOT_RESTING)
		return; /* the whole cell is being stopped already */
	slot_move(&cell->slot, SLOT_KILLING);
	++*dispatch_counter(cell->dispatch, METRIC_runs_killed);
	arm_ms(cell->timer, cell->dispatch->broker->settings->kill_patience_ms);
}

static void on_rest(void *owner)
{
	struct cell *cell = owner;

	if (cell->slot.state == SLOT_RUNNING)
		seat_rest(cell);
}

bool cell_life_is_hopeless(const struct dispatch *dispatch, uint32_t policy)
{
	bool is_tried = false;

	for (uint32_t i = 0; i < dispatch->n_cells; i++) {
		const struct cell *cell = &dispatch->cells[i];

		if (!cell->is_wanted || cell->slot.policy != policy)
			continue;
		if (cell->slot.failures < FAILURES_MAX)
			return false;
		is_tried = true;
	}
	return is_tried;
}

static void note_failure(struct cell *cell, const struct failure *failure)
{
	struct dispatch *dispatch = cell->dispatch;
	const uint32_t policy = cell->slot.policy;
	struct supervisor_packet packet = {.type = SUPERVISOR_FAILED};

	cell->slot.failures++;
	++*dispatch_counter(dispatch, METRIC_cells_failed);
	log_error("slot %u: no cell: %s: %s: %s", cell->slot.index, failure->step, failure->detail,
		  failure->error != 0 ? strerror(failure->error) : "");
	if (!cell_life_is_hopeless(dispatch, policy))
		return;
	if (policy != dispatch->cells[0].slot.policy) {
		places_give_up(dispatch, policy); /* the other languages go on */
		return;
	}
	snprintf(packet.text, sizeof(packet.text), "cells cannot be built: %s: %s: %s",
		 failure->step, failure->detail,
		 failure->error != 0 ? strerror(failure->error) : "");
	supervisor_link_send(dispatch->broker->supervisor, &packet);
	dispatch_give_up_waiting(dispatch);
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
		if (cell->is_wanted)
			cell_life_start(cell);
		return;
	}
	if (cell->slot.state == SLOT_STOPPING || cell->slot.state == SLOT_LIMITING) {
		keeper_proxy_give_up(cell->dispatch->broker->keeper);
		return;
	}
	if (cell->slot.state == SLOT_STARTING)
		note_failure(cell, &too_late);
	else
		log_warning("slot %u: a killed run did not end in time, replacing the cell",
			    cell->slot.index);
	cell_life_stop(cell);
}

/* ---------------------------------------------------------------- what it says */

static void report_ready(struct cell *cell, const struct cell_report *report)
{
	struct dispatch *dispatch = cell->dispatch;
	struct supervisor_packet packet = {.type = SUPERVISOR_READY};
	char *runtime = dispatch->runtimes[cell->slot.policy];

	evtimer_del(cell->timer);
	cell->slot.failures = 0;
	cell->was_ready = true;
	cell->warm_bytes = report->memory_peak_bytes;
	dispatch->warm_bytes[cell->slot.policy] = report->memory_peak_bytes;
	memcpy(runtime, report->runtime, sizeof(report->runtime));
	runtime[sizeof(report->runtime) - 1] = '\0';
	slot_move(&cell->slot, SLOT_IDLE);
	if (dispatch->was_ready)
		return;
	for (uint32_t i = 0; i < dispatch->n_seats; i++)
		if (!dispatch->cells[i].was_ready)
			return;
	dispatch->was_ready = true;
	log_info("ready: %u slots", dispatch->n_seats);
	supervisor_link_send(dispatch->broker->supervisor, &packet);
}

static void report_done(struct cell *cell, const struct cell_report *report)
{
	const struct policy *policy =
		&cell->dispatch->broker->policies->policies[cell->slot.policy];
	bool is_clean = (report->flags & CELL_DONE_CLEAN) != 0;

	evtimer_del(cell->timer);
	if (cell->slot.job != NULL)
		seat_conclude(cell, report, false);
	else
		run_discard(&cell->run);
	if (is_clean && cell->slot.runs < policy->runs_per_cell) {
		slot_move(&cell->slot, SLOT_IDLE);
		seat_go_on(cell);
		return;
	}
	++*dispatch_counter(cell->dispatch,
			    is_clean ? METRIC_cells_recycled : METRIC_cells_not_clean);
	cell_life_stop(cell);
	seat_go_on(cell);
}

static bool is_of_run(const struct cell *cell, const struct cell_report *report)
{
	return (cell->slot.state == SLOT_RUNNING || cell->slot.state == SLOT_KILLING ||
		cell->slot.state == SLOT_RESTING) &&
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
		if (is_of_run(cell, report) && cell->slot.job != NULL)
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
	bool is_last = false;
	int err = 0;

	(void)fd;
	(void)what;
	for (int i = 0; i < REPORTS_MAX && err == 0 && !is_last; i++) {
		err = cell_link_receive(&cell->link, &report);
		is_last = err == 0 && report.type == CELL_DONE; /* it has nothing to say now */
		if (err == 0 && !take_report(cell, &report))
			err = -EPROTO;
	}
	if (err != 0 && err != -EAGAIN)
		event_del(cell->link.event); /* the keeper tells when nothing of it is left */
	if (err != 0 && err != -EAGAIN && err != -ECONNRESET && cell->slot.state != SLOT_STOPPING) {
		log_warning("slot %u: its cell said something unexpected, replacing it",
			    cell->slot.index);
		cell_life_stop(cell);
	}
	dispatch_pump(cell->dispatch);
}

/* ---------------------------------------------------------------- what the keeper says of it */

static void take_started(struct cell *cell, const struct keeper_event *event, int *fds,
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
		cell_life_stop(cell);
	}
}

static void take_limited(struct cell *cell, const struct failure *failure)
{
	const struct limits *limits;

	if (cell->slot.state != SLOT_LIMITING)
		return;
	evtimer_del(cell->timer);
	if (failure->error != 0) {
		/* Nobody knows which limits hold now: never run anything there. */
		log_error("slot %u: no limits: %s: %s: %s", cell->slot.index, failure->step,
			  failure->detail, strerror(failure->error));
		seat_give_back(cell);
		cell_life_stop(cell);
		return;
	}
	limits = job_limits(cell->slot.job);
	cell->slot.memory_bytes = limits->memory_bytes;
	cell->slot.processes = limits->processes;
	if (!cell->slot.job->is_cancelled) {
		seat_run(cell);
		return;
	}
	slot_move(&cell->slot, SLOT_IDLE);
	seat_give_back(cell);
}

/* Nothing of the cell is left: what ran in it is judged, its descriptors go. */
void cell_life_clear(struct cell *cell, bool is_keeper_lost)
{
	evtimer_del(cell->timer);
	if (cell->slot.job != NULL && cell->run.job != NULL)
		seat_conclude(cell, NULL, is_keeper_lost);
	else if (cell->slot.job != NULL)
		seat_give_back(cell);
	else
		run_discard(&cell->run);
	cell_link_deinit(&cell->link);
	cell->slot.cell_pid = 0;
	cell->warm_bytes = 0;
	slot_move(&cell->slot, SLOT_EMPTY);
	seat_go_on(cell);
}

static void take_gone(struct cell *cell, const struct keeper_event *event)
{
	const struct failure early = {.step = "warm-up",
				      .detail = "the runtime ended before it was ready"};
	bool was_starting = cell->slot.state == SLOT_STARTING;

	if (cell->slot.state == SLOT_EMPTY)
		return;
	if (cell->slot.state != SLOT_STOPPING && !was_starting) {
		log_warning("slot %u: its cell died (status %#x)", cell->slot.index,
			    (unsigned int)event->status);
		++*dispatch_counter(cell->dispatch, METRIC_cells_lost);
	}
	cell_life_clear(cell, false);
	if (was_starting)
		note_failure(cell, &early);
	if (!cell->is_wanted)
		return;
	if (cell->slot.failures > 0)
		arm_ms(cell->timer, 100ULL << (cell->slot.failures < 6 ? cell->slot.failures : 6));
	else
		cell_life_start(cell);
}

void cell_life_take_event(struct cell *cell, const struct keeper_event *event, int *fds,
			  size_t n_fds)
{
	switch (event->type) {
	case KEEPER_CELL_STARTED:
		take_started(cell, event, fds, n_fds);
		break;
	case KEEPER_CELL_FAILED:
		note_failure(cell, &event->failure);
		if (cell->slot.state == SLOT_STARTING) {
			slot_move(&cell->slot, SLOT_STOPPING); /* CELL_GONE follows by itself */
			await_keeper(cell);
		}
		break;
	case KEEPER_CELL_LIMITED:
		take_limited(cell, &event->failure);
		break;
	case KEEPER_CELL_GONE:
		take_gone(cell, event);
		break;
	default:
		log_warning("the keeper said something unknown (%u)", event->type);
		break;
	}
}
