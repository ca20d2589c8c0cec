/*
 * Writing the id maps of a new user namespace, by assay-keeper from outside: an ordinary user may
 * map only itself, root any host id. `pid` is a child that has not been waited for, so its number
 * cannot belong to anyone else.
 */
#include "keeper/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"

static int write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	_cleanup_fd_ int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fd_write_all(fd, text, strlen(text));
}

static int write_map(pid_t pid, const char *name, unsigned int inside_id, unsigned int id)
{
	char text[64];

	snprintf(text, sizeof(text), "%u %u 1\n", inside_id, id);
	return write_file(pid, name, text);
}

int userns_map(pid_t pid, unsigned int inside_id, uid_t uid, gid_t gid)
{
	/* An ordinary user may write gid_map only after this (user_namespaces(7)). */
	int err = write_file(pid, "setgroups", "deny");

	if (err == 0)
		err = write_map(pid, "gid_map", inside_id, gid);
	if (err == 0)
		err = write_map(pid, "uid_map", inside_id, uid);
	return err;
}
