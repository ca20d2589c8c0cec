/*
 * Landlock of a cell, put up by pid 1 of it before the filter, inherited by every run.
 *
 * The mounts decide what exists, the filter what can be called; this is a second opinion that does
 * not share their code in the kernel: even with a mount too many, or a call that gets around the
 * filter, only what the rules name can be opened, and only the work areas written.
 *
 * What is handled and named by no rule is refused. Later versions of the interface can refuse more:
 * all that the kernel has is used. Version 1 (Linux 5.13 to 5.18) is left out: it refuses every
 * rename from one folder to another, which honest programs do.
 *
 * The constants are defined here as far as the oldest supported headers (Linux 6.1) lack them.
 */
#include "inside/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#define STEP "lock-landlock"

#define VERSION_LOWEST 2 /* LANDLOCK_ACCESS_FS_REFER */
#define VERSION_TRUNCATE 3
#define VERSION_NETWORK 4
#define VERSION_IOCTL 5
#define VERSION_SCOPES 6

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP (1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif
#ifndef LANDLOCK_SCOPE_SIGNAL
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL (1ULL << 1)
#endif

/* struct landlock_ruleset_attr of version 6; older kernels take its beginning. */
struct ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

#define ACCESS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define ACCESS_MAKE_DEVICE (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)
#define ACCESS_ALL ((LANDLOCK_ACCESS_FS_IOCTL_DEV << 1) - 1)
/* What a rule on a file, not a folder, may name. */
#define ACCESS_OF_FILE                                                              \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | ACCESS_WRITE | \
	 LANDLOCK_ACCESS_FS_IOCTL_DEV)

static const uint64_t accesses[] = {
	[LOCK_ACCESS_LIST] = LANDLOCK_ACCESS_FS_READ_DIR,
	[LOCK_ACCESS_READ] = ACCESS_READ | LANDLOCK_ACCESS_FS_EXECUTE,
	[LOCK_ACCESS_PROC] = ACCESS_READ | ACCESS_WRITE,
	[LOCK_ACCESS_DEVICE] = ACCESS_READ | ACCESS_WRITE | LANDLOCK_ACCESS_FS_IOCTL_DEV,
	[LOCK_ACCESS_WORK] = ACCESS_ALL & ~ACCESS_MAKE_DEVICE,
};

int landlock_version(void)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version < VERSION_LOWEST ? 0 : (int)version;
}

/* What this version can refuse; the length that it takes. */
static size_t handle_all(int version, struct ruleset *ruleset)
{
	size_t size = offsetof(struct ruleset, handled_access_net);

	*ruleset = (struct ruleset){.handled_access_fs = ACCESS_ALL};
	if (version < VERSION_TRUNCATE)
		ruleset->handled_access_fs &= ~LANDLOCK_ACCESS_FS_TRUNCATE;
	if (version < VERSION_IOCTL)
		ruleset->handled_access_fs &= ~LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (version >= VERSION_NETWORK) {
		ruleset->handled_access_net =
			LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
		size = offsetof(struct ruleset, scoped);
	}
	if (version >= VERSION_SCOPES) {
		ruleset->scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
		size = sizeof(*ruleset);
	}
	return size;
}

static int add_rule(int ruleset_fd, uint64_t handled, const struct lock_rule *rule)
{
	struct landlock_path_beneath_attr beneath = {0};
	struct stat status;
	_cleanup_fd_ int fd = -1;

	if (rule->access >= sizeof(accesses) / sizeof(accesses[0]) ||
	    memchr(rule->path, '\0', sizeof(rule->path)) == NULL)
		return -EINVAL;
	fd = open(rule->path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &status) < 0)
		return -errno;
	beneath.parent_fd = fd;
	beneath.allowed_access = accesses[rule->access] & handled;
	if (!S_ISDIR(status.st_mode))
		beneath.allowed_access &= ACCESS_OF_FILE;
	if (beneath.allowed_access == 0)
		return 0;
	if (syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0)
		return -errno;
	return 0;
}

static int fail(struct failure *failure, int error, const char *detail)
{
	failure_set(failure, STEP, -error, "%s", detail);
	return error;
}

int landlock_restrict(const struct lock_rule *rules, uint32_t n_rules, struct failure *failure)
{
	const int version = landlock_version();
	_cleanup_fd_ int fd = -1;
	struct ruleset ruleset;
	size_t size;

	if (version == 0)
		return fail(failure, -EOPNOTSUPP, "not there any more");
	size = handle_all(version, &ruleset);
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
	if (fd < 0)
		return fail(failure, -errno, "making the rule set");
	for (uint32_t i = 0; i < n_rules; i++) {
		int err = add_rule(fd, ruleset.handled_access_fs, &rules[i]);

		if (err < 0) {
			failure_set(failure, STEP, -err, "%.*s", (int)sizeof(rules[i].path),
				    rules[i].path);
			return err;
		}
	}
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return fail(failure, -errno, "entering it");
	return 0;
}
