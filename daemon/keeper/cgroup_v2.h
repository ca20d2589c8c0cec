/* What cgroup v2 asks for before groups below our own can have limits. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "keeper/cgroup.h"

/*
 * `place` is where we are now. If that is the leaf that an earlier keeper of this supervisor moved
 * us to, changes it to what was our own cgroup before. -ENOENT: the controller is not available
 * there.
 */
int cgroup_v2_adopt(struct cgroup_place *place, pid_t supervisor, const char *controller);

/*
 * Passes the controllers on to the slots' groups. Where the kernel demands it, moves the processes
 * of our own cgroup to <tree->folder>/daemon first: only if all of them are the supervisor or
 * descend from it; -EBUSY if somebody else's is among them.
 */
int cgroup_v2_delegate(struct cgroup_tree *tree, pid_t supervisor, bool memory, bool pids);

/* Undoes cgroup_v2_delegate(), as far as it got. */
void cgroup_v2_take_back(struct cgroup_tree *tree);
