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
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inside/landlock.h"

static struct lock_rule rules[LOCK_RULES_MAX];
static struct sock_filter instructions[LOCK_INSTRUCTIONS_MAX];

/* What the steps hand on. */
struct lock {
	struct lock_header header;
	struct failure *failure;
	int listener;
};

static int fail(const struct lock *lock, int error, const char *detail)
{
	failure_set(lock->failure, "", -error, "%s", detail);
	return error;
}

/* ---- the steps ---- */

static int lock_not_dumpable(struct lock *lock)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? fail(lock, -errno, "PR_SET_DUMPABLE") : 0;
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

static int lock_material(struct lock *lock)
{
	int err = read_material(&lock->header);

	return err < 0 ? fail(lock, err, "reading the filter") : 0;
}

static int lock_streams(struct lock *lock)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return fail(lock, -errno, "/dev/null");
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) < 0)
			return fail(lock, -errno, "dup2");
	return 0; /* closed with all others */
}

static int lock_landlock(struct lock *lock)
{
	if ((lock->header.flags & LOCK_LANDLOCK) == 0)
		return 0;
	return landlock_restrict(rules, lock->header.n_rules, lock->failure);
}

static int lock_descriptors(struct lock *lock)
{
	return close_range(CELL_FD_CONTROL + 1, ~0u, 0) < 0 ? fail(lock, -errno, "close_range") : 0;
}

static int lock_filter(struct lock *lock)
{
	const bool listens = (lock->header.flags & LOCK_LISTENS) != 0;
	struct sock_fprog program = {
		.len = (unsigned short)lock->header.n_instructions,
		.filter = instructions,
	};
	/* With a listener the thread that cannot be filtered has to be told as ESRCH: the result
	 * is a descriptor. */
	const unsigned long flags =
		SECCOMP_FILTER_FLAG_TSYNC |
		(listens ? SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC_ESRCH : 0);
	long result;

	if ((lock->header.flags & LOCK_NO_FILTER) != 0)
		return 0;
	result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (result < 0)
		return fail(lock, -errno, "seccomp");
	if (!listens && result > 0)
		return fail(lock, -EBUSY, "a thread cannot be filtered");
	lock->listener = listens ? (int)result : -1;
	return 0;
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	int (*run)(struct lock *lock);
	const char *purpose; /* for `assay doctor --explain` */
} steps[] = {
	{"lock-not-dumpable", lock_not_dumpable,
	 "its memory and descriptors are closed to the runs to come"},
	{"lock-material", lock_material, "reads the rules and the filter that the keeper has left"},
	{"lock-streams", lock_streams, "0, 1 and 2 are /dev/null"},
	{"lock-landlock", lock_landlock,
	 "only what the policy mounts can be opened, only work areas written"},
	{"lock-descriptors", lock_descriptors, "all but the control socket is closed"},
	{"lock-filter", lock_filter, "the policy's system calls and no others, for all threads"},
};

int lock_self(struct failure *failure, int *listener)
{
	struct lock lock = {.failure = failure, .listener = -1};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int err = steps[i].run(&lock);

		if (err < 0) {
			snprintf(failure->step, sizeof(failure->step), "%s", steps[i].name);
			return err;
		}
	}
	*listener = lock.listener;
	return 0;
}

const char *lock_step(size_t index, const char **purpose)
{
	if (index >= sizeof(steps) / sizeof(steps[0]))
		return NULL;
	*purpose = steps[index].purpose;
	return steps[index].name;
}
