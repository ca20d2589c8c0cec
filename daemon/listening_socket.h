/*
 * The Unix socket that clients connect to. The supervisor makes it, so that it outlives a broker: a
 * client that connects while a new broker starts only waits.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "config/config_error.h"

struct listening_socket {
	int fd;     /* owned */
	char *path; /* owned; NULL: passed in by a service manager, not ours to remove */
	dev_t device;
	ino_t inode;
};

/*
 * Binds `path` with permissions `mode` and, unless it is empty, group `group`, and listens. Makes
 * the last folder of the path if it does not exist. A socket file that nobody listens on any more
 * is replaced; anything else at that path is refused. 0, or -EINVAL with `error`.
 */
int listening_socket_open(const char *path, mode_t mode, const char *group,
			  struct listening_socket *listening, struct config_error *error);

/* Takes a socket that already listens. */
void listening_socket_adopt(int fd, struct listening_socket *listening);

/*
 * Closes it, and removes the file if it is still ours; with `removes_folder` also its folder if
 * that is empty then: a private daemon whose client was killed is the last one that can.
 */
void listening_socket_close(struct listening_socket *listening, bool removes_folder);
