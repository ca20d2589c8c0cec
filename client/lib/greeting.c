/*
 * Connecting: the socket, the greeting each way, and what the server said about itself; libassay.
 *
 * Order: connect, send ClientHello, wait for ServerHello, and only then believe the server's own
 * limit of a frame. A failed attempt leaves no client behind to ask for a text, so its text is kept
 * for the calling thread: assay_client_error(NULL).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "client/lib/address.h"
#include "client/lib/client.h"
#include "client/lib/tcp.h"
#include "client/lib/text.h"
#include "proto/codec.h"
#include "proto/utf8.h"

static _Thread_local char connect_error[512];

const char *assay_client_error(const assay_client *client)
{
	return client != NULL ? client->error : connect_error;
}

/* What a greeting says of the caller; each may be NULL. */
struct caller {
	const char *name;
	const char *token; /* by TCP only */
};

static int send_hello(struct assay_client *client, const struct caller *caller)
{
	Assay__ClientHello hello = ASSAY__CLIENT_HELLO__INIT;
	Assay__ClientMessage message = ASSAY__CLIENT_MESSAGE__INIT;

	hello.protocol_major = PROTOCOL_MAJOR;
	hello.protocol_minor = PROTOCOL_MINOR;
	if (caller->name != NULL)
		hello.client_name = (char *)caller->name;
	if (caller->token != NULL) {
		hello.token.data = (uint8_t *)caller->token;
		hello.token.len = strlen(caller->token);
	}
	message.body_case = ASSAY__CLIENT_MESSAGE__BODY_HELLO;
	message.hello = &hello;
	return client_send(client, &message);
}

/* The server answered the greeting with an Error. In a greeting made here nothing can be invalid
 * but the version. */
static int refused(struct assay_client *client, const Assay__Error *error)
{
	int err = -EPROTO;

	if (error->code == ASSAY__ERROR_CODE__UNAUTHENTICATED)
		err = -EACCES;
	else if (error->code == ASSAY__ERROR_CODE__OVERLOADED ||
		 error->code == ASSAY__ERROR_CODE__QUOTA)
		err = -EBUSY;
	else if (error->code == ASSAY__ERROR_CODE__SHUTTING_DOWN)
		err = -ECONNREFUSED;
	else if (error->code == ASSAY__ERROR_CODE__INVALID_REQUEST)
		err = -EPROTONOSUPPORT;
	return client_fail(client, err, "the daemon refused the connection: %s", error->message);
}

static int check_hello(struct assay_client *client, const Assay__ServerMessage *message)
{
	if (message->body_case == ASSAY__SERVER_MESSAGE__BODY_ERROR)
		return refused(client, message->error);
	if (message->body_case != ASSAY__SERVER_MESSAGE__BODY_HELLO)
		return client_fail(client, -EPROTO, "the daemon's first message is no greeting");
	if (message->hello->protocol_major != PROTOCOL_MAJOR)
		return client_fail(client, -EPROTONOSUPPORT,
				   "the daemon speaks protocol %u, this library protocol %d",
				   message->hello->protocol_major, PROTOCOL_MAJOR);
	return 0;
}

static int exchange_greetings(struct assay_client *client, const struct caller *caller,
			      int64_t deadline_ms)
{
	Assay__ServerMessage *message;
	int err = send_hello(client, caller);

	if (err < 0)
		return err;
	while ((err = client_take_message(client, &message)) == -EAGAIN) {
		err = client_receive(client, deadline_ms);
		if (err == -ETIMEDOUT)
			return client_report(client, err, "the daemon did not greet in time");
		if (err < 0)
			return err;
	}
	if (err < 0)
		return err;
	err = check_hello(client, message);
	if (err < 0) {
		codec_free_server(message);
		return err;
	}
	client->greeting = message;
	if (message->hello->max_frame_bytes > 0)
		client->max_frame_bytes = message->hello->max_frame_bytes;
	client->channel.max_message_bytes = client->max_frame_bytes;
	return 0;
}

static int prepare_socket(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return 0;
}

/* Takes `fd`. */
static int greet_on(int fd, const struct caller *caller, int64_t deadline_ms, assay_client **client)
{
	struct assay_client *fresh = calloc(1, sizeof(*fresh));
	int err;

	if (fresh == NULL) {
		close(fd);
		return -ENOMEM;
	}
	channel_init(&fresh->channel, fd, GREETING_MAX_BYTES);
	fresh->max_frame_bytes = DEFAULT_MAX_FRAME_BYTES;
	err = prepare_socket(fd);
	if (err == 0)
		err = exchange_greetings(fresh, caller, deadline_ms);
	if (err < 0) {
		snprintf(connect_error, sizeof(connect_error), "%s",
			 fresh->error[0] != '\0' ? fresh->error : strerror(-err));
		assay_disconnect(fresh);
		return err;
	}
	*client = fresh;
	return 0;
}

