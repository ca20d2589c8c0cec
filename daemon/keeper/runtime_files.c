/*
 * Opening a runtime's files, by assay-keeper at its start: every cell of its life then gets the
 * same files, also when assay is upgraded under it, and cells need no way to the folder.
 */
#include "keeper/runtime_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"

static int add_file(struct runtime_files *runtime, int folder, const char *name)
{
	_cleanup_fd_ int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return 0; /* __pycache__ and the like */
	if (runtime->n_files == PLAN_FILES_MAX)
		return -E2BIG;
	runtime->files[runtime->n_files++] = (struct plan_file){
		.name = xstrdup(name),
		.fd = fd_take(&fd),
		.mode = (status.st_mode & S_IXUSR) != 0 ? 0755 : 0644,
	};
	return 0;
}

static int add_all(struct runtime_files *runtime, DIR *folder)
{
	for (;;) {
		const struct dirent *entry;
		int err;

		errno = 0;
		entry = readdir(folder);
		if (entry == NULL)
			return -errno;
		if (entry->d_name[0] == '.')
			continue;
		err = add_file(runtime, dirfd(folder), entry->d_name);
		if (err < 0) {
			log_error("runtime file %s: %s", entry->d_name, strerror(-err));
			return err;
		}
	}
}

int runtime_files_open(struct runtime_files *runtime, const char *path, const char *name)
{
	char folder_path[512];
	DIR *folder;
	int err;

	snprintf(folder_path, sizeof(folder_path), "%s/%s", path, name);
	folder = opendir(folder_path);
	if (folder == NULL) {
		err = -errno;
		log_error("runtime folder %s: %s", folder_path, strerror(-err));
		return err;
	}
	runtime->n_files = 0;
	err = add_all(runtime, folder);
	closedir(folder);
	return err;
}
