/*
 * Steps that fill the cell's root with the policy's mounts, in the policy's order. Runs in the
 * child of the keeper, with the power over mounts that a later step gives up.
 *
 * Binds are detached copies (open_tree(2)), made read-only, nosuid and nodev as a whole tree
 * before they are attached: there is no moment at which a sub-mount is writable, which a bind
 * followed by a remount has, and a remount misses sub-mounts. Needs Linux 5.12.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/step.h"

static int attach(struct inside *inside, int tree, const struct plan_mount *mount, bool is_folder)
{
	_cleanup_fd_ int target =
		target_make(inside, mount->target, is_folder ? TARGET_FOLDER : TARGET_FILE);

	if (target < 0)
		return step_failed(inside, target, "making %s", mount->target);
	if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return step_failed(inside, -errno, "attaching %s", mount->target);
	return 0;
}

/* ---- what is taken from the host ---- */

static int open_source(struct inside *inside, const struct plan_mount *mount, int *source)
{
	const bool is_device = mount->kind == PLAN_MOUNT_DEVICE;
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
			    (is_device ? MOUNT_ATTR_NOEXEC : MOUNT_ATTR_NODEV),
	};
	const unsigned int recursive = is_device ? 0 : AT_RECURSIVE;
	_cleanup_fd_ int tree =
		open_tree(AT_FDCWD, mount->source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);

	if (tree < 0 && mount->is_optional && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (tree < 0)
		return step_failed(inside, -errno, "%s", mount->source);
	if (mount_setattr(tree, "", AT_EMPTY_PATH | recursive, &attributes, sizeof(attributes)) < 0)
		return step_failed(inside, -errno, "making %s read-only", mount->source);
	*source = fd_take(&tree);
	return 0;
}

int step_mount_sources(struct inside *inside)
{
	const struct plan *plan = inside->plan;

	inside->sysctl_fd = open("/proc/sys/user", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (uint32_t i = 0; i < plan->n_mounts; i++) {
		const struct plan_mount *mount = &plan->mounts[i];
		int err;

		if (mount->kind != PLAN_MOUNT_BIND && mount->kind != PLAN_MOUNT_DEVICE)
			continue;
		err = open_source(inside, mount, &inside->sources[i]);
		if (err < 0)
			return err;
	}
	return 0;
}

static int mount_source(struct inside *inside, const struct plan_mount *mount, int *source)
{
	struct stat status;
	int err;

	if (*source < 0)
		return 0; /* optional and absent */
	if (fstat(*source, &status) < 0)
		return step_failed(inside, -errno, "%s", mount->source);
	if (mount->kind == PLAN_MOUNT_DEVICE && !S_ISCHR(status.st_mode))
		return step_failed(inside, -ENODEV, "%s is no character device", mount->source);
	err = attach(inside, *source, mount, S_ISDIR(status.st_mode));
	fd_close(source);
	return err;
}

/* ---- what is made new ---- */

static int mount_tmpfs(struct inside *inside, const struct plan_mount *mount)
{
	_cleanup_fd_ int context = fsopen("tmpfs", FSOPEN_CLOEXEC);
	_cleanup_fd_ int tree = -1;
	char size[24];
	char inodes[24];

	if (context < 0)
		return step_failed(inside, -errno, "fsopen tmpfs");
	snprintf(size, sizeof(size), "%llu", (unsigned long long)mount->size_bytes);
	snprintf(inodes, sizeof(inodes), "%llu", (unsigned long long)mount->inodes);
	if (fsconfig(context, FSCONFIG_SET_STRING, "mode", "1777", 0) < 0 ||
	    fsconfig(context, FSCONFIG_SET_STRING, "size", size, 0) < 0 ||
	    fsconfig(context, FSCONFIG_SET_STRING, "nr_inodes", inodes, 0) < 0 ||
	    fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return step_failed(inside, -errno, "tmpfs for %s", mount->target);
	tree = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (tree < 0)
		return step_failed(inside, -errno, "fsmount %s", mount->target);
	return attach(inside, tree, mount, true);
}

/*
 * hidepid hides pid 1 once it is not dumpable; subset=pid leaves out all that is not a process
 * (/proc/sys, /proc/kallsyms ...). Kernels before 5.8 know neither: then without.
 */
static int mount_proc(struct inside *inside, const struct plan_mount *mount)
{
	_cleanup_fd_ int context = fsopen("proc", FSOPEN_CLOEXEC);
	_cleanup_fd_ int tree = -1;

	if (context < 0)
		return step_failed(inside, -errno, "fsopen proc");
	if (fsconfig(context, FSCONFIG_SET_STRING, "hidepid", "invisible", 0) < 0)
		(void)fsconfig(context, FSCONFIG_SET_STRING, "hidepid", "2", 0);
	(void)fsconfig(context, FSCONFIG_SET_STRING, "subset", "pid", 0);
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return step_failed(inside, -errno, "proc");
	tree = fsmount(context, FSMOUNT_CLOEXEC,
		       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (tree < 0)
		return step_failed(inside, -errno, "fsmount proc");
	return attach(inside, tree, mount, true);
}

static int make_symlink(struct inside *inside, const struct plan_mount *mount)
{
	_cleanup_fd_ int parent = target_make(inside, mount->target, TARGET_PARENT);

	if (parent < 0)
		return step_failed(inside, parent, "making %s", mount->target);
	if (symlinkat(mount->source, parent, target_name(mount->target)) < 0)
		return step_failed(inside, -errno, "symbolic link %s", mount->target);
	return 0;
}

int step_mounts(struct inside *inside)
{
	const struct plan *plan = inside->plan;

	for (uint32_t i = 0; i < plan->n_mounts; i++) {
		const struct plan_mount *mount = &plan->mounts[i];
		int err = -EINVAL;

		switch (mount->kind) {
		case PLAN_MOUNT_BIND:
		case PLAN_MOUNT_DEVICE:
			err = mount_source(inside, mount, &inside->sources[i]);
			break;
		case PLAN_MOUNT_TMPFS:
			err = mount_tmpfs(inside, mount);
			break;
		case PLAN_MOUNT_PROC:
			err = mount_proc(inside, mount);
			break;
		case PLAN_MOUNT_SYMLINK:
			err = make_symlink(inside, mount);
			break;
		}
		if (err < 0)
			return err;
	}
	return 0;
}
