/* Mapping the ids of a cell's user namespace. */
#pragma once

#include <sys/types.h>

/*
 * Makes `uid` and `gid` of the host the one user and group of the user namespace of `pid`, known
 * there as `inside_id`; setgroups(2) is refused in it from then on. 0 or -errno.
 */
int userns_map(pid_t pid, unsigned int inside_id, uid_t uid, gid_t gid);
