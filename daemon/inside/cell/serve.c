/*
 * The loop of pid 1: fork, wait, reap, wipe, report. Inside, the same for every runtime: Python's
 * warm interpreter (single-threaded, holding the interpreter's lock all the time) and assay-init of
 * native programs.
 *
 * The child of the next run exists before there is a run: it is forked when the last one has been
 * reported, and waits at the control socket itself. So a run costs no fork while somebody waits for
 * it. Pid 1 learns from a pipe that the child has taken one, and which; from then on until its end
 * pid 1 is the one that reads the control socket. Whoever reads it when a request comes too late
 * (for a run that is over) drops it.
 *
 * It touches no Python object while it serves and allocates nothing per run: every page that this
 * process writes after a fork is copied.
 *
 * Invariants:
 *   - It never reads a job. The descriptors of a run are closed unread after the fork, so nothing
 *     of a run is left in the memory that the next child inherits.
 *   - It has no signal handlers, so the kernel drops every signal that comes from inside the cell.
 *   - It says CELL_DONE_CLEAN only after no other process exists and the work areas are as they
 *     were; the broker gives the cell no further run otherwise.
 *   - It makes no system call that the filter reports: it would wait for its own answer.
 *   - kill(-1) means "everything in this cell" only for pid 1: it refuses to serve as anything
 * else.
 */
#include "inside/cell/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/lock.h"
#include "inside/notify.h"
#include "inside/wire.h"
#include "inside/cell/records.h"
#include "inside/cell/usage.h"
#include "inside/cell/wipe.h"

/* Longer than the broker takes for the next run if there is one. */
#define IDLE_AFTER_MS 2

struct server {
	const struct serve_setting *setting;
	struct wipe wipe;
	pid_t child;     /* 0: none */
	int child_fd;    /* pidfd, -1: none */
	uint64_t run_id; /* of the child; 0: it waits for one */
	int taken[2];    /* pipe: the run_id that the child has taken */
	bool was_killed;
	int listener; /* of the filter; -1: none */
	struct notify_counts refusals;
};

static void leave(int status) __attribute__((noreturn));
static void leave(int status)
{
	_exit(status); /* pid 1 gone: the kernel kills what is left of the cell */
}

static void send_report(const struct cell_report *report)
{
	if (fd_send(CELL_FD_CONTROL, report, sizeof(*report), NULL, 0) < 0)
		leave(1);
}

static void send_ready(const char *runtime, uint64_t own_bytes)
{
	struct cell_report report = {.type = CELL_READY, .memory_peak_bytes = own_bytes};

	snprintf(report.runtime, sizeof(report.runtime), "%s", runtime);
	send_report(&report);
}

static void send_used(struct server *server)
{
	struct cell_report report = {.type = CELL_USED, .run_id = server->run_id};
	struct usage usage;

	usage_read(&usage);
	report.processes = usage.processes;
	report.cpu_ns = usage.cpu_ns;
	report.run_delay_ns = usage.run_delay_ns;
	report.own_waits = usage.own_waits;
	report.interruptions = usage.interruptions;
	send_report(&report);
}

static void add_usage(struct cell_report *report, const struct rusage *rusage)
{
	uint64_t peak = (uint64_t)rusage->ru_maxrss * 1024u;

	report->processes++;
	report->cpu_ns += usage_of_timeval(&rusage->ru_utime) + usage_of_timeval(&rusage->ru_stime);
	if (peak > report->memory_peak_bytes)
		report->memory_peak_bytes = peak;
}

static pid_t reap(int *status, int flags, struct cell_report *report)
{
	struct rusage rusage;
	pid_t pid;

	do {
		pid = wait4(-1, status, flags | __WALL, &rusage);
	} while (pid < 0 && errno == EINTR);
	if (pid > 0)
		add_usage(report, &rusage);
	return pid;
}

/*
 * Every process of the run descends from the child, and whoever loses its parent becomes a child of
 * pid 1: so "no children" means that nobody is left.
 */
static void reap_others(struct server *server, struct cell_report *report)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = reap(&status, WNOHANG, report);
		if (pid < 0)
			return; /* ECHILD */
		if (pid == 0) {
			report->flags |= CELL_DONE_STRAGGLERS;
			kill(-1, SIGKILL);
			if (reap(&status, 0, report) < 0)
				return;
		} else if (pid == server->child) {
			report->status = status;
		}
	}
}

/* ---- in the child, before its run ---- */

/*
 * A request for the child. The broker is the stronger side; what it must not send ends this cell,
 * by the death of a child that has no run. False: it was for a run that is over.
 */
static bool receive_run(const struct server *server, struct cell_request *request, int *fds,
			size_t *n_fds)
{
	ssize_t len;

	*n_fds = CELL_RUN_FDS;
	len = fd_receive(CELL_FD_CONTROL, request, sizeof(*request), fds, n_fds);
	if (len == 0)
		leave(0);
	if (len != (ssize_t)sizeof(*request))
		leave(1);
	if (request->type != CELL_RUN && *n_fds == 0)
		return false;
	if (request->type != CELL_RUN || request->run_id == 0 ||
	    (server->setting->n_descriptors & 1u << *n_fds) == 0)
		leave(1);
	return true;
}

static void wait_and_run(const struct server *server) __attribute__((noreturn));
static void wait_and_run(const struct server *server)
{
	struct pollfd control = {.fd = CELL_FD_CONTROL, .events = POLLIN};
	struct cell_request request;
	int fds[CELL_RUN_FDS];
	size_t n_fds;

	server->setting->prepare(server->setting->context);
	if (server->setting->idle != NULL && poll(&control, 1, IDLE_AFTER_MS) == 0)
		server->setting->idle(server->setting->context);
	while (!receive_run(server, &request, fds, &n_fds))
		;
	if (fd_write_all(server->taken[1], &request.run_id, sizeof(request.run_id)) < 0)
		leave(1);
	server->setting->run(server->setting->context, &request, fds, n_fds);
	leave(1);
}

