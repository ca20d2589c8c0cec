/*
 * assayd after its start: starts the keeper and the broker, starts anew what dies, ends everything
 * in order. It handles no byte of a client, so there is little that could end it.
 *
 * Who depends on whom:
 * - The keeper dies: its cells are dead; the broker is told of a new keeper and goes on, because it
 *   knows the clients and what was asked.
 * - The keeper hangs: the broker tells, and we kill it.
 * - The broker dies: the keeper sees the end of its socket, removes the cells and ends; both start
 *   anew. Clients are disconnected; those that connect meanwhile wait in the listening socket.
 * - Both sides of the pair between broker and keeper belong to those two alone: we close ours at
 *   once, or neither would ever see the other's end.
 * - We die: the broker is killed by the kernel, the keeper sees the end of its lifeline.
 *
 * Everything is one state, `struct supervisor`, looked at by advance() after every event: it starts
 * what is missing, or, when stopping, waits for the broker, then the keeper, then kills what is
 * left. A program that keeps dying ends the daemon, because a service manager or a person can do
 * something about it, and a loop of restarts cannot.
 */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "children.h"
#include "core/handover.h"
#include "keeper/keeper_msg.h"
#include "notify.h"

#define DEATHS_MAX 5                       /* so many ... */
#define DEATHS_WINDOW_NS (10 * NS_PER_S)   /* ... within this, never ready between: give up */
#define STOP_RUNS_MS 3000                  /* what the broker lets runs have when stopping */
#define BROKER_PATIENCE_NS (5 * NS_PER_S)  /* that, and time to say good-bye */
#define KEEPER_PATIENCE_NS (10 * NS_PER_S) /* to remove cells and cgroups */
#define REAP_PATIENCE_NS (2 * NS_PER_S)

struct supervisor {
	const struct supervisor_plan *plan;
	sigset_t signals;
	int signal_fd;
	int lifeline_read; /* the keeper's end of our own lifeline to it */
	int lifeline_write;
	int lifeline_fd; /* of the plan; -1 once it has ended or when there is none */
	int ready_fd;
	int channel;  /* to the broker; -1: none */
	pid_t broker; /* 0: none */
	pid_t keeper;
	uint64_t deadline_ns; /* kill the child that is being waited for; 0: none is */
	bool was_ready;
	bool is_stopping;
	int status;                     /* of assayd, once stopping */
	uint64_t deaths_ns[DEATHS_MAX]; /* times of the last deaths, a ring */
	unsigned int n_deaths;
};

static void begin_stop(struct supervisor *supervisor, int status)
{
	const struct supervisor_packet packet = {.type = SUPERVISOR_STOP, .value = STOP_RUNS_MS};

	if (supervisor->is_stopping)
		return;
	supervisor->is_stopping = true;
	supervisor->status = status;
	supervisor->deadline_ns = clock_now_ns() + (supervisor->broker != 0 ? BROKER_PATIENCE_NS
									    : KEEPER_PATIENCE_NS);
	notify_send("STOPPING=1");
	if (supervisor->channel >= 0)
		fd_send(supervisor->channel, &packet, sizeof(packet), NULL, 0);
}

/* ---- starting ---- */

/* Starts a keeper on one end of a new pair; the broker's end goes to *broker_end. */
static int start_keeper(struct supervisor *supervisor, int *broker_end)
{
	struct child_plan plan = {.path = supervisor->plan->keeper_path, .n_fds = 3};
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	plan.fds[KEEPER_FD_POLICIES - 3] = supervisor->plan->policies_fd;
	plan.fds[KEEPER_FD_BROKER - 3] = pair[0];
	plan.fds[KEEPER_FD_LIFELINE - 3] = supervisor->lifeline_read;
	pid = children_start(&plan);
	close(pair[0]);
	if (pid < 0) {
		close(pair[1]);
		return pid;
	}
	supervisor->keeper = pid;
	*broker_end = pair[1];
	log_debug("keeper started, pid %d", (int)pid);
	return 0;
}

