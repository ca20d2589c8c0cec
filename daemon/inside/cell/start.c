/*
 * One run, in the forked child of pid 1, before anything of its language. It inherits the filter,
 * the namespaces and the absence of capabilities; what is left to do is to become a session of its
 * own, to lower its limits and to let go of every descriptor that is not its own.
 *
 * Order: what needs no run before there is one; then standard streams and records first, because
 * from then on a failure can be told; the limits before any byte of the job is read.
 */
#include "inside/cell/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/cell/records.h"

#define NS_PER_SECOND 1000000000u
#define JOB_BYTES_MAX (64u * 1024u * 1024u)

void start_fail(const char *what)
{
	records_write_harness_fault(what);
	_exit(START_EXIT_HARNESS);
}

/* Best effort: when memory runs out it shall end us before pid 1, and before anything of the host.
 */
static void prefer_us_as_victim(void)
{
	_cleanup_fd_ int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)!write(fd, "1000", 4);
}

void start_ahead(void)
{
	setsid();
	/* pid 1 is not dumpable; we are, or it could not see us in its /proc and add up our time.
	 */
	prctl(PR_SET_DUMPABLE, 1);
	prefer_us_as_victim();
}

int start_keep(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, START_KEPT_FD_LOWEST);
}

void start_streams(const int *fds)
{
	int records = start_keep(fds[CELL_FD_RECORDS]);

	records_open(records >= 0 ? records : fds[CELL_FD_RECORDS]);
	if (records < 0 || dup2(fds[CELL_FD_STDOUT], STDOUT_FILENO) < 0 ||
	    dup2(fds[CELL_FD_STDERR], STDERR_FILENO) < 0)
		start_fail("cannot arrange descriptors");
}

static void limit(__rlimit_resource_t resource, uint64_t value)
{
	struct rlimit both = {.rlim_cur = value, .rlim_max = value};
	struct rlimit now;

	if (setrlimit(resource, &both) == 0)
		return;
	/* Above the hard limit that the cell was made with, which then stands. */
	if (errno != EPERM || getrlimit(resource, &now) < 0)
		start_fail("setrlimit");
	now.rlim_cur = now.rlim_max;
	if (setrlimit(resource, &now) < 0)
		start_fail("setrlimit");
}

static void limit_stack(uint64_t bytes)
{
	struct rlimit stack;

	if (getrlimit(RLIMIT_STACK, &stack) < 0)
		start_fail("getrlimit");
	stack.rlim_cur = bytes < stack.rlim_max ? bytes : stack.rlim_max;
	if (setrlimit(RLIMIT_STACK, &stack) < 0)
		start_fail("setrlimit");
}

void start_confine(const struct cell_request *request, uint64_t own_bytes)
{
	limit(RLIMIT_CPU, request->cpu_ns / NS_PER_SECOND + 2);
	limit(RLIMIT_FSIZE, request->file_bytes);
	limit(RLIMIT_NOFILE, request->open_files);
	limit_stack(request->stack_bytes);
	if ((request->flags & CELL_RUN_LIMIT_ADDRESS_SPACE) != 0)
		limit(RLIMIT_AS, request->memory_bytes + own_bytes);
	/* Last: nothing of ours starts a thread after it. */
	limit(RLIMIT_NPROC, request->processes);
}

char *start_read_job(int fd, size_t *len)
{
	struct stat status;
	char *bytes;

	if (fstat(fd, &status) < 0 || status.st_size <= 0 || status.st_size > JOB_BYTES_MAX)
		start_fail("the job has no usable size");
	bytes = malloc((size_t)status.st_size);
	if (bytes == NULL)
		start_fail("no memory for the job");
	if (fd_read_all(fd, bytes, (size_t)status.st_size) != status.st_size)
		start_fail("the job cannot be read");
	*len = (size_t)status.st_size;
	return bytes;
}

void start_close_others(void)
{
	/* The control socket, the job, the originals of the others. */
	if (syscall(SYS_close_range, STDERR_FILENO + 1, START_KEPT_FD_LOWEST - 1, 0) < 0)
		start_fail("cannot close descriptors");
}

void start_input(const char *bytes, size_t len)
{
	_cleanup_fd_ int fd = fd_sealed_copy("stdin", bytes, len);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		start_fail("cannot arrange the input");
}
