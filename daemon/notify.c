/*
 * Readiness and socket activation, for assayd. Hand-written because libsystemd would pull
 * compression and crypto libraries into the process that starts the privileged one; the protocol is
 * one datagram and two variables. A manager that cannot be reached is no reason to stop serving, so
 * the caller only logs.
 */
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

#define LISTEN_FD_FIRST 3

int notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = -1;
	size_t len;

	if (path == NULL || path[0] == '\0')
		return 0;
	len = strlen(path);
	if (len >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@') /* abstract */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		return -errno;
	return 0;
}

static int get_option(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) < 0 ? -errno : value;
}

int notify_listener(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");

	if (pid == NULL || count == NULL || strtol(pid, NULL, 10) != getpid())
		return -1;
	if (strcmp(count, "1") != 0 || get_option(LISTEN_FD_FIRST, SO_ACCEPTCONN) != 1 ||
	    get_option(LISTEN_FD_FIRST, SO_TYPE) != SOCK_STREAM ||
	    get_option(LISTEN_FD_FIRST, SO_DOMAIN) != AF_UNIX)
		return -EINVAL;
	if (fcntl(LISTEN_FD_FIRST, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return LISTEN_FD_FIRST;
}
