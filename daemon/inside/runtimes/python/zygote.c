/*
 * The loop of pid 1: receive a request, fork, wait, reap, wipe, report. Inside, Python's warm
 * interpreter, single-threaded, holding the interpreter's lock all the time.
 *
 * It is written in C and touches no Python object while it serves: every page that this process
 * writes after a fork is copied, and a loop in Python writes the reference count of everything it
 * looks at. For the same reason it allocates nothing per run.
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
#include "inside/runtimes/python/zygote.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/lock.h"
#include "inside/notify.h"
#include "inside/wire.h"
#include "inside/runtimes/python/child.h"
#include "inside/runtimes/python/records.h"
#include "inside/runtimes/python/usage.h"
#include "inside/runtimes/python/wipe.h"

struct zygote {
	struct child_setting setting;
	struct wipe wipe;
	pid_t child;  /* 0: idle */
	int child_fd; /* pidfd, -1: idle */
	uint64_t run_id;
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

static void send_ready(void)
{
	struct cell_report report = {.type = CELL_READY};
	const char *version = Py_GetVersion(); /* "3.11.2 (main, ...) [GCC ...]" */
	static const char name[] = "CPython ";
	size_t len = strcspn(version, " ");

	if (len > sizeof(report.runtime) - sizeof(name))
		len = sizeof(report.runtime) - sizeof(name);
	memcpy(report.runtime, name, sizeof(name) - 1);
	memcpy(report.runtime + sizeof(name) - 1, version, len);
	send_report(&report);
}

static void send_used(struct zygote *zygote)
{
	struct cell_report report = {.type = CELL_USED, .run_id = zygote->run_id};
	struct usage usage;

	usage_read(&usage);
	report.processes = usage.processes;
	report.cpu_ns = usage.cpu_ns;
	report.run_delay_ns = usage.run_delay_ns;
	report.timeslices = usage.timeslices < UINT32_MAX ? (uint32_t)usage.timeslices : UINT32_MAX;
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
static void reap_others(struct zygote *zygote, struct cell_report *report)
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
		} else if (pid == zygote->child) {
			report->status = status;
		}
	}
}

static void finish_run(struct zygote *zygote)
{
	struct cell_report report = {.type = CELL_DONE, .run_id = zygote->run_id};
	struct rusage rusage;
	pid_t pid;

	do {
		pid = wait4(zygote->child, &report.status, __WALL, &rusage);
	} while (pid < 0 && errno == EINTR);
	if (pid > 0)
		add_usage(&report, &rusage);
	reap_others(zygote, &report);
	fd_close(&zygote->child_fd);
	zygote->child = 0;
	if (wipe_areas(&zygote->wipe) == 0)
		report.flags |= CELL_DONE_CLEAN;
	if (zygote->was_killed)
		report.flags |= CELL_DONE_KILLED;
	notify_report(&zygote->refusals, &report);
	send_report(&report);
}

/* Our machine could not even fork: said in the records, so that nobody blames the candidate. */
static void refuse_run(const struct cell_request *request, const int *fds, const char *what)
{
	struct cell_report report = {
		.type = CELL_DONE,
		.flags = CELL_DONE_CLEAN,
		.run_id = request->run_id,
		.status = 1 << 8,
	};

	records_open(fds[CELL_FD_RECORDS]);
	records_write_harness_fault(what);
	send_report(&report);
}

static void start_run(struct zygote *zygote, const struct cell_request *request, int *fds,
		      size_t n_fds)
{
	pid_t pid;

	memset(&zygote->refusals, 0, sizeof(zygote->refusals));
	pid = fork();
	if (pid == 0)
		child_run(&zygote->setting, request, fds, n_fds);
	if (pid < 0)
		refuse_run(request, fds, "the cell cannot fork");
	for (size_t i = 0; i < n_fds; i++)
		fd_close(&fds[i]);
	if (pid < 0)
		return;
	zygote->child = pid;
	zygote->run_id = request->run_id;
	zygote->was_killed = false;
	zygote->child_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (zygote->child_fd < 0)
		leave(1);
}

