/*
 * The way into a cell: the ordered list of steps that turn a child of the keeper into pid 1 of a
 * cell, and the loop that walks it. Runs in the child of clone3(2), between clone and exec: no
 * heap, no stdio, no locks; a failure is a value sent to the keeper, never a message.
 *
 * The order matters:
 * - Sources are opened before anything is mounted, so that no mount can hide one.
 * - As root, the mounts are built with the keeper's power and the user namespace is entered after
 *   them. So host paths in folders that the cell's user may not read can still be bound, and the
 *   mount namespace belongs to the host's user namespace: no capability that could ever be had in
 *   the cell reaches a mount in it. An ordinary user has no such power and begins in the user
 *   namespace.
 * - Limits come before capabilities, which some of them need; capabilities before the parent-death
 *   signal, which every change of credentials clears; descriptors are closed last, because the
 *   set-up channel is one of them.
 *
 * The last wall, the system call filter, is not here: the runtime puts it up itself when it is
 * warm (lock.c).
 */
#include "inside/inside.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inside/step.h"

static const struct {
	const char *name;
	step_function *run;
	const char *purpose; /* for `assay doctor --explain` */
} steps[] = {
	{"keeper", step_wait_for_keeper,
	 "waits until the keeper has put it into its cgroups and mapped its ids"},
	{"session", step_session, "default signals, a session of its own, no terminal"},
	{"out-of-memory-score", step_out_of_memory_score,
	 "0 to 800, never below: what it is becomes the floor of its children"},
	{"cgroup-namespace", step_cgroup_namespace,
	 "its own cgroup is the root of what it can see"},
	{"host-name", step_host_name, "a host name that tells nothing"},
	{"private-mounts", step_private_mounts,
	 "nothing that is mounted here is seen elsewhere, or the other way round"},
	{"mount-sources", step_mount_sources,
	 "opens what the policy mounts, before a mount can hide it"},
	{"root", step_root, "an empty file system that will be the root"},
	{"mounts", step_mounts, "puts the policy's list into it, nothing else"},
	{"files", step_files, "copies the runtime's own files into /runtime, read-only"},
	{"read-only-root", step_read_only_root, "nothing is added to it from here on"},
	{"pivot-root", step_pivot, "the new root becomes the root, the old one is gone"},
	{"groups", step_groups, "as root: gives up every supplementary group"},
	{"user-namespace", step_user_namespace, "as root: enters its user namespace only now"},
	{"no-nested-namespaces", step_no_nested_namespaces, "user.max_user_namespaces becomes 0"},
	{"credentials", step_credentials, "one user and one group, which is nobody's on the host"},
	{"rlimits", step_rlimits,
	 "no core files, no message queues, no priorities; a bounded number of descriptors"},
	{"no-new-privileges", step_no_new_privileges, "no program that it executes gives it more"},
	{"capabilities", step_capabilities, "all five sets are emptied and read back"},
	{"parent-death", step_parent_death, "dies with the keeper"},
	{"descriptors", step_descriptors,
	 "closes all but its control socket and the lock's material"},
	{"exec", step_exec, "becomes the runtime, with the policy's environment only"},
};

_Static_assert(sizeof(steps) / sizeof(steps[0]) <= 32, "a bit of plan.skipped_steps for each");

int step_failed(struct inside *inside, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(inside->detail, sizeof(inside->detail), format, args);
	va_end(args);
	return error;
}

static int send_packet(int channel, const struct setup_packet *packet)
{
	ssize_t n;

	do {
		n = send(channel, packet, sizeof(*packet), MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int channel_tell(const struct inside *inside, uint32_t type)
{
	const struct setup_packet packet = {.type = type};

	return send_packet(inside->plan->channel_fd, &packet);
}

int channel_wait_go(const struct inside *inside)
{
	struct setup_packet packet;
	ssize_t n;

	do {
		n = recv(inside->plan->channel_fd, &packet, sizeof(packet), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -EPIPE; /* the keeper is gone: so is the reason to live */
	return n == sizeof(packet) && packet.type == SETUP_GO ? 0 : -EPROTO;
}

int step_wait_for_keeper(struct inside *inside)
{
	int err = channel_wait_go(inside);

	return err < 0 ? step_failed(inside, err, "waiting for the keeper") : 0;
}

const char *inside_step(size_t index, const char **purpose)
{
	if (index >= sizeof(steps) / sizeof(steps[0]))
		return NULL;
	*purpose = steps[index].purpose;
	return steps[index].name;
}

void inside_enter(const struct plan *plan)
{
	struct inside inside = {.plan = plan, .sysctl_fd = -1, .root_fd = -1};
	struct setup_packet packet = {.type = SETUP_FAILED};

	memset(inside.sources, -1, sizeof(inside.sources));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int err;

		if ((plan->skipped_steps & 1u << i) != 0)
			continue;
		err = steps[i].run(&inside);
		if (err == 0)
			continue;
		failure_set(&packet.failure, steps[i].name, -err, "%s", inside.detail);
		/* A keeper that cannot be told sees the exit status. */
		(void)send_packet(plan->channel_fd, &packet);
		_exit(1);
	}
	_exit(0);
}