static bool is_name(const char *client_name)
{
	return client_name == NULL || utf8_is_valid(client_name, strlen(client_name));
}

int assay_connect_fd(int fd, const char *client_name, int timeout_ms, assay_client **client)
{
	connect_error[0] = '\0';
	if (fd < 0)
		return -EINVAL;
	if (!is_name(client_name)) {
		close(fd);
		return -EINVAL;
	}
	return greet_on(fd, &(struct caller){.name = client_name}, client_deadline(timeout_ms),
			client);
}

/*
 * connect(2) on a Unix socket waits while the listener's queue is full, at most SO_SNDTIMEO; made
 * non-blocking it would give EAGAIN at once with nothing to poll for.
 */
static int connect_socket(const struct sockaddr_un *address, int timeout_ms)
{
	struct timeval limit = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms == 0 ? 1000 : timeout_ms % 1000 * 1000,
	};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (timeout_ms >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		err = -errno;
	while (err == 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
	       errno != EISCONN)
		if (errno != EINTR)
			err = errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (err < 0) {
		close(fd);
		return err;
	}
	return fd;
}

/* The address of TCP that is asked for; NULL: it is another kind. */
static const char *find_tcp(const char *address)
{
	const char *variable = getenv("ASSAY_ADDR");

	if (address == NULL && variable != NULL && *variable != '\0')
		address = variable;
	return address != NULL && tcp_is_address(address) ? address : NULL;
}

static int connect_local(const char *address, int timeout_ms, char *path, size_t size)
{
	struct sockaddr_un found;
	int err = address_find(address, &found);

	snprintf(path, size, "%s", found.sun_path);
	return err == 0 ? connect_socket(&found, timeout_ms) : err;
}

int assay_connect_token(const char *address, const char *token, const char *client_name,
			int timeout_ms, assay_client **client)
{
	int64_t deadline_ms = client_deadline(timeout_ms);
	const char *tcp = find_tcp(address);
	struct caller caller = {.name = client_name};
	char where[300] = "";
	int fd = -EINVAL;

	if (tcp != NULL) {
		caller.token = token != NULL ? token : getenv("ASSAY_TOKEN");
		snprintf(where, sizeof(where), "%s", tcp);
	}
	if (is_name(client_name))
		fd = tcp != NULL ? tcp_connect(tcp, timeout_ms)
				 : connect_local(address, timeout_ms, where, sizeof(where));
	if (fd < 0) {
		snprintf(connect_error, sizeof(connect_error), "cannot connect to %s: %s", where,
			 strerror(-fd));
		return fd;
	}
	return greet_on(fd, &caller, deadline_ms, client);
}

int assay_connect(const char *address, const char *client_name, int timeout_ms,
		  assay_client **client)
{
	return assay_connect_token(address, NULL, client_name, timeout_ms, client);
}

uint64_t assay_server_number(const assay_client *client, enum assay_server_number which)
{
	const Assay__ServerHello *hello = client->greeting->hello;

	switch (which) {
	case ASSAY_SERVER_SLOTS_TOTAL:
		return hello->slots_total;
	case ASSAY_SERVER_SLOTS_FREE:
		return hello->slots_free;
	case ASSAY_SERVER_MAX_FRAME_BYTES:
		return client->max_frame_bytes;
	case ASSAY_SERVER_MAX_CANDIDATES:
		return hello->max_candidates;
	case ASSAY_SERVER_MAX_EVALUATIONS:
		return hello->max_evaluations;
	case ASSAY_SERVER_N_LANGUAGES:
		return hello->n_languages;
	case ASSAY_SERVER_N_ISOLATION:
		return hello->n_isolation;
	case ASSAY_SERVER_N_ISOLATION_MISSING:
		return hello->n_isolation_missing;
	}
	return 0;
}

const char *assay_server_version(const assay_client *client)
{
	return client->greeting->hello->server_version;
}

const char *assay_server_language(const assay_client *client, size_t index, const char **runtime)
{
	const Assay__ServerHello *hello = client->greeting->hello;

	if (index >= hello->n_languages)
		return NULL;
	if (runtime != NULL)
		*runtime = hello->languages[index]->runtime;
	return hello->languages[index]->name;
}

const char *assay_server_isolation(const assay_client *client, size_t index)
{
	const Assay__ServerHello *hello = client->greeting->hello;

	return index < hello->n_isolation ? hello->isolation[index] : NULL;
}

const char *assay_server_isolation_missing(const assay_client *client, size_t index)
{
	const Assay__ServerHello *hello = client->greeting->hello;

	return index < hello->n_isolation_missing ? hello->isolation_missing[index] : NULL;
}
