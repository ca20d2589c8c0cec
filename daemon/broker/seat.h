/*
 * A place for one evaluation at a time: it runs a job in its cells, and says what became of it.
 * Broker; between dispatch.c, which brings jobs, and cell_life.c, which tells how cells do.
 */
#pragma once

#include "broker/cell_life.h"

/* Starts the run that makes the plan of the seat's job. */
void seat_plan(struct seat *seat);

/* Starts the run of slot.job, whose limits are set, and that of its examiner: an IDLE or LIMITING
 * slot becomes RUNNING, or STOPPING if that fails. */
void seat_run(struct cell *cell);

/* The run in `cell` has ended, whatever ended it; `report` is NULL if the cell or the keeper was
 * lost. With the last run of its seat the job is judged. The slot has no job afterwards. */
void seat_conclude(struct cell *cell, const struct cell_report *report, bool is_keeper_lost);

/* The examiner in `cell` has done with its job and waits for another of its user. */
void seat_rest(struct cell *cell);

/* After seat_conclude, when the slot has its next state: a seat that has kept its job runs its next
 * case here if the cell is idle, else the job goes on in another one. */
void seat_go_on(struct cell *cell);

/* A job that was assigned and could not be run goes back into the queue, or is answered at last.
 * The slot has no job afterwards. */
void seat_give_back(struct cell *cell);

/* Whether the examiner rests and could go on with this job; and whether it has its tests. */
bool seat_sits_for(const struct seat *seat, const struct job *job);
bool seat_has_tests(const struct seat *seat, const struct job *job);

/* Ends an examiner that rests; its cell is free when it says so. */
void seat_end_sitting(struct seat *seat);
