/*
 * The standing cgroups: one per slot, in the hierarchies that limit memory and processes and count
 * CPU time, below the daemon's own cgroup and nowhere else. They are made once and serve one cell
 * after the other.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "keeper/cgroup_place.h"

#define CGROUP_LAYERS 3 /* CGROUP_MEMORY, CGROUP_PIDS, CGROUP_CPU */

/* A hierarchy in which we have groups: <own cgroup>/assay.<supervisor pid>/slot-<N>. */
struct cgroup_tree {
	struct cgroup_place place;
	char folder[CGROUP_PATH_MAX]; /* .../assay.<supervisor pid> */
	uint32_t layers;              /* which of CGROUP_MEMORY, _PIDS and _CPU it gives */
	bool has_moved;               /* v2: our processes were moved to a leaf of their own */
};

struct cgroups {
	uint32_t n_slots;
	pid_t supervisor;
	uint32_t layers;
	struct cgroup_tree trees[CGROUP_LAYERS];
	uint32_t n_trees;
	char why[CGROUP_LAYERS][160]; /* by layer from CGROUP_MEMORY on: why missing; "" if not */
};

/*
 * Removes what a killed keeper of the same supervisor left, makes the groups of all layers but
 * `left_out` and tries every limit (writes and reads it back). Missing layers are not an error: see
 * `layers` and `why`.
 */
void cgroup_open(struct cgroups *cgroups, uint32_t n_slots, pid_t supervisor, uint32_t left_out);

/* Removes all groups, which must be empty; v2: moves our processes back. */
void cgroup_close(struct cgroups *cgroups);

/* Moves `pid` into the groups of `slot`. 0 or -errno. */
int cgroup_place_process(const struct cgroups *cgroups, uint32_t slot, pid_t pid);

/* Sets the limits of `slot`; those without their layer are left alone. 0 or -errno. */
int cgroup_limit(const struct cgroups *cgroups, uint32_t slot, uint64_t memory_bytes,
		 uint64_t processes);

/*
 * Opens the files of CELL_STARTED (keeper_msg.h) read-only: memory's events, pids', CPU time.
 * Returns how many (0..CGROUP_LAYERS) are in fds[], owned by the caller, or -errno.
 */
int cgroup_open_events(const struct cgroups *cgroups, uint32_t slot, int fds[CGROUP_LAYERS]);
