/*
 * The last wall of a cell: the system call filter, put up by the runtime itself when it is warm.
 * Linked into the runtime (for Python into the extension module), so no libseccomp: the keeper
 * compiled the filter once and left it in CELL_FD_LOCK as plain BPF.
 *
 * Order: not dumpable first, which closes /proc/1/mem and ptrace to the runs to come; then all
 * descriptors are put in order, because afterwards the filter may refuse to; the filter last, for
 * all threads that a warm-up may have started (TSYNC). No new privileges was set before exec.
 */
#include "inside/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* BPF_MAXINSNS: the kernel refuses longer filters. */
#define FILTER_INSTRUCTIONS_MAX 4096

static struct sock_filter instructions[FILTER_INSTRUCTIONS_MAX];

static int fail(struct failure *failure, const char *step, int error, const char *detail)
{
	failure_set(failure, step, -error, "%s", detail);
	return error;
}

static int read_filter(struct sock_fprog *program)
{
	struct stat status;
	ssize_t n;

	if (fstat(CELL_FD_LOCK, &status) < 0)
		return -errno;
	if (status.st_size <= 0 || (size_t)status.st_size > sizeof(instructions) ||
	    (size_t)status.st_size % sizeof(instructions[0]) != 0)
		return -EINVAL;
	n = pread(CELL_FD_LOCK, instructions, (size_t)status.st_size, 0);
	if (n < 0)
		return -errno;
	if (n != status.st_size)
		return -EIO;
	program->len = (unsigned short)((size_t)n / sizeof(instructions[0]));
	program->filter = instructions;
	return 0;
}

static int point_at_null(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -errno;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) < 0)
			return -errno;
	return 0; /* closed with all others */
}

int lock_self(struct failure *failure)
{
	struct sock_fprog program;
	long result;
	int err;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail(failure, "lock-not-dumpable", -errno, "PR_SET_DUMPABLE");
	err = read_filter(&program);
	if (err < 0)
		return fail(failure, "lock-filter", err, "reading the filter");
	err = point_at_null();
	if (err < 0)
		return fail(failure, "lock-descriptors", err, "/dev/null");
	if (close_range(CELL_FD_CONTROL + 1, ~0u, 0) < 0)
		return fail(failure, "lock-descriptors", -errno, "close_range");
	result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
	if (result < 0)
		return fail(failure, "lock-filter", -errno, "seccomp");
	if (result > 0)
		return fail(failure, "lock-filter", -EBUSY, "a thread cannot be filtered");
	return 0;
}

const char *lock_step(size_t index, const char **purpose)
{
	static const struct {
		const char *name;
		const char *purpose;
	} steps[] = {
		{"lock-not-dumpable", "its memory and descriptors are closed to the runs to come"},
		{"lock-descriptors",
		 "0, 1 and 2 are /dev/null, all but the control socket is closed"},
		{"lock-filter", "the policy's system calls and no others, for all threads"},
	};

	if (index >= sizeof(steps) / sizeof(steps[0]))
		return NULL;
	*purpose = steps[index].purpose;
	return steps[index].name;
}
