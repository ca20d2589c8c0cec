/*
 * Step: the resource limits that hold for pid 1 and every run alike. Those of one run (CPU, file
 * size, processes, address space) are lowered by the run itself after the fork. Runs in the child
 * of the keeper. Limits only go down: a hard limit that is already lower stays.
 */
#include <errno.h>
#include <sys/resource.h>

#include "inside/step.h"

static int lower(int resource, uint64_t wanted)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
		return -errno;
	if (limit.rlim_max > wanted)
		limit.rlim_max = wanted;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &limit) < 0 ? -errno : 0;
}

int step_rlimits(struct inside *inside)
{
	const struct {
		const char *name;
		int resource;
		uint64_t value;
	} limits[] = {
		{"core", RLIMIT_CORE, inside->plan->core_bytes},
		{"memlock", RLIMIT_MEMLOCK, 64 * 1024},
		{"msgqueue", RLIMIT_MSGQUEUE, 0},
		{"nice", RLIMIT_NICE, 0},
		{"rtprio", RLIMIT_RTPRIO, 0},
		{"sigpending", RLIMIT_SIGPENDING, 1024},
		{"nofile", RLIMIT_NOFILE, inside->plan->open_files},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		int err = lower(limits[i].resource, limits[i].value);

		if (err < 0)
			return step_failed(inside, err, "%s", limits[i].name);
	}
	return 0;
}
