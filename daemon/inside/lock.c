/*
 * The last walls of a cell: Landlock and the system call filter, put up by the runtime itself when
 * it is warm. Linked into the runtime (for Python into the extension module), so no libseccomp: the
 * keeper compiled the filter once and left it in CELL_FD_LOCK as plain BPF.
 *
 * Order: not dumpable first, which closes /proc/1/mem and ptrace to the runs to come; then all
 * descriptors are put in order, because afterwards the filter may refuse to; Landlock before the
 * filter, which refuses its calls; the filter last, for all threads that a warm-up may have started
 * (TSYNC). No new privileges was set before exec.
 */
#include "inside/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inside/landlock.h"

static struct lock_rule rules[LOCK_RULES_MAX];
static struct sock_filter instructions[LOCK_INSTRUCTIONS_MAX];

static int fail(struct failure *failure, const char *step, int error, const char *detail)
{
	failure_set(failure, step, -error, "%s", detail);
	return error;
}

static int read_part(void *to, size_t len, off_t offset)
{
	ssize_t n = pread(CELL_FD_LOCK, to, len, offset);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EINVAL;
}

static int read_material(struct lock_header *header)
{
	size_t rules_len, instructions_len;
	struct stat status;
	int err;

	if (fstat(CELL_FD_LOCK, &status) < 0)
		return -errno;
	err = read_part(header, sizeof(*header), 0);
	if (err < 0)
		return err;
	if (header->magic != LOCK_MAGIC || header->n_rules > LOCK_RULES_MAX ||
	    header->n_instructions == 0 || header->n_instructions > LOCK_INSTRUCTIONS_MAX)
		return -EINVAL;
	rules_len = header->n_rules * sizeof(rules[0]);
	instructions_len = header->n_instructions * sizeof(instructions[0]);
	if ((size_t)status.st_size != sizeof(*header) + rules_len + instructions_len)
		return -EINVAL;
	err = read_part(rules, rules_len, sizeof(*header));
	if (err < 0)
		return err;
	return read_part(instructions, instructions_len, (off_t)(sizeof(*header) + rules_len));
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

/* The listener, or -1 if none is wanted. */
static int load_filter(const struct lock_header *header, struct failure *failure, int *listener)
{
	const bool listens = (header->flags & LOCK_LISTENS) != 0;
	struct sock_fprog program = {
		.len = (unsigned short)header->n_instructions,
		.filter = instructions,
	};
	/* With a listener the thread that cannot be filtered has to be told as ESRCH: the result
	 * is a descriptor. */
	const unsigned long flags =
		SECCOMP_FILTER_FLAG_TSYNC |
		(listens ? SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC_ESRCH : 0);
	long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

	if (result < 0)
		return fail(failure, "lock-filter", -errno, "seccomp");
	if (!listens && result > 0)
		return fail(failure, "lock-filter", -EBUSY, "a thread cannot be filtered");
	*listener = listens ? (int)result : -1;
	return 0;
}

int lock_self(struct failure *failure, int *listener)
{
	struct lock_header header = {0};
	int err;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail(failure, "lock-not-dumpable", -errno, "PR_SET_DUMPABLE");
	err = read_material(&header);
	if (err < 0)
		return fail(failure, "lock-filter", err, "reading the filter");
	err = point_at_null();
	if (err < 0)
		return fail(failure, "lock-descriptors", err, "/dev/null");
	if ((header.flags & LOCK_LANDLOCK) != 0) {
		err = landlock_restrict(rules, header.n_rules, failure);
		if (err < 0)
			return err;
	}
	if (close_range(CELL_FD_CONTROL + 1, ~0u, 0) < 0)
		return fail(failure, "lock-descriptors", -errno, "close_range");
	if ((header.flags & LOCK_NO_FILTER) != 0) {
		*listener = -1;
		return 0;
	}
	return load_filter(&header, failure, listener);
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
		{"lock-landlock",
		 "only what the policy mounts can be opened, only work areas written"},
		{"lock-filter", "the policy's system calls and no others, for all threads"},
	};

	if (index >= sizeof(steps) / sizeof(steps[0]))
		return NULL;
	*purpose = steps[index].purpose;
	return steps[index].name;
}