/* The broker is the stronger side; what it must not send ends this cell. */
static void take_request(struct zygote *zygote)
{
	struct cell_request request;
	int fds[CELL_RUN_FDS];
	size_t n_fds = CELL_RUN_FDS;
	ssize_t len = fd_receive(CELL_FD_CONTROL, &request, sizeof(request), fds, &n_fds);
	bool is_running = zygote->child != 0;

	if (len == 0)
		leave(0);
	if (len != (ssize_t)sizeof(request))
		leave(1);
	if (request.type == CELL_RUN && !is_running &&
	    (n_fds == CELL_RUN_FDS || n_fds == CELL_RUN_FDS_SPLIT ||
	     n_fds == CELL_RUN_FDS_SHARED)) {
		start_run(zygote, &request, fds, n_fds);
		return;
	}
	if (n_fds != 0 || request.type == CELL_RUN)
		leave(1);
	if (!is_running || request.run_id != zygote->run_id)
		return;
	if (request.type == CELL_USAGE) {
		send_used(zygote);
	} else if (request.type == CELL_KILL) {
		zygote->was_killed = true;
		kill(-1, SIGKILL);
	}
}

static void serve(struct zygote *zygote) __attribute__((noreturn));
static void serve(struct zygote *zygote)
{
	struct pollfd fds[] = {{.fd = CELL_FD_CONTROL, .events = POLLIN},
			       {.events = POLLIN},
			       {.fd = zygote->listener, .events = POLLIN}};

	for (;;) {
		if (zygote->child == 0) {
			take_request(zygote);
			continue;
		}
		fds[1].fd = zygote->child_fd;
		if (poll(fds, 3, -1) < 0) {
			if (errno != EINTR)
				leave(1);
			continue;
		}
		if (fds[1].revents != 0) {
			finish_run(zygote);
			continue;
		}
		if (fds[0].revents != 0)
			take_request(zygote);
		if (fds[2].revents != 0 && notify_answer(zygote->listener, &zygote->refusals) < 0)
			leave(1);
	}
}

static int take_areas(struct wipe *wipe, PyObject *areas)
{
	Py_ssize_t n = PyTuple_Size(areas);

	if (n < 0 || n > WIPE_AREAS_MAX) {
		PyErr_SetString(PyExc_ValueError, "too many work areas");
		return -1;
	}
	for (Py_ssize_t i = 0; i < n; i++) {
		PyObject *path = PyTuple_GetItem(areas, i);
		PyObject *bytes = NULL;

		if (path == NULL || !PyUnicode_FSConverter(path, &bytes))
			return -1;
		wipe->areas[i].path = PyBytes_AsString(bytes); /* kept as long as the cell lives */
	}
	wipe->n_areas = (unsigned int)n;
	return 0;
}

int zygote_serve(PyObject *run, PyObject *areas)
{
	struct zygote zygote = {.setting = {.run = run}, .child_fd = -1};
	struct failure failure = {0};
	int err;

	if (getpid() != 1) {
		PyErr_SetString(PyExc_RuntimeError, "only pid 1 of a cell may serve");
		return -1;
	}
	if (take_areas(&zygote.wipe, areas) < 0)
		return -1;
	zygote.setting.address_space_bytes = usage_address_space();
	err = wipe_start(&zygote.wipe);
	if (err < 0) {
		PyErr_Format(PyExc_RuntimeError, "a work area is not an empty tmpfs: %s",
			     strerror(-err));
		return -1;
	}
	err = lock_self(&failure, &zygote.listener);
	if (err < 0) {
		PyErr_Format(PyExc_RuntimeError, "%s: %s: %s", failure.step, failure.detail,
			     strerror(-err));
		return -1;
	}
	send_ready();
	serve(&zygote);
}
