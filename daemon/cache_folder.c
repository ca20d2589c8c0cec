/*
 * Opening the folder of known verdicts, and what they are good for. Run by assayd before it starts
 * the others: the broker may open nothing by its name.
 *
 * The order of the checks does not matter, because all are made of the open descriptor; it must not
 * follow a link that somebody else has put there.
 */
#include "cache_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* Made just now by root, it is given to whom it is for. */
static int make(const char *path, uid_t uid, struct config_error *error)
{
	if (mkdir(path, 0700) < 0)
		return errno == EEXIST ? 0
				       : config_error_set(error, "cannot make the folder %s: %s",
							  path, strerror(errno));
	if (geteuid() == 0 && lchown(path, uid, uid) < 0)
		return config_error_set(error, "%s: %s", path, strerror(errno));
	return 0;
}

static int check(int fd, const char *path, uid_t uid, struct config_error *error)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return config_error_set(error, "%s: %s", path, strerror(errno));
	if (status.st_uid != uid || (status.st_mode & 077) != 0)
		return config_error_set(error,
					"--cache-dir: %s must belong to user %u alone (mode 0700), "
					"so that nobody else can put verdicts there",
					path, (unsigned int)uid);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return config_error_set(error, "--cache-dir: %s is in use by another daemon", path);
	return 0;
}

int cache_folder_open(const char *path, uid_t uid, struct config_error *error)
{
	_cleanup_fd_ int fd = -1;

	if (make(path, uid, error) < 0)
		return -EINVAL;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return config_error_set(error, "--cache-dir: %s: %s", path, strerror(errno));
	if (check(fd, path, uid, error) < 0)
		return -EINVAL;
	return fd_take(&fd);
}

/* ---- the stamp */

/* FNV-1a, with the prime and the beginning that belong to it: nobody chooses what goes in. */
static uint64_t mix(uint64_t stamp, uint64_t number)
{
	return (stamp ^ number) * 0x100000001b3u;
}

static uint64_t of_file(int folder, const char *name)
{
	uint64_t stamp = 0xcbf29ce484222325u;
	struct stat status;

	for (const char *c = name; *c != '\0'; c++)
		stamp = mix(stamp, (uint8_t)*c);
	if (fstatat(folder, name, &status, 0) < 0)
		return stamp;
	stamp = mix(stamp, (uint64_t)status.st_size);
	stamp = mix(stamp, (uint64_t)status.st_mtim.tv_sec);
	return mix(stamp, (uint64_t)status.st_mtim.tv_nsec);
}

/* A sum, so that the order of the entries does not matter; folders one level below as well. */
static uint64_t of_folder(int at, const char *name, bool is_deep)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	uint64_t stamp = 0;

	if (folder == NULL)
		return 0;
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		stamp += is_deep ? of_folder(fd, entry->d_name, false) : of_file(fd, entry->d_name);
	}
	closedir(folder);
	return stamp;
}

uint64_t cache_folder_stamp(const char *folder, const char *broker_path, const char *keeper_path)
{
	return of_folder(AT_FDCWD, folder, true) + of_file(AT_FDCWD, broker_path) +
	       of_file(AT_FDCWD, keeper_path);
}
