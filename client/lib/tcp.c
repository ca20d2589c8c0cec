/*
 * A connection to a daemon on another machine, or behind a tunnel; libassay.
 *
 * Every address that the name has is tried in the order of getaddrinfo(3), until the time is over.
 * Small frames leave at once, and a daemon that has gone without a word is noticed by probes, as
 * the daemon notices us.
 */
#include "client/lib/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SCHEME "tcp:"
#define KEEP_IDLE_S 60
#define KEEP_INTERVAL_S 15
#define KEEP_PROBES 4

bool tcp_is_address(const char *address)
{
	return strncmp(address, SCHEME, strlen(SCHEME)) == 0;
}

static int split(const char *address, char *host, size_t size, const char **port)
{
	const char *start = address + strlen(SCHEME);
	const char *colon;
	size_t len;

	if (strncmp(start, "//", 2) == 0)
		start += 2;
	colon = strrchr(start, ':');
	if (colon == NULL || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	len = (size_t)(colon - start);
	if (len > 2 && start[0] == '[' && colon[-1] == ']') {
		start++;
		len -= 2;
	} else if (len == 0 || memchr(start, ':', len) != NULL) {
		return -EINVAL;
	}
	if ((size_t)snprintf(host, size, "%.*s", (int)len, start) >= size)
		return -EINVAL;
	*port = colon + 1;
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until the connection is there: 0 or -errno. */
static int await(int fd, int64_t deadline_ms)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int err = 0;

	for (;;) {
		int64_t left_ms = deadline_ms < 0 ? -1 : deadline_ms - now_ms();
		int n;

		if (deadline_ms >= 0 && left_ms <= 0)
			return -ETIMEDOUT;
		n = poll(&ready, 1, (int)left_ms);
		if (n > 0)
			break;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 ? -errno : -err;
}

static void set_options(int fd)
{
	const int on = 1, idle = KEEP_IDLE_S, interval = KEEP_INTERVAL_S, probes = KEEP_PROBES;

	/* Without any of these it works, only less well. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static int connect_to(const struct addrinfo *where, int64_t deadline_ms)
{
	int fd = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	set_options(fd);
	err = connect(fd, where->ai_addr, where->ai_addrlen) < 0 ? -errno : 0;
	if (err == -EINPROGRESS || err == -EINTR)
		err = await(fd, deadline_ms);
	if (err < 0) {
		close(fd);
		return err;
	}
	return fd;
}

int tcp_connect(const char *address, int timeout_ms)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	int64_t deadline_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	struct addrinfo *found;
	const char *port;
	char host[256];
	int fd = split(address, host, sizeof(host), &port);
	int err;

	if (fd < 0)
		return fd;
	err = getaddrinfo(host, port, &hints, &found);
	if (err != 0)
		return err == EAI_SYSTEM ? -errno : err == EAI_MEMORY ? -ENOMEM : -ENOENT;
	fd = -ENOENT;
	for (const struct addrinfo *each = found; each != NULL && fd < 0 && fd != -ETIMEDOUT;
	     each = each->ai_next)
		fd = connect_to(each, deadline_ms);
	freeaddrinfo(found);
	return fd;
}
