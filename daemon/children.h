/*
 * Starting the daemon's two other programs, and ending what they leave behind.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CHILD_FDS_MAX 7

/* A program and all that it gets. */
struct child_plan {
	const char *path;
	/* Descriptors (borrowed) that become 3, 4, ... in this order; nothing else is passed. -1
	 * leaves its number closed. */
	int fds[CHILD_FDS_MAX];
	size_t n_fds;
	bool dies_with_us; /* killed when the supervisor ends, however it ends */
};

/*
 * Starts it in a process group of its own, with /dev/null as standard input, both outputs on our
 * standard error, an environment of a few variables, and default signals. Its pid, or -errno.
 * A program that cannot be executed ends with status 127, having said why.
 */
pid_t children_start(const struct child_plan *plan);

/*
 * Kills each child of this process but those two (0: none), which are its orphaned descendants when
 * it is a subreaper, and reaps what has already ended.
 */
void children_kill_orphans(pid_t spared, pid_t also_spared);
