/*
 * Which cells a seat keeps. It has places for POLICY_CELLS_PER_EVALUATION of them: the first is
 * always of the first policy; the others get a cell when a job needs one, and lose it when another
 * needs the place or the memory, or when nothing has needed it for long. Broker; part of dispatch.
 */
#pragma once

#include "broker/cell_life.h"

/* The cell of the seat that such jobs run in, ready or on its way; NULL: none. */
struct cell *places_find(const struct seat *seat, uint32_t policy, bool is_examiner);

/* The policy of the cell that the job's present or next run takes, and of its examiner's. A variant
 * that cannot be built is not asked for. */
uint32_t places_policy_of_candidate(const struct dispatch *dispatch, const struct job *job);
uint32_t places_policy_of_examiner(const struct dispatch *dispatch, const struct job *job);

/* Sees to it that what this job needs, for which there is no seat, is on its way: in as many free
 * seats as there are jobs waiting. */
void places_provide(struct dispatch *dispatch, const struct job *job);

/* No cell of `policy` can be built: jobs do without if it is a variant, else they are answered. */
void places_give_up(struct dispatch *dispatch, uint32_t policy);

/* The keeper is lost, and all cells with it: only the first of each seat are built again at once.
 */
void places_forget(struct dispatch *dispatch);

/* Ends cells that nothing has needed for settings.cell_idle_ms. Repeats itself by a timer. */
int places_start_retiring(struct dispatch *dispatch);
