/*
 * One run, in the forked child of pid 1. It inherits the filter, the namespaces and the absence of
 * capabilities; what is left to do is to become a session of its own, to lower its limits and to
 * let go of every descriptor but stdout, stderr and the records.
 *
 * Order: standard streams and records first, because from then on a failure can be told; the limits
 * before any byte of the job is read; the nonce is taken out of the job before Python sees it.
 *
 * RECORD_END is written here and nowhere else: after run() came back in order. Leaving in any other
 * way (exit, signal, exec) leaves without it. An examinee has nothing to record: it lets go of the
 * records as soon as its role is known.
 *
 * An examiner that has a sitting may go on with the next candidate of its batch: run() has said
 * that nothing which outlives one examination can have changed. It is called again, without a job.
 */
#include "inside/runtimes/python/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/runtimes/python/channel.h"
#include "inside/runtimes/python/job.h"
#include "inside/runtimes/python/judge.h"
#include "inside/runtimes/python/outcomes.h"
#include "inside/runtimes/python/records.h"
#include "inside/runtimes/python/sitting.h"

#define NS_PER_SECOND 1000000000u

/* Far from what honest programs count up to, and closed by exec. */
#define KEPT_FD_LOWEST 500
#define JOB_BYTES_MAX (64u * 1024u * 1024u)

#define EXIT_HARNESS 70

static void fail(const char *what) __attribute__((noreturn));
static void fail(const char *what)
{
	records_write_harness_fault(what);
	_exit(EXIT_HARNESS);
}

static void limit(__rlimit_resource_t resource, uint64_t value)
{
	struct rlimit both = {.rlim_cur = value, .rlim_max = value};
	struct rlimit now;

	if (setrlimit(resource, &both) == 0)
		return;
	/* Above the hard limit that the cell was made with, which then stands. */
	if (errno != EPERM || getrlimit(resource, &now) < 0)
		fail("setrlimit");
	now.rlim_cur = now.rlim_max;
	if (setrlimit(resource, &now) < 0)
		fail("setrlimit");
}

static void limit_stack(uint64_t bytes)
{
	struct rlimit stack;

	if (getrlimit(RLIMIT_STACK, &stack) < 0)
		fail("getrlimit");
	stack.rlim_cur = bytes < stack.rlim_max ? bytes : stack.rlim_max;
	if (setrlimit(RLIMIT_STACK, &stack) < 0)
		fail("setrlimit");
}

static void lower_limits(const struct child_setting *setting, const struct cell_request *request)
{
	limit(RLIMIT_CPU, request->cpu_ns / NS_PER_SECOND + 2);
	limit(RLIMIT_FSIZE, request->file_bytes);
	limit(RLIMIT_NOFILE, request->open_files);
	limit_stack(request->stack_bytes);
	if ((request->flags & CELL_RUN_LIMIT_ADDRESS_SPACE) != 0)
		limit(RLIMIT_AS, request->memory_bytes + setting->address_space_bytes);
	/* Last: nothing of ours forks or starts a thread after it. */
	limit(RLIMIT_NPROC, request->processes);
}

/* Best effort: when memory runs out it shall end us before pid 1, and before anything of the host.
 */
static void prefer_us_as_victim(void)
{
	_cleanup_fd_ int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)!write(fd, "1000", 4);
}

static int keep_descriptor(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, KEPT_FD_LOWEST);
}

static void arrange_channel(const int *fds)
{
	int in = keep_descriptor(fds[CELL_FD_CHANNEL_IN]);
	int out = keep_descriptor(fds[CELL_FD_CHANNEL_OUT]);

	if (in < 0 || out < 0)
		fail("cannot arrange the channel");
	channel_open(in, out);
}

/* Returns the job's descriptor. */
static int arrange_descriptors(const int *fds, size_t n_fds)
{
	int records = keep_descriptor(fds[CELL_FD_RECORDS]);

	records_open(records >= 0 ? records : fds[CELL_FD_RECORDS]);
	if (records < 0 || dup2(fds[CELL_FD_STDOUT], STDOUT_FILENO) < 0 ||
	    dup2(fds[CELL_FD_STDERR], STDERR_FILENO) < 0)
		fail("cannot arrange descriptors");
	if (n_fds >= CELL_RUN_FDS_SPLIT)
		arrange_channel(fds);
	if (n_fds == CELL_RUN_FDS)
		sitting_open(keep_descriptor(fds[CELL_FD_SITTING]));
	return fds[CELL_FD_JOB];
}

