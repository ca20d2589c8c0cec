/*
 * Answering what the filter reports: system calls that no honest program makes are refused by pid 1
 * of the cell, which counts them, so that a result can name them.
 */
#pragma once

#include "inside/wire.h"

/* What was refused since it was last zeroed. */
struct notify_counts {
	struct cell_refusal calls[CELL_REFUSALS_MAX];
	uint32_t n_calls;
	uint32_t others; /* of calls for which there was no entry left */
};

/*
 * Answers one call that waits at the listener with EPERM and counts it. Call it when poll(2) says
 * that one waits: it does not block then, whatever becomes of the caller. 0 or -errno (the listener
 * is of no more use).
 */
int notify_answer(int listener, struct notify_counts *counts);

/* Fills the part of a CELL_DONE that tells them. */
void notify_report(const struct notify_counts *counts, struct cell_report *report);
