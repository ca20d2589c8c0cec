/*
 * The slot's state machine. Pure; used by the broker's dispatch.
 */
#include "core/slot.h"

#include <assert.h>

static const char *const state_names[SLOT_STATE_COUNT] = {
#define X(name, text) [SLOT_##name] = text,
	SLOT_STATES(X)
#undef X
};

/* Every state may fall to EMPTY: the cell, or the keeper with all cells, can die at any moment. */
static const bool legal_moves[SLOT_STATE_COUNT][SLOT_STATE_COUNT] = {
	[SLOT_EMPTY] = {[SLOT_STARTING] = true},
	[SLOT_STARTING] = {[SLOT_IDLE] = true, [SLOT_STOPPING] = true, [SLOT_EMPTY] = true},
	[SLOT_IDLE] = {[SLOT_LIMITING] = true,
		       [SLOT_RUNNING] = true,
		       [SLOT_STOPPING] = true,
		       [SLOT_EMPTY] = true},
	[SLOT_LIMITING] = {[SLOT_RUNNING] = true,
			   [SLOT_IDLE] = true,
			   [SLOT_STOPPING] = true,
			   [SLOT_EMPTY] = true},
	[SLOT_RUNNING] = {[SLOT_IDLE] = true,
			  [SLOT_RESTING] = true,
			  [SLOT_KILLING] = true,
			  [SLOT_STOPPING] = true,
			  [SLOT_EMPTY] = true},
	[SLOT_RESTING] = {[SLOT_RUNNING] = true,
			  [SLOT_IDLE] = true,
			  [SLOT_KILLING] = true,
			  [SLOT_STOPPING] = true,
			  [SLOT_EMPTY] = true},
	[SLOT_KILLING] = {[SLOT_IDLE] = true, [SLOT_STOPPING] = true, [SLOT_EMPTY] = true},
	[SLOT_STOPPING] = {[SLOT_EMPTY] = true},
};

void slot_init(struct slot *slot, uint32_t index)
{
	*slot = (struct slot){.index = index};
}

void slot_move(struct slot *slot, enum slot_state state)
{
	assert(legal_moves[slot->state][state]);
	slot->state = state;
}

const char *slot_state_name(enum slot_state state)
{
	return state_names[state];
}

bool slot_needs_limits(const struct slot *slot, const struct limits *limits)
{
	return slot->memory_bytes != limits->memory_bytes || slot->processes != limits->processes;
}
