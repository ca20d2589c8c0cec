/*
 * Steps that make the process nobody in particular: its own user namespace, one user, no
 * supplementary group, and no way to a further user namespace. Runs in the child of the keeper.
 *
 * As root the namespace is created while the process is still the host's root, so that the
 * namespace belongs to root: no process of the cell's host uid has power over it. Groups are
 * dropped before, because the single-entry map of the new namespace forbids setgroups(2). As an
 * ordinary user supplementary groups cannot be dropped; what they could open is only what the
 * policy binds.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/inside.h"
#include "inside/step.h"

int step_groups(struct inside *inside)
{
	if (inside->plan->enters_user_namespace && setgroups(0, NULL) < 0)
		return step_failed(inside, -errno, "setgroups");
	return 0;
}

int step_user_namespace(struct inside *inside)
{
	int err;

	if (!inside->plan->enters_user_namespace)
		return 0;
	if (unshare(CLONE_NEWUSER) < 0)
		return step_failed(inside, -errno, "unshare(CLONE_NEWUSER)");
	err = channel_tell(inside, SETUP_NEEDS_MAPS);
	if (err == 0)
		err = channel_wait_go(inside);
	return err < 0 ? step_failed(inside, err, "waiting for the keeper to map ids") : 0;
}

/*
 * The filter refuses new namespaces anyway; this second wall costs two system calls. The counters
 * belong to the user namespace, so it concerns nobody else. A host that masks /proc/sys (some
 * containers) only lacks the second wall.
 */
int step_no_nested_namespaces(struct inside *inside)
{
	_cleanup_fd_ int fd = -1;

	if (inside->sysctl_fd < 0)
		return 0;
	fd = openat(inside->sysctl_fd, "max_user_namespaces", O_WRONLY | O_CLOEXEC);
	fd_close(&inside->sysctl_fd);
	if (fd < 0)
		return 0;
	return write(fd, "0", 1) < 0 ? step_failed(inside, -errno, "max_user_namespaces") : 0;
}

int step_credentials(struct inside *inside)
{
	const unsigned int id = inside->plan->id;

	/*
	 * Only a cell without a user namespace begins as a root that is known there, and would lose
	 * with its id the capabilities with which a later step empties the bounding set.
	 */
	if (id != PLAN_INSIDE_ID && prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0)
		return step_failed(inside, -errno, "PR_SET_SECUREBITS");
	if (setresgid(id, id, id) < 0)
		return step_failed(inside, -errno, "setresgid %u", id);
	if (setresuid(id, id, id) < 0)
		return step_failed(inside, -errno, "setresuid %u", id);
	if (getuid() != id || geteuid() != id || getgid() != id || getegid() != id)
		return step_failed(inside, -EPERM, "ids are not %u", id);
	return 0;
}
