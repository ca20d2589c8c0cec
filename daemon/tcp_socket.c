/*
 * Making the TCP socket. Run by assayd before it starts the others: the broker may make no socket.
 *
 * All options of a connection are set here, because connections inherit them from the socket that
 * listens (tcp(7)) and the broker may not set any: small frames are sent at once; a peer that has
 * gone without a word is noticed by probes, or by unacknowledged bytes, within two minutes.
 *
 * There is no encryption, so that what is not loopback is warned of.
 */
#include "tcp_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define BACKLOG 256
#define KEEP_IDLE_S 60
#define KEEP_INTERVAL_S 15
#define KEEP_PROBES 4
#define UNACKNOWLEDGED_MS 120000

struct place {
	char host[256];
	char port[16];
};

static int split(const char *address, struct place *place, struct config_error *error)
{
	const char *colon = strrchr(address, ':');
	const char *host = address;
	const char *port = colon != NULL ? colon + 1 : address;
	size_t len = colon != NULL ? (size_t)(colon - address) : 0;
	unsigned long number;
	char *end;

	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (memchr(host, ':', len) != NULL) {
		return config_error_set(error,
					"--listen %s: an address with colons is written "
					"[ADDRESS]:PORT",
					address);
	}
	errno = 0;
	number = strtoul(port, &end, 10);
	if (*port < '0' || *port > '9' || *end != '\0' || errno != 0 || number > 65535 ||
	    len >= sizeof(place->host))
		return config_error_set(error, "--listen %s: expected HOST:PORT", address);
	snprintf(place->host, sizeof(place->host), "%.*s", (int)len, host);
	if (len == 0)
		snprintf(place->host, sizeof(place->host), "127.0.0.1");
	snprintf(place->port, sizeof(place->port), "%lu", number);
	return 0;
}

static bool is_loopback(const char *host)
{
	return strncmp(host, "127.", strlen("127.")) == 0 || strcmp(host, "::1") == 0;
}

static int set_options(int fd)
{
	static const struct {
		int level;
		int name;
		int value;
	} options[] = {
		{SOL_SOCKET, SO_REUSEADDR, 1},
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S},
		{IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S},
		{IPPROTO_TCP, TCP_KEEPCNT, KEEP_PROBES},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS},
		{IPPROTO_TCP, TCP_NODELAY, 1},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (setsockopt(fd, options[i].level, options[i].name, &options[i].value,
			       sizeof(options[i].value)) < 0)
			return -errno;
	return 0;
}

static void tell_where(int fd)
{
	struct sockaddr_storage bound = {0};
	socklen_t len = sizeof(bound);
	char host[NI_MAXHOST];
	char port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&bound, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&bound, len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	log_info(strchr(host, ':') != NULL ? "listening on tcp:[%s]:%s" : "listening on tcp:%s:%s",
		 host, port);
	if (!is_loopback(host))
		log_warning("tokens and code pass over the network as they are: nothing here "
			    "encrypts them");
}

int tcp_socket_open(const char *address, int *fd, struct config_error *error)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	_cleanup_fd_ int bound = -1;
	struct addrinfo *found;
	struct place place;
	int err = split(address, &place, error);

	if (err < 0)
		return err;
	err = getaddrinfo(place.host, place.port, &hints, &found);
	if (err != 0)
		return config_error_set(error, "--listen %s: %s", address, gai_strerror(err));
	bound = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	err = bound < 0 ? -errno : set_options(bound);
	if (err == 0 &&
	    (bind(bound, found->ai_addr, found->ai_addrlen) < 0 || listen(bound, BACKLOG) < 0))
		err = -errno;
	freeaddrinfo(found);
	if (err < 0)
		return config_error_set(error, "--listen %s: cannot listen there: %s", address,
					strerror(-err));
	tell_where(bound);
	*fd = fd_take(&bound);
	return 0;
}