static char *read_job(int fd, size_t *len)
{
	struct stat status;
	char *bytes;

	if (fstat(fd, &status) < 0 || status.st_size <= 0 || status.st_size > JOB_BYTES_MAX)
		fail("the job has no usable size");
	bytes = malloc((size_t)status.st_size);
	if (bytes == NULL)
		fail("no memory for the job");
	if (fd_read_all(fd, bytes, (size_t)status.st_size) != status.st_size)
		fail("the job cannot be read");
	*len = (size_t)status.st_size;
	return bytes;
}

/*
 * What a program reads is a file of this run alone, as behind `< input`: it never blocks, has a
 * size, and can be read twice, whatever its length.
 */
static void arrange_input(const struct job *job)
{
	_cleanup_fd_ int fd = fd_sealed_copy("stdin", job->input, job->input_len);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		fail("cannot arrange the input");
}

/* An exception that reached the bottom: of ours before the candidate ran, else of whoever did it.
 */
static void leave_with_exception(void) __attribute__((noreturn));
static void leave_with_exception(void)
{
	PyErr_Print();
	if (!outcomes_have_begun())
		records_write_harness_fault("the examiner failed before the candidate's code ran");
	_exit(EXIT_HARNESS);
}

/* program.py has done what the interpreter does at its end. */
static void leave_as_program(PyObject *status) __attribute__((noreturn));
static void leave_as_program(PyObject *status)
{
	long code = PyLong_AsLong(status);

	if (code == -1 && PyErr_Occurred())
		leave_with_exception();
	_exit((int)code);
}

/* The examiner's run() says whether it could examine another one. */
static void leave_as_examiner(const struct child_setting *setting, struct job *job,
			      PyObject *result) __attribute__((noreturn));
static void leave_as_examiner(const struct child_setting *setting, struct job *job,
			      PyObject *result)
{
	int in, out;

	while (PyObject_IsTrue(result) == 1 && sitting_is_open()) {
		Py_DECREF(result);
		judge_end(job);
		if (!sitting_rest(job->nonce, &in, &out))
			_exit(0);
		channel_open(keep_descriptor(in), keep_descriptor(out));
		fd_close(&in);
		fd_close(&out);
		judge_start(job);
		result = PyObject_CallFunctionObjArgs(setting->run, Py_None, NULL);
		if (result == NULL)
			leave_with_exception();
	}
	judge_end(job);
	_exit(0);
}

void child_run(const struct child_setting *setting, const struct cell_request *request,
	       const int *fds, size_t n_fds)
{
	struct job job;
	PyObject *result;
	char *bytes;
	size_t len;
	int fd;

	fd = arrange_descriptors(fds, n_fds);
	setsid();
	/* pid 1 is not dumpable; we are, or it could not see us in its /proc and add up our time.
	 */
	prctl(PR_SET_DUMPABLE, 1);
	prefer_us_as_victim();
	lower_limits(setting, request);
	bytes = read_job(fd, &len);
	/* The control socket, the job, the originals of the others. */
	if (syscall(SYS_close_range, STDERR_FILENO + 1, KEPT_FD_LOWEST - 1, 0) < 0)
		fail("cannot close descriptors");
	PyOS_AfterFork_Child();
	if (job_parse(bytes, len, &job) < 0)
		fail("the job is malformed");
	if (job.options.kind == JOB_KIND_STDIO)
		arrange_input(&job);
	explicit_bzero(bytes, len);
	free(bytes);
	if (channel_is_open() != (job.options.role != JOB_ROLE_SHARED))
		fail("the job's role and its descriptors do not fit");
	if (job.options.role == JOB_ROLE_EXAMINEE) {
		records_close();
		channel_tell_time();
	}
	judge_start(&job);
	result = PyObject_CallFunctionObjArgs(setting->run, job.sections, NULL);
	if (result == NULL)
		leave_with_exception();
	if (job.options.kind == JOB_KIND_STDIO)
		leave_as_program(result);
	if (job.options.role == JOB_ROLE_EXAMINER)
		leave_as_examiner(setting, &job, result);
	if (job.options.role == JOB_ROLE_SHARED)
		judge_end(&job);
	_exit(0);
}