static int start_broker(struct supervisor *supervisor)
{
	struct child_plan plan = {
		.path = supervisor->plan->broker_path,
		.n_fds = BROKER_FD_TOKENS - 3 + 1,
		.dies_with_us = true,
	};
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	plan.fds[BROKER_FD_SETTINGS - 3] = supervisor->plan->settings_fd;
	plan.fds[BROKER_FD_POLICIES - 3] = supervisor->plan->policies_fd;
	plan.fds[BROKER_FD_LISTENER - 3] = supervisor->plan->listening->fd;
	plan.fds[BROKER_FD_SUPERVISOR - 3] = pair[0];
	plan.fds[BROKER_FD_CACHE - 3] = supervisor->plan->cache_fd;
	plan.fds[BROKER_FD_TCP - 3] = supervisor->plan->tcp_fd;
	plan.fds[BROKER_FD_TOKENS - 3] = supervisor->plan->tokens_fd;
	pid = children_start(&plan);
	close(pair[0]);
	if (pid < 0) {
		close(pair[1]);
		return pid;
	}
	supervisor->broker = pid;
	supervisor->channel = pair[1];
	log_debug("broker started, pid %d", (int)pid);
	return fd_set_nonblocking(supervisor->channel, true);
}

/* Starts what is missing: both, or a keeper for the broker that is there. */
static int start_missing(struct supervisor *supervisor)
{
	struct supervisor_packet packet = {.type = SUPERVISOR_KEEPER};
	_cleanup_fd_ int broker_end = -1;
	int err = 0;

	children_kill_orphans(supervisor->broker, 0);
	if (supervisor->broker == 0)
		err = start_broker(supervisor);
	if (err == 0)
		err = start_keeper(supervisor, &broker_end);
	if (err < 0)
		return err;
	packet.value = (uint32_t)supervisor->keeper;
	err = fd_send(supervisor->channel, &packet, sizeof(packet), &broker_end, 1);
	/* A broker that died just now is no failure of ours: its end is about to be reported. */
	return err == -EPIPE || err == -ECONNRESET ? 0 : err;
}

/* ---- deaths ---- */

static bool dies_too_often(struct supervisor *supervisor)
{
	uint64_t now_ns = clock_now_ns();
	unsigned int place = supervisor->n_deaths++ % DEATHS_MAX;
	uint64_t oldest_ns;

	supervisor->deaths_ns[place] = now_ns;
	if (supervisor->n_deaths < DEATHS_MAX)
		return false;
	oldest_ns = supervisor->deaths_ns[supervisor->n_deaths % DEATHS_MAX];
	return now_ns - oldest_ns < DEATHS_WINDOW_NS;
}

static void log_death(const char *program, pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		log_warning("%s (pid %d) was ended by signal %d", program, (int)pid,
			    WTERMSIG(status));
	else
		log_warning("%s (pid %d) ended with status %d", program, (int)pid,
			    WEXITSTATUS(status));
}

static void broker_died(struct supervisor *supervisor, int status)
{
	pid_t pid = supervisor->broker;

	supervisor->broker = 0;
	fd_close(&supervisor->channel);
	/* The keeper sees the same and ends by itself. */
	supervisor->deadline_ns = clock_now_ns() + KEEPER_PATIENCE_NS;
	if (supervisor->is_stopping)
		return;
	log_death("assay-broker", pid, status);
	if (dies_too_often(supervisor)) {
		log_error("assay-broker keeps ending; giving up");
		begin_stop(supervisor, EXIT_FAILURE);
	}
}

