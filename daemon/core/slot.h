/*
 * A slot: the place where one evaluation runs at a time, and the life of its cell as the broker
 * sees it. The descriptors and events of the cell are broker/cell_link.h's. Pure.
 *
 *     EMPTY ──start──▶ STARTING ──ready──▶ IDLE ──run──▶ RUNNING ──done──▶ IDLE
 *                          │                │ ▲             │ kill
 *                          │                │ └─clean─── KILLING
 *                          └──── stop ──────┴───▶ STOPPING ◀┘      ──gone──▶ EMPTY
 *
 * LIMITING (between IDLE and RUNNING) waits for the keeper to set other standing limits. RESTING
 * (between RUNNING and RUNNING, or KILLING) is an examiner that waits for the next candidate of its
 * batch.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/job.h"

#define SLOT_STATES(X)          \
	X(EMPTY, "empty")       \
	X(STARTING, "starting") \
	X(IDLE, "idle")         \
	X(LIMITING, "limiting") \
	X(RUNNING, "running")   \
	X(RESTING, "resting")   \
	X(KILLING, "killing")   \
	X(STOPPING, "stopping")

enum slot_state {
#define X(name, text) SLOT_##name,
	SLOT_STATES(X)
#undef X
		SLOT_STATE_COUNT
};

struct slot {
	enum slot_state state;
	uint32_t index;
	uint32_t policy;       /* of the present cell */
	uint64_t serial;       /* of the present cell; 0: none */
	uint32_t cell_pid;     /* for status */
	uint32_t layers;       /* in force on the present cell */
	uint64_t runs;         /* served by the present cell */
	uint64_t cells;        /* started in this slot */
	uint32_t failures;     /* cells in a row that did not become ready */
	uint64_t memory_bytes; /* standing limits now in force; 0: the policy's defaults are not set
				  yet */
	uint32_t processes;
	struct job *job; /* LIMITING, RUNNING, KILLING */
};

void slot_init(struct slot *slot, uint32_t index);

/* The one place where a slot changes state; asserts that the move is legal. */
void slot_move(struct slot *slot, enum slot_state state);

/* "idle". */
const char *slot_state_name(enum slot_state state);

/* Whether the standing limits must be changed before a run with `limits`. */
bool slot_needs_limits(const struct slot *slot, const struct limits *limits);
