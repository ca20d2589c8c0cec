/*
 * The state of assay-keeper: what it was given, what it made once at its start, and its slots.
 * One process, one thread, one of it (main.c).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "core/policy.h"
#include "keeper/cgroup.h"
#include "keeper/runtime_files.h"

/* keeper_msg.h has the table of what may be asked in which state. */
enum slot_state {
	SLOT_ABSENT,   /* no process; pid, pidfd and channel are unset */
	SLOT_PRESENT,  /* pid 1 exists (it may be dead already, but has not been waited for) */
	SLOT_STOPPING, /* killed, not yet waited for */
	SLOT_STATES,
};

struct slot {
	enum slot_state state;
	uint64_t serial; /* of the present cell; of the last one while ABSENT */
	uint32_t policy; /* likewise */
	pid_t pid;
	int pidfd;
	int channel; /* set-up channel (inside/inside.h); -1 once the runtime runs */
};

/* What is prepared of a policy at the start. */
struct prepared {
	int lock_fd; /* filter and rules, inside/lock.h */
	struct runtime_files runtime;
};

struct keeper {
	const struct policy_table *table;
	bool is_privileged; /* root with power over mounts and ids; else an ordinary user */
	uint32_t layers;    /* bit set of enum policy_layer: what every cell gets here */
	uint32_t left_out;  /* likewise: what a policy leaves out */
	struct prepared prepared[POLICY_MAX];
	struct cgroups cgroups;
	struct slot slots[POLICY_SLOTS_MAX];
};

/* Moves the slot to `next`; a move that keeper_msg.h does not know ends the process. */
void slot_change_state(struct slot *slot, enum slot_state next);