static void keeper_died(struct supervisor *supervisor, int status)
{
	pid_t pid = supervisor->keeper;

	supervisor->keeper = 0;
	if (supervisor->is_stopping)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == KEEPER_EXIT_UNABLE) {
		/* It has said why. */
		log_error("this machine cannot offer what the policies require");
		begin_stop(supervisor, EXIT_FAILURE);
		return;
	}
	if (supervisor->broker == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return; /* as it should after the broker's end */
	log_death("assay-keeper", pid, status);
	if (dies_too_often(supervisor)) {
		log_error("assay-keeper keeps ending; giving up");
		begin_stop(supervisor, EXIT_FAILURE);
	}
}

static void reap(struct supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == supervisor->broker)
			broker_died(supervisor, status);
		else if (pid == supervisor->keeper)
			keeper_died(supervisor, status);
	}
}

/* ---- events ---- */

static void on_signals(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	while (read(supervisor->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue; /* several can arrive as one: reap() asks for all */
		log_info("signal %u: stopping", info.ssi_signo);
		begin_stop(supervisor, EXIT_SUCCESS);
	}
	reap(supervisor);
}

static void on_lifeline(struct supervisor *supervisor)
{
	char ignored[64];
	ssize_t n = read(supervisor->lifeline_fd, ignored, sizeof(ignored));

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	log_info("the lifeline has ended: stopping");
	supervisor->lifeline_fd = -1;
	begin_stop(supervisor, EXIT_SUCCESS);
}

static void become_ready(struct supervisor *supervisor)
{
	int err;

	supervisor->n_deaths = 0;
	if (supervisor->was_ready)
		return;
	supervisor->was_ready = true;
	log_info("ready");
	err = notify_send("READY=1");
	if (err < 0)
		log_warning("cannot tell the service manager: %s", strerror(-err));
	if (supervisor->ready_fd >= 0 &&
	    fd_write_all(supervisor->ready_fd, "READY\n", strlen("READY\n")) < 0)
		log_warning("nobody reads the ready descriptor");
	fd_close(&supervisor->ready_fd);
}

static void on_channel(struct supervisor *supervisor)
{
	struct supervisor_packet packet;
	int fds[FD_PASS_MAX];
	size_t n_fds = 0;
	ssize_t n = fd_receive(supervisor->channel, &packet, sizeof(packet), fds, &n_fds);

	if (n == -EAGAIN)
		return;
	if (n != sizeof(packet)) {
		/* Its end, or nonsense: a broker without a channel has to end, and soon. */
		fd_close(&supervisor->channel);
		if (!supervisor->is_stopping)
			supervisor->deadline_ns = clock_now_ns() + BROKER_PATIENCE_NS;
		return;
	}
	packet.text[sizeof(packet.text) - 1] = '\0';
	if (packet.type == SUPERVISOR_READY) {
		become_ready(supervisor);
	} else if (packet.type == SUPERVISOR_STUCK) {
		/* Our child, not yet waited for: the number is its own. */
		if (supervisor->keeper != 0 && packet.value == (uint32_t)supervisor->keeper)
			kill(supervisor->keeper, SIGKILL);
	} else if (packet.type == SUPERVISOR_FAILED) {
		log_error("cells cannot be built: %s", packet.text);
		if (!supervisor->was_ready)
			begin_stop(supervisor, EXIT_FAILURE);
	}
}

/* ---- from one event to the next ---- */

/* Kills whom we wait for when the patience is over. */
static void enforce_deadline(struct supervisor *supervisor)
{
	pid_t late = supervisor->broker != 0 ? supervisor->broker : supervisor->keeper;

	if (supervisor->deadline_ns == 0 || clock_now_ns() < supervisor->deadline_ns)
		return;
	supervisor->deadline_ns = 0;
	if (late == 0)
		return;
	log_warning("pid %d did not end in time and is killed", (int)late);
	kill(late, SIGKILL);
}

/* Does what the present state asks for. False: everything has ended. */
static bool advance(struct supervisor *supervisor)
{
	int err;

	enforce_deadline(supervisor);
	if (supervisor->is_stopping)
		return supervisor->broker != 0 || supervisor->keeper != 0;
	if (supervisor->keeper != 0 || (supervisor->broker != 0 && supervisor->channel < 0))
		return true; /* well; or one of them is ending after the other */
	supervisor->deadline_ns = 0;
	err = start_missing(supervisor);
	if (err < 0) {
		log_error("cannot start the daemon's programs: %s", strerror(-err));
		begin_stop(supervisor, EXIT_FAILURE);
	}
	return true;
}

static int patience_ms(const struct supervisor *supervisor)
{
	uint64_t now_ns = clock_now_ns();

	if (supervisor->deadline_ns == 0)
		return -1;
	if (supervisor->deadline_ns <= now_ns)
		return 0;
	return (int)((supervisor->deadline_ns - now_ns) / NS_PER_MS) + 1;
}

static void wait_event(struct supervisor *supervisor)
{
	/* Negative descriptors are passed over by poll(2). */
	struct pollfd watched[] = {
		{.fd = supervisor->signal_fd, .events = POLLIN},
		{.fd = supervisor->is_stopping ? -1 : supervisor->lifeline_fd, .events = POLLIN},
		{.fd = supervisor->channel, .events = POLLIN},
	};

	if (poll(watched, 3, patience_ms(supervisor)) < 0)
		return;
	/* The channel first: what a broker said before it died counts. */
	if (watched[2].revents != 0)
		on_channel(supervisor);
	if (watched[1].revents != 0)
		on_lifeline(supervisor);
	if (watched[0].revents != 0)
		on_signals(supervisor);
}

/* Ends what neither child took with it: cells of a keeper that was killed. */
static void end_descendants(void)
{
	uint64_t deadline_ns = clock_now_ns() + REAP_PATIENCE_NS;

	while (clock_now_ns() < deadline_ns) {
		const struct timespec pause = {.tv_nsec = 10 * NS_PER_MS};
		sigset_t child;

		children_kill_orphans(0, 0);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return;
		sigemptyset(&child);
		sigaddset(&child, SIGCHLD);
		sigtimedwait(&child, NULL, &pause);
	}
	log_warning("some processes could not be ended");
}

static int prepare(struct supervisor *supervisor)
{
	int lifeline[2];

	sigemptyset(&supervisor->signals);
	sigaddset(&supervisor->signals, SIGTERM);
	sigaddset(&supervisor->signals, SIGINT);
	sigaddset(&supervisor->signals, SIGCHLD);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* inherited as ignored, there would be nothing to wait for */
	if (sigprocmask(SIG_BLOCK, &supervisor->signals, NULL) < 0)
		return -errno;
	supervisor->signal_fd = signalfd(-1, &supervisor->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (supervisor->signal_fd < 0)
		return -errno;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return -errno;
	if (pipe2(lifeline, O_CLOEXEC) < 0)
		return -errno;
	supervisor->lifeline_read = lifeline[0];
	supervisor->lifeline_write = lifeline[1];
	return 0;
}

int supervisor_run(const struct supervisor_plan *plan)
{
	struct supervisor supervisor = {
		.plan = plan,
		.signal_fd = -1,
		.lifeline_read = -1,
		.lifeline_write = -1,
		.lifeline_fd = plan->lifeline_fd,
		.ready_fd = plan->ready_fd,
		.channel = -1,
	};
	int err = prepare(&supervisor);

	if (err < 0) {
		log_error("cannot supervise: %s", strerror(-err));
		supervisor.status = EXIT_FAILURE;
	}
	while (err == 0 && advance(&supervisor))
		wait_event(&supervisor);
	end_descendants();
	fd_close(&supervisor.ready_fd);
	fd_close(&supervisor.signal_fd);
	fd_close(&supervisor.lifeline_read);
	fd_close(&supervisor.lifeline_write);
	fd_close(&supervisor.channel);
	return supervisor.status;
}
