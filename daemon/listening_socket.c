/*
 * Making and removing the socket file. Run by assayd before it starts the others, so the file
 * belongs to whoever runs the daemon.
 *
 * Order: look whether a daemon lives at the path; remove a stale file; bind under a umask, because
 * permissions set after bind(2) leave a moment in which anybody may connect; group; listen. Only
 * ECONNREFUSED of a socket means stale: any other answer may be a daemon, and then two would fight
 * for the path.
 */
#include "listening_socket.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"

#define BACKLOG 4096 /* the kernel lowers it to net.core.somaxconn */

static int make_folder(const char *path, struct config_error *error)
{
	char *folder = xstrdup(path);
	char *slash = strrchr(folder, '/');
	int err = 0;

	if (slash != NULL && slash != folder) {
		*slash = '\0';
		if (mkdir(folder, geteuid() == 0 ? 0755 : 0700) < 0 && errno != EEXIST)
			err = config_error_set(error, "cannot make the folder %s: %s", folder,
					       strerror(errno));
	}
	free(folder);
	return err;
}

/* Removes a socket file that nobody listens on. */
static int remove_stale(const struct sockaddr_un *address, struct config_error *error)
{
	const char *path = address->sun_path;
	_cleanup_fd_ int fd = -1;
	struct stat status;

	if (lstat(path, &status) < 0) {
		if (errno == ENOENT)
			return 0;
		return config_error_set(error, "%s: %s", path, strerror(errno));
	}
	if (!S_ISSOCK(status.st_mode))
		return config_error_set(error, "%s exists and is not a socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return config_error_set(error, "no socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		return config_error_set(error, "%s is in use: a daemon already listens there",
					path);
	if (errno != ECONNREFUSED)
		return config_error_set(error, "%s exists and cannot be tried: %s", path,
					strerror(errno));
	if (unlink(path) < 0 && errno != ENOENT)
		return config_error_set(error, "%s: cannot remove the old socket: %s", path,
					strerror(errno));
	return 0;
}

static int set_group(const char *path, const char *group, struct config_error *error)
{
	const struct group *entry;

	if (group[0] == '\0')
		return 0;
	entry = getgrnam(group);
	if (entry == NULL)
		return config_error_set(error, "--socket-group: there is no group '%s'", group);
	if (lchown(path, (uid_t)-1, entry->gr_gid) < 0)
		return config_error_set(error, "%s: cannot give it to group '%s': %s", path, group,
					strerror(errno));
	return 0;
}

static int bind_and_listen(int fd, const struct sockaddr_un *address, mode_t mode,
			   const char *group, struct config_error *error)
{
	const char *path = address->sun_path;
	mode_t mask = umask(0777 & ~mode);
	int bound = bind(fd, (const struct sockaddr *)address, sizeof(*address));

	if (bound < 0)
		config_error_set(error, "%s: cannot listen there: %s", path, strerror(errno));
	umask(mask);
	if (bound < 0)
		return -EINVAL;
	if (set_group(path, group, error) < 0) {
		unlink(path);
		return -EINVAL;
	}
	if (listen(fd, BACKLOG) < 0) {
		config_error_set(error, "%s: cannot listen there: %s", path, strerror(errno));
		unlink(path);
		return -EINVAL;
	}
	return 0;
}

int listening_socket_open(const char *path, mode_t mode, const char *group,
			  struct listening_socket *listening, struct config_error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = -1;
	struct stat status;
	int err;

	if (strlen(path) >= sizeof(address.sun_path))
		return config_error_set(error, "%s: too long for a socket's name", path);
	memcpy(address.sun_path, path, strlen(path));
	err = make_folder(path, error);
	if (err == 0)
		err = remove_stale(&address, error);
	if (err < 0)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return config_error_set(error, "no socket: %s", strerror(errno));
	err = bind_and_listen(fd, &address, mode, group, error);
	if (err < 0)
		return err;
	if (lstat(path, &status) < 0)
		return config_error_set(error, "%s: %s", path, strerror(errno));
	*listening = (struct listening_socket){
		.fd = fd_take(&fd),
		.path = xstrdup(path),
		.device = status.st_dev,
		.inode = status.st_ino,
	};
	return 0;
}

void listening_socket_adopt(int fd, struct listening_socket *listening)
{
	*listening = (struct listening_socket){.fd = fd};
}

static void remove_folder(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return;
	*slash = '\0';
	/* Not empty, or gone already: then it is not ours to care about. */
	(void)rmdir(path);
}

void listening_socket_close(struct listening_socket *listening, bool removes_folder)
{
	struct stat status;

	if (listening->path != NULL && lstat(listening->path, &status) == 0 &&
	    status.st_dev == listening->device && status.st_ino == listening->inode)
		unlink(listening->path);
	if (listening->path != NULL && removes_folder)
		remove_folder(listening->path);
	free(listening->path);
	listening->path = NULL;
	fd_close(&listening->fd);
}
