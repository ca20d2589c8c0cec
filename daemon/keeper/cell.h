/* One cell: making it, following its set-up, killing it, and noticing its end. */
#pragma once

#include "keeper/keeper.h"

/*
 * Clones pid 1 of a cell of `policy` in `slot` and sets it going; slot ABSENT -> PRESENT. 0:
 * *control_fd is the broker's end of the control socket, owned by the caller. -errno: nothing was
 * made; `failure` says what failed.
 */
int cell_start(struct keeper *keeper, uint32_t slot, uint32_t policy, uint64_t serial,
	       int *control_fd, struct failure *failure);

/* Kills pid 1, and with it all of the cell; PRESENT -> STOPPING. The end is seen by cell_reap(). */
void cell_kill(struct slot *slot);

/*
 * What the set-up channel of a slot has to say (call when it is readable). CELL_SETUP_FAILED:
 * `failure` is filled; the cell ends by itself.
 */
enum cell_setup { CELL_SETUP_GOES_ON, CELL_SETUP_COMPLETE, CELL_SETUP_FAILED };
enum cell_setup cell_follow_setup(const struct keeper *keeper, uint32_t slot,
				  struct failure *failure);

/* Waits for pid 1, which has ended (its pidfd is readable): -> ABSENT. Status as of wait(2). */
int cell_reap(struct slot *slot);

/* Writes the names of the namespaces that a cell is cloned into, those of `left_out` (a bit set of
 * enum policy_layer) not. */
void cell_name_namespaces(bool is_privileged, uint32_t left_out, char *text, size_t size);

/*
 * Builds a cell of `policy` up to the exec, and takes it down: 0, or -errno with `failure`. Shows
 * at the start what this machine does not give. Blocks, a few milliseconds.
 */
int cell_try(struct keeper *keeper, uint32_t policy, struct failure *failure);
