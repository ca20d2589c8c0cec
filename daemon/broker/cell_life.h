/*
 * A slot's cell and its life, and what dispatch.c, seat.c and cell_life.c share: cell_life.c
 * follows the life of cells, dispatch.c brings jobs to seats, seat.c runs them there. Nobody else
 * includes this.
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
	bool was_ready;    /* a cell of this slot has been ready once */
	struct seat *seat; /* whose job it works for */
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
 * in if the examination is split. Both are free only when both runs are over.
 */
struct seat {
	struct cell *candidate;
	struct cell *examiner;
	struct job *job;   /* NULL: free */
	bool is_split;     /* its present run takes both cells */
	bool is_planning;  /* its present run makes the batch's plan, in the examiner's cell */
	bool is_called;    /* its present run is called by that plan */
	uint64_t sits_for; /* serial of the batch whose tests the examiner was last given */
	struct seat_part candidate_part;
	struct seat_part examiner_part;
};

struct dispatch {
	struct broker *broker;
	struct cell *cells; /* of seat i: i, and n_seats + i */
	uint32_t n_cells;
	struct seat *seats;
	uint32_t n_seats;
	bool wants_examiners; /* the second cell of a seat is started when the first split job comes
			       */
	uint32_t n_running;
	uint64_t next_serial;
	uint64_t next_run_id;
	char runtimes[POLICY_MAX][sizeof(((struct cell_report *)0)->runtime)];
	bool was_ready; /* every slot has been */
};

static inline uint64_t *dispatch_counter(struct dispatch *dispatch, enum metric metric)
{
	return &dispatch->broker->metrics.counters[metric];
}

/* Cells that are started and kept. */
static inline uint32_t dispatch_n_wanted(const struct dispatch *dispatch)
{
	return dispatch->wants_examiners ? dispatch->n_cells : dispatch->n_seats;
}

/* ---- cell_life.c */

void cell_life_init(struct cell *cell, struct dispatch *dispatch, uint32_t index);
void cell_life_deinit(struct cell *cell);

/* Asks for a cell of slot.policy in an EMPTY slot; without a keeper nothing happens, and the next
 * one that is ready starts them all. */
void cell_life_start(struct cell *cell);

/* Has the standing limits of an IDLE cell changed; the run follows when the keeper has done it. */
void cell_life_limit(struct cell *cell, const struct limits *limits);

/* Ends the cell, whatever it does; what ran in it is dealt with when nothing of it is left. */
void cell_life_stop(struct cell *cell);

/* Nothing of the cell is left: what ran in it is judged, its descriptors go, the slot is EMPTY. */
void cell_life_clear(struct cell *cell, bool is_keeper_lost);

/* What the keeper says of the present cell. Descriptors that are taken are set to -1 in fds[]. */
void cell_life_take_event(struct cell *cell, const struct keeper_event *event, int *fds,
			  size_t n_fds);

/* ---- dispatch.c */

/* Answers everything that waits: no cell can be built to run it. */
void dispatch_give_up_waiting(struct dispatch *dispatch);
