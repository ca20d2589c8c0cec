/*
 * The cells that a seat keeps beside its first one. Broker.
 *
 * With traffic of several languages a cell that is rebuilt for each change of language costs more
 * than most evaluations do. So a seat keeps one cell of each kind that its jobs asked for (a kind
 * is a policy, variants included, and whether tests or candidates run in it), within bounds: the
 * number of places, and settings.slot_cell_bytes of warm runtimes. What has been needed least
 * recently goes first. What the job at hand needs is started whatever it takes.
 *
 * A cell changes its kind only by being built anew: no process that has had a candidate under it
 * ever gets tests, and limits begin as the policy says.
 */
#include "broker/places.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "broker/batch.h"
#include "core/verdict.h"

/* A cell is ended at most this part of cell_idle_ms late. */
#define RETIRING_PART 8

static struct cell *place(const struct seat *seat, uint32_t number)
{
	struct dispatch *dispatch = seat->candidate->dispatch;

	return &dispatch->cells[number * dispatch->n_seats + seat->index];
}

struct cell *places_find(const struct seat *seat, uint32_t policy, bool is_examiner)
{
	for (uint32_t i = 0; i < POLICY_CELLS_PER_EVALUATION; i++) {
		struct cell *cell = place(seat, i);

		if (cell->is_wanted && cell->slot.policy == policy &&
		    cell->is_examiner == is_examiner)
			return cell;
	}
	return NULL;
}

/* ---------------------------------------------------------------- what a job needs */

static uint32_t available(const struct dispatch *dispatch, const struct job *job, uint32_t policy)
{
	return (dispatch->without & 1u << policy) != 0 ? job->batch->task.policy : policy;
}

uint32_t places_policy_of_candidate(const struct dispatch *dispatch, const struct job *job)
{
	return available(dispatch, job, job_candidate_policy(job));
}

uint32_t places_policy_of_examiner(const struct dispatch *dispatch, const struct job *job)
{
	return available(dispatch, job, job->batch->task.tests_policy);
}

/* ---------------------------------------------------------------- making room */

static bool may_go(const struct cell *cell)
{
	return !cell_is_first(cell) && cell->is_wanted && cell->slot.state == SLOT_IDLE &&
	       (cell->seat->job == NULL ||
		(cell != cell->seat->candidate && cell != cell->seat->examiner));
}

/* The place gets another cell only when somebody wants one. */
static void retire(struct cell *cell)
{
	struct seat *seat = cell->seat;

	cell->is_wanted = false;
	if (seat->job == NULL && seat->candidate == cell)
		seat->candidate = place(seat, 0);
	++*dispatch_counter(cell->dispatch, METRIC_cells_retired);
	cell_life_stop(cell);
}

static struct cell *find_oldest(const struct seat *seat)
{
	struct cell *oldest = NULL;

	for (uint32_t i = 1; i < POLICY_CELLS_PER_EVALUATION; i++) {
		struct cell *cell = place(seat, i);

		if (may_go(cell) && (oldest == NULL || cell->used_ns < oldest->used_ns))
			oldest = cell;
	}
	return oldest;
}

static uint64_t warm_bytes(const struct seat *seat)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < POLICY_CELLS_PER_EVALUATION; i++)
		if (place(seat, i)->is_wanted)
			bytes += place(seat, i)->warm_bytes;
	return bytes;
}

/* One that nobody wants: empty, or soon. NULL: all are in use. */
static struct cell *find_unused(const struct seat *seat)
{
	struct cell *found = NULL;

	for (uint32_t i = 1; i < POLICY_CELLS_PER_EVALUATION; i++) {
		struct cell *cell = place(seat, i);

		if (!cell->is_wanted && cell->slot.state == SLOT_EMPTY)
			return cell;
		if (!cell->is_wanted)
			found = cell;
	}
	return found;
}

static struct cell *take_place(struct seat *seat, uint32_t policy)
{
	const struct dispatch *dispatch = seat->candidate->dispatch;
	const uint64_t most_bytes = dispatch->broker->settings->slot_cell_bytes;
	struct cell *oldest;

