/*
 * Steps that give the cell a root of its own: an empty tmpfs, made the root of the mount namespace
 * by pivot_root(2), with everything of the host detached. Runs in the child of the keeper.
 *
 * Nothing of it is visible on the host: the tmpfs is put over an existing folder in a mount
 * namespace whose mounts were made private before, so there is no folder to make and none to
 * remove, whatever dies when. All paths below go through the root's descriptor, resolved within
 * it, so a symbolic link of the policy cannot lead a mount to the host's tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/step.h"

#define ROOT_SIZE "64m"
#define PATH_BYTES 256

int step_private_mounts(struct inside *inside)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return step_failed(inside, -errno, "making all mounts private");
	return 0;
}

int step_root(struct inside *inside)
{
	_cleanup_fd_ int context = fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (context < 0)
		return step_failed(inside, -errno, "fsopen tmpfs");
	if (fsconfig(context, FSCONFIG_SET_STRING, "mode", "0755", 0) < 0 ||
	    fsconfig(context, FSCONFIG_SET_STRING, "size", ROOT_SIZE, 0) < 0 ||
	    fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return step_failed(inside, -errno, "tmpfs for the root");
	inside->root_fd = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (inside->root_fd < 0)
		return step_failed(inside, -errno, "fsmount");
	/* Any folder will do; sources are open already, so what it hides is not missed. */
	if (move_mount(inside->root_fd, "", AT_FDCWD, "/tmp", MOVE_MOUNT_F_EMPTY_PATH) < 0 &&
	    move_mount(inside->root_fd, "", AT_FDCWD, "/usr", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return step_failed(inside, -errno, "mounting the root over /tmp or /usr");
	return 0;
}

int step_read_only_root(struct inside *inside)
{
	struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};

	if (mount_setattr(inside->root_fd, "", AT_EMPTY_PATH, &read_only, sizeof(read_only)) < 0)
		return step_failed(inside, -errno, "making the root read-only");
	return 0;
}

int step_pivot(struct inside *inside)
{
	if (fchdir(inside->root_fd) < 0)
		return step_failed(inside, -errno, "fchdir");
	/* With "." twice the old root ends up on top of the new one, pivot_root(2), NOTES. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return step_failed(inside, -errno, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		return step_failed(inside, -errno, "detaching the host's root");
	fd_close(&inside->root_fd);
	if (chdir("/tmp") < 0 && chdir("/") < 0)
		return step_failed(inside, -errno, "chdir");
	return 0;
}

/* ---- paths within the root ---- */

static int open_in_root(const struct inside *inside, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	int fd = (int)syscall(SYS_openat2, inside->root_fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

const char *target_name(const char *target)
{
	const char *slash = strrchr(target, '/');

	return slash == NULL ? target : slash + 1;
}

static int make_one(int parent, const char *name, bool is_folder)
{
	_cleanup_fd_ int fd = -1;

	if (is_folder)
		return mkdirat(parent, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd < 0 && errno != EEXIST ? -errno : 0;
}

/* Makes the entry that `path` (absolute, not "/") names, whose folder exists. */
static int make_entry(const struct inside *inside, const char *path, bool is_folder)
{
	char folder[PATH_BYTES];
	const char *name = target_name(path);
	_cleanup_fd_ int parent = -1;

	if ((size_t)(name - path) >= sizeof(folder))
		return -ENAMETOOLONG;
	memcpy(folder, path, (size_t)(name - path));
	folder[name - path] = '\0';
	parent = open_in_root(inside, folder);
	return parent < 0 ? parent : make_one(parent, name, is_folder);
}

static int make_folders(const struct inside *inside, const char *path)
{
	char prefix[PATH_BYTES];

	for (size_t i = 1; path[i] != '\0'; i++) {
		int err;

		if (path[i] != '/')
			continue;
		memcpy(prefix, path, i);
		prefix[i] = '\0';
		err = make_entry(inside, prefix, true);
		if (err < 0)
			return err;
	}
	return 0;
}

int target_make(const struct inside *inside, const char *target, enum target_kind kind)
{
	char folder[PATH_BYTES];
	size_t len = strlen(target);
	int err;

	if (len < 2 || len >= sizeof(folder) || target[0] != '/' || target[len - 1] == '/')
		return -EINVAL;
	err = make_folders(inside, target);
	if (err < 0)
		return err;
	if (kind == TARGET_PARENT) {
		len = (size_t)(target_name(target) - target);
		memcpy(folder, target, len);
		folder[len] = '\0';
		return open_in_root(inside, folder);
	}
	err = make_entry(inside, target, kind == TARGET_FOLDER);
	return err < 0 ? err : open_in_root(inside, target);
}
