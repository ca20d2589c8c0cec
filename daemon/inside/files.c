/*
 * Step: the runtime's own files, copied to /runtime of the cell's root. Runs in the child of the
 * keeper.
 *
 * Copied and not bound, so that they may lie where the cell's user cannot look, and so that an
 * upgrade of assay under a running daemon does not reach a cell: the keeper opened them once, at
 * its start.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/step.h"

#define COPY_BYTES (1u << 20)

static int copy(int from, int to)
{
	off_t offset = 0;

	for (;;) {
		ssize_t n = sendfile(to, from, &offset, COPY_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
	}
}

static int make_file(struct inside *inside, int folder, const struct plan_file *file)
{
	_cleanup_fd_ int fd =
		openat(folder, file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->mode);
	int err;

	if (fd < 0)
		return step_failed(inside, -errno, "/runtime/%s", file->name);
	err = copy(file->fd, fd);
	return err < 0 ? step_failed(inside, err, "copying /runtime/%s", file->name) : 0;
}

int step_files(struct inside *inside)
{
	const struct plan *plan = inside->plan;
	_cleanup_fd_ int path = target_make(inside, "/runtime", TARGET_FOLDER);
	_cleanup_fd_ int folder = -1;

	if (path < 0)
		return step_failed(inside, path, "making /runtime");
	folder = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return step_failed(inside, -errno, "/runtime");
	for (uint32_t i = 0; i < plan->n_files; i++) {
		int err = make_file(inside, folder, &plan->files[i]);

		if (err < 0)
			return err;
	}
	return 0;
}