	while (warm_bytes(seat) + dispatch->warm_bytes[policy] > most_bytes &&
	       (oldest = find_oldest(seat)) != NULL)
		retire(oldest);
	oldest = find_unused(seat) == NULL ? find_oldest(seat) : NULL;
	if (oldest != NULL)
		retire(oldest);
	return find_unused(seat);
}

static void provide_cell(struct seat *seat, uint32_t policy, bool is_examiner, uint64_t now_ns)
{
	struct cell *cell = places_find(seat, policy, is_examiner);

	if (cell == NULL) {
		cell = take_place(seat, policy);
		if (cell == NULL)
			return; /* tried again when a cell of the seat is idle */
		cell->is_wanted = true;
		cell->is_examiner = is_examiner;
		cell->slot.policy = policy;
		cell->slot.failures = 0;
		if (cell->slot.state == SLOT_EMPTY)
			cell_life_start(cell);
	}
	cell->used_ns = now_ns;
}

void places_provide(struct dispatch *dispatch, const struct job *job)
{
	const uint32_t policy = places_policy_of_candidate(dispatch, job);
	const uint32_t examiner = places_policy_of_examiner(dispatch, job);
	const uint64_t now_ns = clock_now_ns();
	uint32_t n = dispatch->broker->queue.n_jobs;

	for (uint32_t i = 0; i < dispatch->n_seats && n > 0; i++) {
		struct seat *seat = &dispatch->seats[i];

		if (seat->job != NULL)
			continue;
		provide_cell(seat, policy, false, now_ns);
		if (job_is_split(job))
			provide_cell(seat, examiner, true, now_ns);
		n--;
	}
}

/* ---------------------------------------------------------------- letting go */

static void unwant(struct cell *cell)
{
	if (!cell_is_first(cell)) {
		cell->is_wanted = false;
		cell->slot.failures = 0;
	}
}

void places_give_up(struct dispatch *dispatch, uint32_t policy)
{
	const struct policy_table *policies = dispatch->broker->policies;
	bool is_variant = policy >= policies->n_policies;

	for (uint32_t i = 0; is_variant && i < dispatch->n_cells; i++)
		if (dispatch->cells[i].slot.policy == policy)
			unwant(&dispatch->cells[i]);
	if (is_variant) {
		dispatch->without |= 1u << policy;
		log_error("%s: its cells cannot be built; such work runs in ordinary ones",
			  policies->policies[policy].name);
	}
}

void places_forget(struct dispatch *dispatch)
{
	dispatch->without = 0;
	for (uint32_t i = 0; i < dispatch->n_cells; i++)
		unwant(&dispatch->cells[i]);
	for (uint32_t i = 0; i < dispatch->n_seats; i++)
		if (dispatch->seats[i].job == NULL)
			dispatch->seats[i].candidate = &dispatch->cells[i];
}

static void on_retire(evutil_socket_t fd, short what, void *argument)
{
	struct dispatch *dispatch = argument;
	const uint64_t now_ns = clock_now_ns();
	const uint64_t idle_ns = dispatch->broker->settings->cell_idle_ms * NS_PER_MS;

	(void)fd;
	(void)what;
	for (uint32_t i = dispatch->n_seats; i < dispatch->n_cells; i++) {
		struct cell *cell = &dispatch->cells[i];

		if (now_ns - cell->used_ns < idle_ns)
			continue;
		if (may_go(cell))
			retire(cell);
		else if (cell->slot.state == SLOT_EMPTY)
			unwant(cell); /* no longer tried in vain */
	}
}

int places_start_retiring(struct dispatch *dispatch)
{
	const uint64_t idle_ms = dispatch->broker->settings->cell_idle_ms;
	const uint64_t turn_ms = idle_ms / RETIRING_PART + 1;
	const struct timeval turn = {
		.tv_sec = (time_t)(turn_ms / 1000),
		.tv_usec = (suseconds_t)(turn_ms % 1000 * 1000),
	};

	if (idle_ms == 0)
		return 0;
	dispatch->retire_timer =
		event_new(dispatch->broker->base, -1, EV_PERSIST, on_retire, dispatch);
	if (dispatch->retire_timer == NULL || event_add(dispatch->retire_timer, &turn) < 0)
		return -ENOMEM;
	return 0;
}
