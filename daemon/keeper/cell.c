/*
 * Cells, as assay-keeper sees them: a child made by clone3(2), a pidfd, and while it sets itself up
 * a channel. What the child does is in inside/inside.c.
 *
 * The whole of a cell dies with its pid 1: the kernel kills every process of a pid namespace whose
 * init ends, and lets nobody wait for that init before all of them are gone. So a successful wait
 * is the proof that nothing is left, and one SIGKILL is enough; no list of processes is kept.
 *
 * An ordinary user needs the user namespace from the first moment, because it gives the power to
 * make the others. Root makes them with its own power, and the child enters its user namespace
 * late (inside.c says why).
 */
#include "keeper/cell.h"

#include <assert.h>
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "inside/inside.h"
#include "keeper/core_pattern.h"
#include "keeper/plan_build.h"
#include "keeper/userns.h"

#define TRIAL_PATIENCE_MS 10000

/* CLONE_NEWCGROUP is unshared by the child once it is in its cgroup, see inside/namespaces.c. */
#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

void slot_change_state(struct slot *slot, enum slot_state next)
{
	static const bool is_legal[SLOT_STATES][SLOT_STATES] = {
		[SLOT_ABSENT][SLOT_PRESENT] = true,
		[SLOT_PRESENT][SLOT_STOPPING] = true,
		[SLOT_PRESENT][SLOT_ABSENT] = true,
		[SLOT_STOPPING][SLOT_ABSENT] = true,
	};

	assert(slot->state < SLOT_STATES && next < SLOT_STATES && is_legal[slot->state][next]);
	slot->state = next;
}

/* ---- making ---- */

static uint64_t namespaces_of(bool is_privileged, uint32_t left_out)
{
	static const struct {
		enum policy_layer layer;
		uint64_t flag;
	} optional[] = {
		{LAYER_NETWORK_NAMESPACE, CLONE_NEWNET},
		{LAYER_IPC_NAMESPACE, CLONE_NEWIPC},
		{LAYER_UTS_NAMESPACE, CLONE_NEWUTS},
	};
	uint64_t flags = NAMESPACES | (is_privileged ? 0 : CLONE_NEWUSER);

	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
		if ((left_out & 1u << optional[i].layer) != 0)
			flags &= ~optional[i].flag;
	return flags;
}

void cell_name_namespaces(bool is_privileged, uint32_t left_out, char *text, size_t size)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} names[] = {
		{CLONE_NEWUSER, "user"},   {CLONE_NEWPID, "pid"}, {CLONE_NEWNS, "mount"},
		{CLONE_NEWNET, "network"}, {CLONE_NEWIPC, "ipc"}, {CLONE_NEWUTS, "uts"},
	};
	const uint64_t flags = namespaces_of(is_privileged, left_out);
	size_t len = (size_t)snprintf(text, size, "clone3 into new ones:");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && len < size; i++)
		if ((flags & names[i].flag) != 0)
			len += (size_t)snprintf(text + len, size - len, " %s", names[i].name);
}

