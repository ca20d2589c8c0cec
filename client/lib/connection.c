/*
 * Bytes to messages and back, waiting, and how a connection ends; libassay, in the caller's
 * process.
 *
 * A connection ends once: `failure` is set with a text, and everything received before has been
 * handed out by then, because the buffer is emptied before the socket is asked again. An
 * allocation that fails is no end: the frame stays in the buffer and the call may be repeated.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/lib/client.h"
#include "proto/codec.h"

/* Results of many tiny tests take many times their wire size; the server is not an attacker. */
#define UNPACK_FACTOR 64

static void set_error(struct assay_client *client, const char *format, va_list args)
{
	vsnprintf(client->error, sizeof(client->error), format, args);
}

int client_report(struct assay_client *client, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_error(client, format, args);
	va_end(args);
	return err;
}

int client_fail(struct assay_client *client, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_error(client, format, args);
	va_end(args);
	client->failure = err;
	return err;
}

static int fail_closed(struct assay_client *client)
{
	struct frame frame;
	const char *where = channel_frame(&client->channel, &frame) == FRAME_SHORT &&
					    client->channel.in_end > client->channel.in_start
				    ? " in the middle of a message"
				    : "";

	if (client->in_flight.n_open == 0)
		return client_fail(client, -ECONNRESET, "the daemon closed the connection%s",
				   where);
	return client_fail(client, -ECONNRESET,
			   "the daemon closed the connection%s; requests in flight, now lost: %zu "
			   "(the oldest is number %llu)",
			   where, client->in_flight.n_open,
			   (unsigned long long)in_flight_oldest(&client->in_flight));
}

int client_send(struct assay_client *client, const Assay__ClientMessage *message)
{
	uint8_t *bytes;
	size_t len;
	int err = codec_pack_client(message, &bytes, &len);

	if (err == -EMSGSIZE || (err == 0 && len - FRAME_HEADER_BYTES > client->max_frame_bytes)) {
		if (err == 0)
			free(bytes);
		return client_report(client, -EMSGSIZE,
				     "the request is larger than the daemon accepts (%llu bytes)",
				     (unsigned long long)client->max_frame_bytes);
	}
	if (err < 0)
		return err;
	err = channel_push_take(&client->channel, bytes, len);
	if (err < 0) {
		free(bytes);
		return err;
	}
	channel_flush(&client->channel);
	return 0;
}

int client_take_message(struct assay_client *client, Assay__ServerMessage **message)
{
	struct frame frame;
	int outcome = channel_frame(&client->channel, &frame);

	if (outcome == FRAME_SHORT)
		return -EAGAIN;
	if (outcome == FRAME_TOO_LONG)
		return client_fail(client, -EPROTO,
				   "the daemon announced a message of %u bytes; at most %llu are "
				   "allowed",
				   frame.message_len,
				   (unsigned long long)client->channel.max_message_bytes);
	if (outcome == FRAME_EMPTY)
		return client_fail(client, -EPROTO, "the daemon sent an empty message");
	outcome = codec_unpack_server(frame.message, frame.message_len,
				      codec_budget_bytes(frame.message_len) +
					      (size_t)UNPACK_FACTOR * frame.message_len,
				      message);
	if (outcome < 0)
		return outcome;
	if (outcome > 0)
		return client_fail(client, -EPROTO, "the daemon sent bytes that are no message");
	channel_drop(&client->channel, frame.total_len);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t client_deadline(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
}

/* 0 or -errno; -ETIMEDOUT. */
static int wait_for_socket(struct assay_client *client, int64_t deadline_ms)
{
	struct pollfd ready = {
		.fd = client->channel.fd,
		.events = assay_client_poll_events(client),
	};
	int64_t left_ms = deadline_ms < 0 ? -1 : deadline_ms - now_ms();
	int n;

	if (deadline_ms >= 0 && left_ms <= 0)
		return -ETIMEDOUT;
	n = poll(&ready, 1, (int)left_ms);
	if (n < 0 && errno != EINTR)
		return -errno;
	return 0;
}

int client_receive(struct assay_client *client, int64_t deadline_ms)
{
	for (;;) {
		int outcome;

		channel_flush(&client->channel);
		outcome = channel_fill(&client->channel);
		if (outcome == CHANNEL_CLOSED)
			return fail_closed(client);
		if (outcome < 0 && outcome != -ENOMEM)
			return client_fail(client, outcome, "cannot receive: %s",
					   strerror(-outcome));
		if (outcome != CHANNEL_AGAIN)
			return outcome;
		outcome = wait_for_socket(client, deadline_ms);
		if (outcome < 0)
			return outcome;
	}
}
