/* Where the daemon's own cgroups are. Pure: works on the texts of /proc/self/{cgroup,mountinfo}. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CGROUP_PATH_MAX 512

struct cgroup_place {
	bool is_v2;
	char path[CGROUP_PATH_MAX]; /* folder of our own cgroup in the file system */
};

/*
 * Finds our own cgroup for `controller` ("memory"): in the v1 hierarchy that has it, else in the
 * v2 hierarchy. `cgroup` and `mountinfo` are the texts of those files. 0; -ENOENT: there is none,
 * or it is not mounted where it can be seen.
 */
int cgroup_place_find(struct cgroup_place *place, const char *controller, const char *cgroup,
		      const char *mountinfo);
