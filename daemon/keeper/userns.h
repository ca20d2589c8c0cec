/* Mapping the ids of a cell's user namespace. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * Makes `uid` and `gid` of the host the one user and group of the user namespace of `pid`, known
 * there as `inside_id`; setgroups(2) is refused in it from then on. 0 or -errno.
 */
int userns_map(pid_t pid, unsigned int inside_id, uid_t uid, gid_t gid);

/* Who the keeper may make cells for. */
enum userns_power {
	USERNS_ROOT,  /* may give each slot a host uid of its own */
	USERNS_SELF,  /* may give only its own uid */
	USERNS_UNFIT, /* its own uid is the host's root, and it may give no other */
};

/*
 * What `uid_base` and `n_slots` demand, held against what we are. `uid_map` is the text of
 * /proc/self/uid_map, `may_set_ids` whether we have the capabilities that map other ids. Pure.
 */
enum userns_power userns_power_of(uid_t uid, bool may_set_ids, const char *uid_map,
				  unsigned int uid_base, unsigned int n_slots);
