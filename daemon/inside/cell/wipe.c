/*
 * Work areas between two runs. Pid 1, when every other process is dead, so nothing moves while we
 * look: no race between a check and its use.
 *
 * The ordinary run writes no file: two system calls an area then prove it (statfs: no inode and no
 * block in use beyond the root's; fstatat: the root's own times and mode as recorded, its ctime
 * being nothing that a process can set). Only otherwise do we walk. The walk is bounded in entries
 * and depth, follows no symlink and allocates nothing; whoever leaves more than that costs the
 * cell.
 */
#include "inside/cell/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/fd.h"

#define DEPTH_MAX 64
#define ENTRIES_MAX 20000
#define ENTRIES_BYTES 2048

struct entry { /* struct linux_dirent64 */
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static int read_state(struct wipe_area *area)
{
	struct statfs fs;

	if (statfs(area->path, &fs) < 0 ||
	    fstatat(AT_FDCWD, area->path, &area->at_start, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	area->used_inodes = fs.f_files - fs.f_ffree;
	area->used_blocks = fs.f_blocks - fs.f_bfree;
	area->attribute_bytes = listxattr(area->path, NULL, 0);
	if (area->attribute_bytes < 0)
		area->attribute_bytes = -errno;
	return fs.f_type == TMPFS_MAGIC ? 0 : -EMEDIUMTYPE;
}

int wipe_start(struct wipe *wipe)
{
	for (unsigned int i = 0; i < wipe->n_areas; i++) {
		int err = read_state(&wipe->areas[i]);

		if (err < 0)
			return err;
		if (wipe->areas[i].used_inodes > 1)
			return -ENOTEMPTY;
	}
	return 0;
}

static bool is_same_time(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

/* Content and owner as at the start; times are compared only by is_untouched(). */
static bool is_empty(const struct wipe_area *area, const struct wipe_area *now)
{
	return now->used_inodes == area->used_inodes && now->used_blocks == area->used_blocks &&
	       now->at_start.st_mode == area->at_start.st_mode &&
	       now->at_start.st_uid == area->at_start.st_uid &&
	       now->at_start.st_gid == area->at_start.st_gid;
}

static bool is_untouched(const struct wipe_area *area)
{
	struct wipe_area now = {.path = area->path};
	struct statfs fs;

	if (statfs(area->path, &fs) < 0 ||
	    fstatat(AT_FDCWD, area->path, &now.at_start, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	now.used_inodes = fs.f_files - fs.f_ffree;
	now.used_blocks = fs.f_blocks - fs.f_bfree;
	return is_empty(area, &now) &&
	       is_same_time(&now.at_start.st_mtim, &area->at_start.st_mtim) &&
	       is_same_time(&now.at_start.st_ctim, &area->at_start.st_ctim);
}

static int remove_content(int parent, const char *name, unsigned int depth, unsigned int *budget);

static int remove_entry(int folder, const struct entry *entry, unsigned int depth,
			unsigned int *budget)
{
	int err;

	if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
		return 0;
	if (*budget == 0)
		return -E2BIG;
	(*budget)--;
	if (unlinkat(folder, entry->name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (unlinkat(folder, entry->name, AT_REMOVEDIR) == 0)
		return 0;
	err = remove_content(folder, entry->name, depth, budget);
	if (err < 0)
		return err;
	return unlinkat(folder, entry->name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int remove_content(int parent, const char *name, unsigned int depth, unsigned int *budget)
{
	_Alignas(struct entry) char entries[ENTRIES_BYTES];
	_cleanup_fd_ int folder = -1;
	long len;

	if (depth == 0)
		return -ELOOP;
	folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
		folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return -errno;
	/* A folder that can be read but not changed. */
	if (depth < DEPTH_MAX && faccessat(folder, ".", W_OK | X_OK, 0) < 0 &&
	    fchmod(folder, 0700) < 0)
		return -errno;
	while ((len = syscall(SYS_getdents64, folder, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < len;) {
			const struct entry *entry = (const struct entry *)(entries + at);
			int err = remove_entry(folder, entry, depth - 1, budget);

			if (err < 0)
				return err;
			at += entry->length;
		}
	}
	return len < 0 ? -errno : 0;
}

/* The root's own mode may have been changed, even to something that we cannot read. */
static int restore_root(const struct wipe_area *area)
{
	struct timespec times[2] = {area->at_start.st_atim, area->at_start.st_mtim};

	/* A root that belongs to another user cannot have been changed either. */
	if (area->at_start.st_uid == geteuid() &&
	    fchmodat(AT_FDCWD, area->path, area->at_start.st_mode & 07777, 0) < 0)
		return -errno;
	if (utimensat(AT_FDCWD, area->path, times, AT_SYMLINK_NOFOLLOW) < 0 && errno != EPERM)
		return -errno;
	return 0;
}

static int wipe_area(struct wipe_area *area)
{
	struct wipe_area now = {.path = area->path};
	unsigned int budget = ENTRIES_MAX;
	int err = restore_root(area);

	if (err == 0)
		err = remove_content(AT_FDCWD, area->path, DEPTH_MAX, &budget);
	if (err == 0)
		err = restore_root(area);
	if (err == 0)
		err = read_state(&now);
	if (err < 0)
		return err;
	if (!is_empty(area, &now) || now.attribute_bytes != area->attribute_bytes)
		return -ENOTEMPTY;
	*area = now;
	return 0;
}

int wipe_areas(struct wipe *wipe)
{
	for (unsigned int i = 0; i < wipe->n_areas; i++) {
		if (!is_untouched(&wipe->areas[i])) {
			int err = wipe_area(&wipe->areas[i]);

			if (err < 0)
				return err;
		}
	}
	return 0;
}
