/*
 * The loop of pid 1 of a cell, for every runtime.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "inside/wire.h"

struct serve_setting {
	/* In the forked child, while no run is known yet: what every run needs first. */
	void (*prepare)(void *context);
	/* Likewise, when none has come for a while: what makes the first steps of a run faster but
	 * is not worth its time when runs are waiting. May be NULL. */
	void (*idle)(void *context);
	/* One run, in its forked child. `fds`: the run's descriptors, in the order of enum
	 * cell_run_fd. Never returns. */
	void (*run)(void *context, const struct cell_request *request, const int *fds,
		    size_t n_fds);
	void *context;
	const char *runtime;      /* as told with CELL_READY: "CPython 3.11.2" */
	const char *const *areas; /* the writable folders, each an empty tmpfs; NULL-terminated */
	/* Bit n: a run may come with n descriptors. */
	unsigned int n_descriptors;
};

/*
 * Locks this process, says CELL_READY and serves CELL_RUN for ever, with a child that waits for the
 * next one. Ends the process when the control socket closes; returns -errno, `failure` says why,
 * only if the cell cannot be started. `setting` is borrowed for good.
 */
int serve_runs(const struct serve_setting *setting, struct failure *failure);
