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

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "broker/batch.h"
#include "broker/cell_life.h"
#include "broker/keeper_proxy.h"
#include "broker/places.h"
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
		dispatch->cells[i].is_wanted = i < dispatch->n_seats;
	}
	for (uint32_t i = 0; i < dispatch->n_seats; i++) {
		dispatch->seats[i].index = i;
		dispatch->seats[i].candidate = &dispatch->cells[i];
		dispatch->seats[i].examiner = &dispatch->cells[dispatch->n_seats + i];
	}
	if (places_start_retiring(dispatch) < 0)
		log_error("no timer: cells that are idle are kept");
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
	if (dispatch->retire_timer != NULL)
		event_free(dispatch->retire_timer);
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

	cell->used_ns = clock_now_ns();
	if (job_is_split(job))
		seat->examiner->used_ns = cell->used_ns;
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

/* The seat's cell for the job, if the seat is free and the cell ready. */
static struct cell *find_candidate(const struct seat *seat, const struct job *job)
{
	struct cell *cell;

	if (seat->job != NULL)
		return NULL;
	cell = places_find(seat, places_policy_of_candidate(seat->candidate->dispatch, job), false);
	return cell != NULL && cell->slot.state == SLOT_IDLE ? cell : NULL;
}

/* Likewise for its tests; not while the one of the last job rests. */
static struct cell *find_examiner(const struct seat *seat, const struct job *job)
{
	struct cell *cell =
		places_find(seat, places_policy_of_examiner(seat->candidate->dispatch, job), true);

	if (cell == NULL || cell->slot.state != SLOT_IDLE ||
	    seat->examiner->slot.state == SLOT_RESTING)
		return NULL;
	return cell;
}

/*
 * A free seat for the job, with its cells set: one whose examiner rests and has the tests already,
 * if there is; else one whose examiner rests after others of the same user.
 */
static struct seat *find_seat(struct dispatch *dispatch, const struct job *job)
{
	struct seat *found, *resting = NULL, *idle = NULL;
	bool may_rest = !job_is_to_plan(job);

	for (uint32_t i = 0; i < dispatch->n_seats; i++) {
		struct seat *seat = &dispatch->seats[i];
		struct cell *candidate = find_candidate(seat, job);

		if (candidate == NULL)
			continue;
		if (!job_is_split(job) || (may_rest && seat_has_tests(seat, job))) {
			seat->candidate = candidate;
			return seat;
		}
		if (may_rest && seat_sits_for(seat, job))
			resting = seat;
		else if (idle == NULL && find_examiner(seat, job) != NULL)
			idle = seat;
	}
	found = resting != NULL ? resting : idle;
	if (found == NULL)
		return NULL;
	found->candidate = find_candidate(found, job);
	if (resting == NULL)
		found->examiner = find_examiner(found, job);
	return found;
}

/* Ends one examiner that rests for another batch, so that its seat gets free for this job. */
static void end_one_sitting(struct dispatch *dispatch, const struct job *job)
{
	for (uint32_t i = 0; i < dispatch->n_seats; i++) {
		struct seat *seat = &dispatch->seats[i];

		if (find_candidate(seat, job) != NULL &&
		    seat->examiner->slot.state == SLOT_RESTING) {
			seat_end_sitting(seat);
			return;
		}
	}
}

/* Examiners that rest and whose batch is over. */
static void end_idle_sittings(struct dispatch *dispatch)
{
	for (uint32_t i = 0; i < dispatch->n_seats; i++)
		if (dispatch->seats[i].sits_for == 0)
			seat_end_sitting(&dispatch->seats[i]);
}

void dispatch_end_sittings(struct dispatch *dispatch, const struct batch *batch)
{
	for (uint32_t i = 0; i < dispatch->n_seats; i++)
		if (dispatch->seats[i].sits_for == batch->serial)
			dispatch->seats[i].sits_for = 0;
	if (queue_peek(&dispatch->broker->queue) == NULL)
		end_idle_sittings(dispatch);
}

static bool runs_one_alone(const struct dispatch *dispatch)
{
	for (uint32_t i = 0; i < dispatch->n_seats; i++)
		if (dispatch->seats[i].job != NULL && dispatch->seats[i].job->runs_alone)
			return true;
	return false;
}

/* Whether no cell for it can be built, while other languages go on. */
static bool is_in_vain(const struct dispatch *dispatch, const struct job *job)
{
	const uint32_t policy = places_policy_of_candidate(dispatch, job);

	return policy != dispatch->cells[0].slot.policy && cell_life_is_hopeless(dispatch, policy);
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
		if (seat == NULL && is_in_vain(dispatch, next)) {
			batch_finish_unrun(dispatch->broker, queue_pop(queue), verdict_no_cell());
			continue;
		}
		if (seat == NULL) {
			if (job_is_split(next))
				end_one_sitting(dispatch, next);
			places_provide(dispatch, next);
			return;
		}
		assign(seat, queue_pop(queue));
	}
	end_idle_sittings(dispatch);
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
		if (dispatch->cells[i].is_wanted && dispatch->cells[i].slot.state == SLOT_EMPTY)
			cell_life_start(&dispatch->cells[i]);
	dispatch_pump(dispatch);
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
	places_forget(dispatch);
}

/* ---------------------------------------------------------------- for greeting and status */

static const struct seat *seat_at(const struct dispatch *dispatch, uint32_t index)
{
	return &dispatch->seats[index];
}

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
	return &seat_at(dispatch, index)->candidate->slot;
}

const struct slot *dispatch_examiner(const struct dispatch *dispatch, uint32_t index)
{
	const struct cell *cell = seat_at(dispatch, index)->examiner;

	return cell->is_examiner ? &cell->slot : NULL;
}

uint64_t dispatch_n_cells_built(const struct dispatch *dispatch, uint32_t index)
{
	uint64_t n = 0;

	for (uint32_t i = index; i < dispatch->n_cells; i += dispatch->n_seats)
		n += dispatch->cells[i].slot.cells;
	return n;
}

uint32_t dispatch_layers(const struct dispatch *dispatch)
{
	return dispatch->n_seats > 0 ? dispatch->cells[0].slot.layers : 0;
}

const char *dispatch_runtime(const struct dispatch *dispatch, uint32_t policy)
{
	return dispatch->runtimes[policy];
}
