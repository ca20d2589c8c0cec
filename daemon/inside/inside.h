/*
 * How a freshly cloned child of the keeper becomes pid 1 of a cell, and what it says to the keeper
 * meanwhile, over the set-up channel (SOCK_SEQPACKET pair, closed by exec).
 *
 *     keeper                                        child
 *       places it in the slot's cgroups,
 *       (ordinary user: writes its id maps)
 *       SETUP_GO                       ───────────▶ runs the steps of inside.c
 *                                      ◀─────────── SETUP_NEEDS_MAPS (root only), it waits
 *       writes its id maps, SETUP_GO   ───────────▶
 *                                      ◀─────────── SETUP_FAILED and exit, or SETUP_DONE
 *                                                   (trial), or end of file by exec
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "inside/plan.h"

enum setup_type { SETUP_GO = 1, SETUP_NEEDS_MAPS = 2, SETUP_FAILED = 3, SETUP_DONE = 4 };

struct setup_packet {
	uint32_t type;
	struct failure failure; /* SETUP_FAILED */
};

/* Name and purpose of step `index`, in the order in which they are run; NULL beyond the last.
 * Static texts. */
const char *inside_step(size_t index, const char **purpose);

/* Runs the steps in order; the first that fails is reported by name. Never returns. */
void inside_enter(const struct plan *plan) __attribute__((noreturn));
