/*
 * A slot's cells and their life, and what dispatch.c, places.c, seat.c and cell_life.c share:
 * cell_life.c follows the life of cells, places.c says which a seat keeps, dispatch.c brings jobs
 * to seats, seat.c runs them there. Nobody else includes this.
 */
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "broker/broker.h"
#include "broker/cell_link.h"
#include "broker/dispatch.h"
#include "broker/run.h"
#include "core/slot.h"
#include "keeper/keeper_msg.h"

struct cell {
	struct dispatch *dispatch;
	struct slot slot;
	struct cell_link link;
	struct run run;
	struct event *
		timer; /* EMPTY: when to try again; IDLE, RUNNING, RESTING: unused; else patience */
	bool was_ready;      /* a cell of this place has been ready once */
	bool is_wanted;      /* when one is gone the next is started */
	bool is_examiner;    /* runs tests and never a candidate, or the other way round */
	uint64_t warm_bytes; /* what its runtime takes, as it says itself before its first run */
	uint64_t used_ns;    /* when something needed it last */
	struct seat *seat;   /* whose job it works for */
};

/* What one of the two cells of a seat has left of the present job. */
struct seat_part {
	bool is_over;
	struct run_facts facts; /* whose examination is the one below */
	struct examination examination;
	uint64_t memory_peak_bytes;
};

/*
 * A place for one evaluation: the cell that the candidate runs in, and the cell that its tests run
 * in if the examination is split. Both are free only when both runs are over. The seat has further
 * cells, of other languages, that wait for jobs of theirs (places.h).
 */
struct seat {
	uint32_t index;
	struct cell *candidate; /* of the present job; else of the last one, or the first cell */
	struct cell *examiner;  /* likewise; one that `is_examiner`, or there was none yet */
	struct job *job;        /* NULL: free */
	bool is_split;          /* its present run takes both cells */
	bool is_planning;       /* its present run makes the batch's plan, in the examiner's cell */
	bool is_called;         /* its present run is called by that plan */
	/* Of the examiner: the batch whose tests it was last given (0: that is over), its user and
	 * its limits. */
	uint64_t sits_for;
	uint32_t sits_for_uid;
	struct limits sits_within;
	struct seat_part candidate_part;
	struct seat_part examiner_part;
};

struct dispatch {
	struct broker *broker;
	struct cell *cells; /* of seat i: i, n_seats + i, 2 * n_seats + i ... */
	uint32_t n_cells;
	struct seat *seats;
	uint32_t n_seats;
	uint32_t n_running;
	struct event *retire_timer;      /* NULL: no cell is ended for being idle */
	uint64_t warm_bytes[POLICY_MAX]; /* of the last cell of each policy that was ready */
	uint32_t without;                /* bit set of the variants that cannot be built */
	uint64_t next_serial;
	uint64_t next_run_id;
	char runtimes[POLICY_MAX][sizeof(((struct cell_report *)0)->runtime)];
	bool was_ready; /* every slot has been */
};

static inline uint64_t *dispatch_counter(struct dispatch *dispatch, enum metric metric)
{
	return &dispatch->broker->metrics.counters[metric];
}

/* The cell that its seat never goes without: of the first policy, for candidates. */
static inline bool cell_is_first(const struct cell *cell)
{
	return cell->slot.index < cell->dispatch->n_seats;
}

/* ---- cell_life.c */

void cell_life_init(struct cell *cell, struct dispatch *dispatch, uint32_t index);
void cell_life_deinit(struct cell *cell);

/* Asks for a cell of slot.policy in an EMPTY slot; without a keeper nothing happens, and the next
 * one that is ready starts them all. */
void cell_life_start(struct cell *cell);

/* Has the standing limits of an IDLE cell changed; the run follows when the keeper has done it. */
void cell_life_limit(struct cell *cell, const struct limits *limits);

/* Whether cells of this policy were tried again and again, and none got ready. */
bool cell_life_is_hopeless(const struct dispatch *dispatch, uint32_t policy);

/* Ends the cell, whatever it does; what ran in it is dealt with when nothing of it is left. */
void cell_life_stop(struct cell *cell);

/* Nothing of the cell is left: what ran in it is judged, its descriptors go, the slot is EMPTY. */
void cell_life_clear(struct cell *cell, bool is_keeper_lost);

/* What the keeper says of the present cell. Descriptors that are taken are set to -1 in fds[]. */
void cell_life_take_event(struct cell *cell, const struct keeper_event *event, int *fds,
			  size_t n_fds);
