/*
 * Jobs and seats: who runs where. Broker.
 *
 * pump() gives the next job to a free seat; if the standing limits of its cell's cgroup differ the
 * keeper is asked first. Then broker/seat.c runs it; the cell says DONE when everything of the run
 * is reaped and wiped (broker/cell_life.c); only then is the seat free. Nothing here calls back
 * into an earlier step.
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
#include "broker/cell_life.h"
#include "broker/keeper_proxy.h"
#include "broker/record_reader.h"
#include "broker/seat.h"
#include "broker/sharing.h"
#include "core/verdict.h"

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

void dispatch_give_up_waiting(struct dispatch *dispatch)
{
	struct job *job;

	while ((job = queue_pop(&dispatch->broker->queue)) != NULL)
		batch_finish_unrun(dispatch->broker, job, verdict_no_cell());
}

/* ---------------------------------------------------------------- bringing them together */

static void assign(struct seat *seat, struct job *job)
{
	const struct limits *limits = job_limits(job);
	const uint32_t cgroups = 1u << LAYER_CGROUP_MEMORY | 1u << LAYER_CGROUP_PIDS;
	struct cell *cell = seat->candidate;

	sharing_note_start(job);
	job->attempts++;
	seat->job = job;
	cell->dispatch->n_running++;
	if (job_is_to_plan(job)) {
		seat_plan(seat);
		return;
	}
	cell->slot.job = job;
	if ((cell->slot.layers & cgroups) != 0 && slot_needs_limits(&cell->slot, limits)) {
		cell_life_limit(cell, limits);
		return;
	}
	seat_run(cell);
}

static bool is_ready_for(const struct cell *cell, uint32_t policy)
{
	return cell->slot.state == SLOT_IDLE && cell->slot.policy == policy;
}

static bool has_free_candidate(const struct seat *seat, uint32_t policy)
{
	return seat->job == NULL && is_ready_for(seat->candidate, policy);
}

/* A free seat for the job: one whose examiner rests and knows the tests already, if there is. */
static struct seat *find_seat(struct dispatch *dispatch, const struct job *job)
{
	const struct task *task = &job->batch->task;
	struct seat *found = NULL;

	for (uint32_t i = 0; i < dispatch->n_seats; i++) {
		struct seat *seat = &dispatch->seats[i];

		if (!has_free_candidate(seat, task->policy))
			continue;
		if (!job_is_split(job) || (seat_sits_for(seat, job) && !job_is_to_plan(job)))
			return seat;
		if (found == NULL && is_ready_for(seat->examiner, task->policy))
			found = seat;
	}
	return found;
}

/* Ends one examiner that rests for another batch, so that its seat gets free for this task. */
static void end_one_sitting(struct dispatch *dispatch, const struct task *task)
{
	for (uint32_t i = 0; i < dispatch->n_seats; i++) {
		struct seat *seat = &dispatch->seats[i];

		if (has_free_candidate(seat, task->policy) &&
		    seat->examiner->slot.state == SLOT_RESTING) {
			seat_end_sitting(seat);
			return;
		}
	}
}

void dispatch_end_sittings(struct dispatch *dispatch, const struct batch *batch)
{
	for (uint32_t i = 0; i < dispatch->n_seats; i++)
		if (dispatch->seats[i].sits_for == batch->serial)
			seat_end_sitting(&dispatch->seats[i]);
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

static void make_room(struct dispatch *dispatch, const struct job *job)
{
	const struct task *task = &job->batch->task;

	make_room_in(dispatch, 0, task->policy);
	if (job_is_split(job) && !dispatch->wants_examiners)
		want_examiners(dispatch, task->policy);
	else if (job_is_split(job))
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

		if (sharing_settles(dispatch->broker->sharing, next))
			continue;
		if (runs_one_alone(dispatch) || (next->runs_alone && dispatch->n_running > 0))
			return;
		seat = find_seat(dispatch, next);
		if (seat == NULL) {
			if (job_is_split(next))
				end_one_sitting(dispatch, &next->batch->task);
			make_room(dispatch, next);
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
