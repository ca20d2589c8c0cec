/*
 * The last step of a cell's making, done by its runtime after warming up: from here on everything
 * in the cell, pid 1 included, is held by Landlock and by the filter.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Descriptors that pid 1 of a cell finds after exec; 0 is /dev/null, 1 and 2 go to the daemon's
 * log. */
enum cell_fd {
	CELL_FD_CONTROL = 3, /* SOCK_SEQPACKET to the broker, see inside/wire.h */
	CELL_FD_LOCK = 4,    /* sealed memfd: struct lock_header, its rules, its instructions */
};

#define LOCK_MAGIC 0x61736c6bu
#define LOCK_RULES_MAX 40
#define LOCK_PATH_MAX 256
#define LOCK_INSTRUCTIONS_MAX 4096 /* BPF_MAXINSNS: the kernel refuses longer filters */

struct lock_header {
	uint32_t magic;
	uint32_t flags;          /* LOCK_* */
	uint32_t n_rules;        /* struct lock_rule, follow the header */
	uint32_t n_instructions; /* struct sock_filter (seccomp(2)), follow the rules */
};
#define LOCK_LISTENS 1u   /* the filter reports calls: load it with a listener */
#define LOCK_LANDLOCK 2u  /* restrict paths to `rules`, else they do not count */
#define LOCK_NO_FILTER 4u /* leave the filter out, for tests: said, never the sense of a zero */

/* What may be done beneath a path of the cell; of a file, what makes sense for one. */
enum lock_access {
	LOCK_ACCESS_LIST,   /* list folders */
	LOCK_ACCESS_READ,   /* list, read and execute */
	LOCK_ACCESS_PROC,   /* list, read and write what exists */
	LOCK_ACCESS_DEVICE, /* read, write, control */
	LOCK_ACCESS_WORK,   /* everything but making devices */
};

struct lock_rule {
	uint32_t access;          /* enum lock_access */
	char path[LOCK_PATH_MAX]; /* NUL-terminated; one that does not exist is left out */
};

/*
 * Makes this process not dumpable, points 0, 1 and 2 at /dev/null, restricts itself by Landlock,
 * closes every descriptor but CELL_FD_CONTROL and loads the filter for all threads. 0: done, the
 * cell is locked, and *listener is the descriptor of its listener (inside/notify.h; close-on-exec,
 * the caller owns it) or -1. -errno: `failure` says which step. Call once, single-threaded.
 */
int lock_self(struct failure *failure, int *listener);

/* As inside_step(), of what lock_self() does. */
const char *lock_step(size_t index, const char **purpose);
