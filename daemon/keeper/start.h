/* The keeper's start: everything that is done once, before it says READY. */
#pragma once

#include <stddef.h>

#include "keeper/keeper.h"

/*
 * The first half of keeper_start(): fills `keeper` up to its layers, but refuses none that is
 * missing and builds no cell. 0 or the exit status to end with.
 */
int keeper_prepare(struct keeper *keeper, const struct policy_table *table, size_t table_size);

/*
 * Fills `keeper`: checks the table, opens runtimes, compiles filters, makes the cgroups, tries one
 * cell of each policy. 0, or the exit status to end with; what is wrong, and how to mend it, is on
 * stderr. Also on failure the caller ends with keeper_stop().
 */
int keeper_start(struct keeper *keeper, const struct policy_table *table, size_t table_size);

/* Kills all cells, waits for them, removes the cgroups. */
void keeper_stop(struct keeper *keeper);
