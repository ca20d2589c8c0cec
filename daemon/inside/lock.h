/*
 * The last step of a cell's making, done by its runtime after warming up: from here on everything
 * in the cell, pid 1 included, is held by the filter.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Descriptors that pid 1 of a cell finds after exec; 0 is /dev/null, 1 and 2 go to the daemon's
 * log. */
enum cell_fd {
	CELL_FD_CONTROL = 3, /* SOCK_SEQPACKET to the broker, see inside/wire.h */
	CELL_FD_LOCK = 4,    /* sealed memfd: the compiled filter, an array of struct sock_filter
				(seccomp(2)) */
};

/*
 * Makes this process not dumpable, points 0, 1 and 2 at /dev/null, loads the filter for all threads
 * and closes every descriptor but CELL_FD_CONTROL. 0: done, the cell is locked. -errno: `failure`
 * says which step. Call once, single-threaded.
 */
int lock_self(struct failure *failure);

/* As inside_step(), of what lock_self() does. */
const char *lock_step(size_t index, const char **purpose);