/* ---- in pid 1 ---- */

/*
 * The next child, if there can be one. The caller has seen that no process is left and that the
 * areas are as they were: nothing of an earlier run can reach it.
 */
static void fork_ahead(struct server *server)
{
	pid_t pid;

	memset(&server->refusals, 0, sizeof(server->refusals));
	server->run_id = 0;
	server->was_killed = false;
	pid = fork();
	if (pid == 0)
		wait_and_run(server);
	if (pid < 0)
		return;
	server->child = pid;
	server->child_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (server->child_fd < 0)
		leave(1);
}

static void finish_run(struct server *server)
{
	struct cell_report report = {.type = CELL_DONE, .run_id = server->run_id};
	struct rusage rusage;
	pid_t pid;

	do {
		pid = wait4(server->child, &report.status, __WALL, &rusage);
	} while (pid < 0 && errno == EINTR);
	if (pid > 0)
		add_usage(&report, &rusage);
	reap_others(server, &report);
	fd_close(&server->child_fd);
	server->child = 0;
	if (wipe_areas(&server->wipe) == 0)
		report.flags |= CELL_DONE_CLEAN;
	if (server->was_killed)
		report.flags |= CELL_DONE_KILLED;
	notify_report(&server->refusals, &report);
	send_report(&report);
	if ((report.flags & CELL_DONE_CLEAN) != 0)
		fork_ahead(server);
}

/* Our machine could not even fork: said in the records, so that nobody blames the candidate. */
static void refuse_run(const struct cell_request *request, int *fds, size_t n_fds)
{
	struct cell_report report = {
		.type = CELL_DONE,
		.flags = CELL_DONE_CLEAN,
		.run_id = request->run_id,
		.status = 1 << 8,
	};

	records_open(fds[CELL_FD_RECORDS]);
	records_write_harness_fault("the cell cannot fork");
	for (size_t i = 0; i < n_fds; i++)
		fd_close(&fds[i]);
	send_report(&report);
}

/* There is no child: the run that comes is refused, and whether there can be one is tried again. */
static void serve_without_child(struct server *server)
{
	struct cell_request request;
	int fds[CELL_RUN_FDS];
	size_t n_fds;

	while (!receive_run(server, &request, fds, &n_fds))
		;
	refuse_run(&request, fds, n_fds);
	fork_ahead(server);
}

/* While a run is on. */
static void take_request(struct server *server)
{
	struct cell_request request;
	size_t n_fds = 0;
	ssize_t len = fd_receive(CELL_FD_CONTROL, &request, sizeof(request), NULL, &n_fds);

	if (len == 0)
		leave(0);
	if (len != (ssize_t)sizeof(request) || request.type == CELL_RUN)
		leave(1);
	if (request.run_id != server->run_id)
		return;
	if (request.type == CELL_USAGE) {
		send_used(server);
	} else if (request.type == CELL_KILL) {
		server->was_killed = true;
		kill(-1, SIGKILL);
	}
}

static void take_run_id(struct server *server)
{
	if (fd_read_all(server->taken[0], &server->run_id, sizeof(server->run_id)) !=
	    sizeof(server->run_id))
		leave(1);
}

static void serve(struct server *server) __attribute__((noreturn));
static void serve(struct server *server)
{
	struct pollfd fds[] = {
		{.events = POLLIN}, {.events = POLLIN}, {.fd = server->listener, .events = POLLIN}};

	fork_ahead(server);
	for (;;) {
		bool has_run = server->run_id != 0;

		if (server->child == 0) {
			serve_without_child(server);
			continue;
		}
		fds[0].fd = has_run ? CELL_FD_CONTROL : server->taken[0];
		fds[1].fd = server->child_fd;
		if (poll(fds, 3, -1) < 0) {
			if (errno != EINTR)
				leave(1);
			continue;
		}
		if (!has_run && fds[0].revents != 0) {
			take_run_id(server);
			continue;
		}
		if (!has_run && fds[1].revents != 0)
			leave(0); /* the broker is gone, or has sent what is not legal */
		if (fds[1].revents != 0) {
			finish_run(server);
			continue;
		}
		if (fds[0].revents != 0)
			take_request(server);
		if (fds[2].revents != 0 && notify_answer(server->listener, &server->refusals) < 0)
			leave(1);
	}
}

int serve_runs(const struct serve_setting *setting, struct failure *failure)
{
	struct server server = {.setting = setting, .child_fd = -1};
	const uint64_t own_bytes = usage_own_memory();
	int err;

	if (getpid() != 1) {
		failure_set(failure, "serve", EPERM, "only pid 1 of a cell may serve");
		return -EPERM;
	}
	for (size_t i = 0; i < WIPE_AREAS_MAX && setting->areas[i] != NULL; i++)
		server.wipe.areas[server.wipe.n_areas++].path = setting->areas[i];
	err = wipe_start(&server.wipe);
	if (err < 0) {
		failure_set(failure, "serve", -err, "a work area is not an empty tmpfs");
		return err;
	}
	err = lock_self(failure, &server.listener);
	if (err < 0)
		return err;
	if (pipe2(server.taken, O_CLOEXEC) < 0) {
		err = -errno;
		failure_set(failure, "serve", -err, "pipe");
		return err;
	}
	send_ready(setting->runtime, own_bytes);
	serve(&server);
}
