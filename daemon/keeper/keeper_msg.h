/*
 * THE contract between assay-broker (talks) and assay-keeper (has power): everything that the
 * privileged side may be asked. Fixed-size packets on a SOCK_SEQPACKET pair; no text, no path, no
 * byte that a client sent. A packet of another size, an unknown type, or a request that is not
 * legal in the slot's state ends the keeper (and with it all cells); the supervisor starts a new
 * one.
 *
 * State of a slot as the keeper knows it, and what may be asked then:
 *
 *     state     CELL_START        CELL_STOP         CELL_LIMIT
 *     ABSENT    -> PRESENT        refused           refused
 *     PRESENT   refused           -> STOPPING       stays
 *     STOPPING  refused           refused           refused
 *
 * PRESENT and STOPPING become ABSENT by themselves when pid 1 of the cell has ended and everything
 * of it is gone; the keeper then says CELL_GONE. A request that names another `serial` than the
 * slot's present cell is about a cell that has just gone: it is ignored without an answer (the
 * CELL_GONE that is already on its way is the answer).
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

enum keeper_request_type {
	KEEPER_CELL_START =
		1, /* build a cell of `policy` in `slot`, known as `serial` from now on */
	KEEPER_CELL_STOP = 2, /* kill it and everything in it */
	KEEPER_CELL_LIMIT =
		3, /* set the standing cgroup's memory and pids limits; answered by CELL_LIMITED */
};

struct keeper_request {
	uint32_t type;
	uint32_t slot;      /* < n_slots of the policy table */
	uint32_t policy;    /* index in the policy table, variants too; CELL_START only, else 0 */
	uint32_t processes; /* CELL_LIMIT: of the run; pid 1 is added by the keeper */
	uint64_t serial;    /* chosen by the broker, never 0, never used twice */
	uint64_t memory_bytes; /* CELL_LIMIT: of the run; the policy's cell_memory_bytes is added */
};

enum keeper_event_type {
	KEEPER_READY = 1, /* once, first: `layers` this machine gives */
	KEEPER_CELL_STARTED =
		2, /* pid 1 exists; descriptors below; it says CELL_READY itself on its socket */
	KEEPER_CELL_FAILED = 3, /* a set-up step failed: `failure`; CELL_GONE follows */
	KEEPER_CELL_LIMITED = 4,
	KEEPER_CELL_GONE = 5, /* nothing of the cell is left; `status` as of wait(2) */
};

/*
 * Descriptors of CELL_STARTED, in this order: the control socket (SOCK_SEQPACKET, see
 * inside/wire.h); then, each only if its bit is in `layers`, opened read-only: the file whose
 * "oom_kill N" line counts (CGROUP_MEMORY: memory.events or memory.oom_control), the one whose
 * "max N" line counts (CGROUP_PIDS: pids.events), and the one that counts CPU time (CGROUP_CPU:
 * cpuacct.usage, a number of nanoseconds, or cpu.stat with a line "usage_usec N"). All are re-read
 * with pread(2) from offset 0.
 * They do not belong to a cell but to the slot's standing cgroup, so counters go on from cell to
 * cell.
 */
struct keeper_event {
	uint32_t type;
	uint32_t slot;
	uint64_t serial;
	uint32_t layers; /* bit set of enum policy_layer: READY: of the machine; STARTED: of this
			    cell */
	int32_t pid;     /* STARTED: pid 1 of the cell as the host sees it, for status only */
	int32_t status;
	struct failure failure;
};

/* Descriptors of assay-keeper after exec; 0 is /dev/null, 1 and 2 go to the log. */
enum keeper_fd {
	KEEPER_FD_POLICIES = 3, /* sealed memfd: struct policy_table */
	KEEPER_FD_BROKER =
		4, /* SOCK_SEQPACKET; end of file: kill all cells, remove everything, exit 0 */
	KEEPER_FD_LIFELINE = 5, /* pipe; end of file: the supervisor is gone: the same */
};

/* Exit status: a layer that a policy requires cannot be had here (the text is on stderr): do not
 * restart. */
#define KEEPER_EXIT_UNABLE 3