static pid_t clone_cell(const struct plan *plan, int *pidfd)
{
	struct clone_args args = {
		.flags = plan->namespaces | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static int send_go(int channel)
{
	const struct setup_packet packet = {.type = SETUP_GO};

	return fd_send(channel, &packet, sizeof(packet), NULL, 0);
}

/* Of the host, as root: never root's and never the broker's. */
static unsigned int own_id(const struct keeper *keeper, uint32_t slot)
{
	const bool is_shared = (keeper->left_out & 1u << LAYER_HOST_UID) != 0;

	return keeper->table->uid_base + 1 + (is_shared ? 0 : slot);
}

static int map_ids(const struct keeper *keeper, uint32_t slot, pid_t pid, struct failure *failure)
{
	const unsigned int own = own_id(keeper, slot);
	const uid_t uid = keeper->is_privileged ? own : geteuid();
	const gid_t gid = keeper->is_privileged ? own : getegid();
	int err = userns_map(pid, PLAN_INSIDE_ID, uid, gid);

	if (err < 0)
		failure_set(failure, "map-ids", -err, "host uid %u, gid %u", uid, gid);
	return err;
}

/* Everything the child waits for before its first step. */
static int release(const struct keeper *keeper, uint32_t slot, pid_t pid, int channel,
		   struct failure *failure)
{
	int err = cgroup_place_process(&keeper->cgroups, slot, pid);

	if (err < 0) {
		failure_set(failure, "cgroup", -err, "moving the cell into slot %u", slot);
		return err;
	}
	if (!keeper->is_privileged) {
		err = map_ids(keeper, slot, pid, failure);
		if (err < 0)
			return err;
	}
	err = send_go(channel);
	if (err < 0)
		failure_set(failure, "set-up-channel", -err, "telling the cell to go on");
	return err;
}

static void kill_and_wait(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Clones and releases the child; *started gets pid, pidfd and channel. */
static int launch(const struct keeper *keeper, uint32_t slot, struct plan *plan,
		  struct slot *started, struct failure *failure)
{
	_cleanup_fd_ int theirs = -1;
	_cleanup_fd_ int ours = -1;
	int pair[2];
	int pidfd = -1;
	int err;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		err = -errno;
		failure_set(failure, "set-up-channel", -err, "socketpair");
		return err;
	}
	ours = pair[0];
	theirs = pair[1];
	plan->channel_fd = theirs;
	pid = clone_cell(plan, &pidfd);
	if (pid < 0) {
		err = -errno;
		failure_set(failure, "namespaces", -err, "clone3");
		return err;
	}
	if (pid == 0) {
		close(ours); /* else the child would not see the keeper die */
		inside_enter(plan);
	}
	err = release(keeper, slot, pid, ours, failure);
	if (err < 0) {
		kill_and_wait(pid);
		close(pidfd);
		return err;
	}
	started->pid = pid;
	started->pidfd = pidfd;
	started->channel = fd_take(&ours);
	return 0;
}

static void plan_for(const struct keeper *keeper, uint32_t slot, uint32_t policy_index,
		     struct plan *plan)
{
	const struct prepared *prepared = &keeper->prepared[policy_index];
	const struct policy *policy = &keeper->table->policies[policy_index];

	plan_build(plan, policy);
	plan->core_bytes = core_pattern_limit_here();
	plan->enters_user_namespace = keeper->is_privileged;
	plan->namespaces = namespaces_of(keeper->is_privileged, policy->left_out_layers);
	if ((policy->left_out_layers & 1u << LAYER_USER_NAMESPACE) != 0)
		plan->id = own_id(keeper, slot);
	plan->files = prepared->runtime.files;
	plan->n_files = prepared->runtime.n_files;
	plan->lock_fd = prepared->lock_fd;
}

static int set_default_limits(const struct keeper *keeper, uint32_t slot, uint32_t policy,
			      struct failure *failure)
{
	const struct policy *chosen = &keeper->table->policies[policy];
	int err = cgroup_limit(&keeper->cgroups, slot,
			       chosen->default_limits.memory_bytes + chosen->cell_memory_bytes,
			       (uint64_t)chosen->default_limits.processes + 1);

	if (err < 0)
		failure_set(failure, "cgroup", -err, "default limits of slot %u", slot);
	return err;
}

int cell_start(struct keeper *keeper, uint32_t slot_number, uint32_t policy, uint64_t serial,
	       int *control_fd, struct failure *failure)
{
	struct slot *slot = &keeper->slots[slot_number];
	_cleanup_fd_ int theirs = -1;
	_cleanup_fd_ int ours = -1;
	struct plan plan;
	int pair[2];
	int err = set_default_limits(keeper, slot_number, policy, failure);

	if (err < 0)
		return err;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		err = -errno;
		failure_set(failure, "control-socket", -err, "socketpair");
		return err;
	}
	ours = pair[0];
	theirs = pair[1];
	plan_for(keeper, slot_number, policy, &plan);
	plan.control_fd = theirs;
	err = launch(keeper, slot_number, &plan, slot, failure);
	if (err < 0)
		return err;
	slot->serial = serial;
	slot->policy = policy;
	slot_change_state(slot, SLOT_PRESENT);
	*control_fd = fd_take(&ours);
	return 0;
}

/* ---- following and ending ---- */

enum cell_setup cell_follow_setup(const struct keeper *keeper, uint32_t slot_number,
				  struct failure *failure)
{
	const struct slot *slot = &keeper->slots[slot_number];
	struct setup_packet packet;
	int no_fds[1];
	size_t n_fds = 0;
	ssize_t n = fd_receive(slot->channel, &packet, sizeof(packet), no_fds, &n_fds);

	if (n == 0 || n == -ECONNRESET)
		return CELL_SETUP_COMPLETE; /* by exec, or it died: the pidfd will tell */
	if (n != sizeof(packet)) {
		failure_set(failure, "set-up-channel", n < 0 ? (int)-n : EPROTO, "bad packet");
		return CELL_SETUP_FAILED;
	}
	if (packet.type == SETUP_FAILED) {
		*failure = packet.failure;
		failure->step[sizeof(failure->step) - 1] = '\0';
		failure->detail[sizeof(failure->detail) - 1] = '\0';
		return CELL_SETUP_FAILED;
	}
	if (packet.type == SETUP_DONE)
		return CELL_SETUP_COMPLETE;
	if (packet.type != SETUP_NEEDS_MAPS || !keeper->is_privileged) {
		failure_set(failure, "set-up-channel", EPROTO, "packet of type %u", packet.type);
		return CELL_SETUP_FAILED;
	}
	if (map_ids(keeper, slot_number, slot->pid, failure) < 0)
		return CELL_SETUP_FAILED;
	/* If it is dead already, its pidfd says so. */
	(void)send_go(slot->channel);
	return CELL_SETUP_GOES_ON;
}

void cell_kill(struct slot *slot)
{
	slot_change_state(slot, SLOT_STOPPING);
	/* ESRCH: it has just ended by itself, which is as good. */
	(void)syscall(SYS_pidfd_send_signal, slot->pidfd, SIGKILL, NULL, 0);
}

int cell_reap(struct slot *slot)
{
	int status = 0;

	while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
		;
	fd_close(&slot->pidfd);
	fd_close(&slot->channel);
	slot->pid = 0;
	slot_change_state(slot, SLOT_ABSENT);
	return status;
}

/* ---- trial ---- */

static int follow_trial(struct keeper *keeper, struct failure *failure)
{
	struct pollfd channel = {.fd = keeper->slots[0].channel, .events = POLLIN};

	for (;;) {
		int n = poll(&channel, 1, TRIAL_PATIENCE_MS);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			failure_set(failure, "trial", ETIMEDOUT, "a step hangs");
			return -ETIMEDOUT;
		}
		switch (cell_follow_setup(keeper, 0, failure)) {
		case CELL_SETUP_GOES_ON:
			continue;
		case CELL_SETUP_FAILED:
			return failure->error > 0 ? -failure->error : -EIO;
		case CELL_SETUP_COMPLETE:
			return 0;
		}
	}
}

int cell_try(struct keeper *keeper, uint32_t policy, struct failure *failure)
{
	struct slot *slot = &keeper->slots[0];
	struct plan plan;
	int status;
	int err;

	plan_for(keeper, 0, policy, &plan);
	plan.is_trial = true;
	plan.control_fd = plan.lock_fd; /* any; nobody reads it */
	err = launch(keeper, 0, &plan, slot, failure);
	if (err < 0)
		return err;
	slot_change_state(slot, SLOT_PRESENT);
	err = follow_trial(keeper, failure);
	if (err < 0)
		cell_kill(slot);
	status = cell_reap(slot);
	if (err == 0 && status != 0) {
		failure_set(failure, "trial", EIO, "ended with status 0x%x", (unsigned int)status);
		err = -EIO;
	}
	return err;
}
