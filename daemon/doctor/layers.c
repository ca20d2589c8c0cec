/*
 * The layers in a sentence each, for `assay doctor`. By name and not by number, so that this table
 * may know more than the daemon that it is built into; a test looks for one that is left out.
 */
#include "doctor/layers.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *layer;
	const char *purpose;
} purposes[] = {
	{"user-namespace", "root of a cell is nobody outside of it"},
	{"pid-namespace", "no other process can be seen or signalled, and all end with the first"},
	{"mount-namespace", "only the files that the policy lists exist"},
	{"network-namespace", "no network, and none of the host's sockets"},
	{"ipc-namespace", "no shared memory, queues or semaphores of others"},
	{"uts-namespace", "the host's name stays unknown"},
	{"cgroup-namespace", "the host's cgroups stay unknown"},
	{"read-only-root", "nothing of the host can be written, only bounded tmpfs"},
	{"no-capabilities", "no power that the kernel gives by the piece"},
	{"no-new-privileges", "set-uid programs give nothing"},
	{"seccomp", "most of the kernel cannot be reached at all"},
	{"seccomp-notify", "a refused system call is named in the result"},
	{"landlock", "files and sockets are refused a second time, by another part of the kernel"},
	{"rlimits", "files, stacks and descriptors of each process are bounded"},
	{"host-uid-per-slot", "cells do not share the counters that the kernel keeps for a user"},
	{"cgroup-memory", "the memory of a whole run is bounded, tmpfs and swap included"},
	{"cgroup-pids", "the processes of a whole run are bounded"},
	{"cgroup-cpu", "CPU time is counted even if nobody waits for a process"},
};

const char *layer_purpose(enum policy_layer layer)
{
	const char *name = policy_layer_name(layer);

	for (size_t i = 0; name != NULL && i < sizeof(purposes) / sizeof(purposes[0]); i++)
		if (strcmp(purposes[i].layer, name) == 0)
			return purposes[i].purpose;
	return "";
}
