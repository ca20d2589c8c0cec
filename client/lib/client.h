/*
 * A connection and the events it gives, as the files of libassay see them.
 */
#pragma once

#include "assay/assay.h"
#include "assay.pb-c.h"
#include "client/lib/channel.h"
#include "client/lib/in_flight.h"

#define PROTOCOL_MAJOR 1
#define PROTOCOL_MINOR 0

/* What the server may send before it told its own limit, and the limit if it tells none. */
#define GREETING_MAX_BYTES ((uint64_t)64 << 20)
#define DEFAULT_MAX_FRAME_BYTES ((uint64_t)16 << 20)

struct assay_client {
	struct channel channel;
	struct in_flight in_flight;
	Assay__ServerMessage *greeting;  /* its body is a ServerHello */
	uint64_t max_frame_bytes;        /* of messages to the server */
	struct assay_event *spare_event; /* made before a message leaves the buffer; or NULL */
	int failure;                     /* 0, or the -errno with which the connection ended */
	char error[512];
};

struct assay_result {
	const Assay__Result *message;
};

struct assay_event {
	Assay__ServerMessage *message; /* owned */
	enum assay_event_type type;
	struct assay_result result;
};

/* Sets the text of assay_client_error() and returns `err`. */
int client_report(struct assay_client *client, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, and the connection is at its end: every later call gives `err` too. */
int client_fail(struct assay_client *client, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Packs `message`, queues it and sends what the socket takes. -EMSGSIZE, -ENOMEM: nothing was
 * queued. */
int client_send(struct assay_client *client, const Assay__ClientMessage *message);

/* The next message that was received: 0, -ENOMEM (try again), -EPROTO, -EAGAIN: no whole frame. */
int client_take_message(struct assay_client *client, Assay__ServerMessage **message);

/* Waits for the socket until the CLOCK_MONOTONIC time `deadline_ms` (-1: for ever) and receives.
 * 0: something came; -ETIMEDOUT, -ECONNRESET, ... */
int client_receive(struct assay_client *client, int64_t deadline_ms);

/* The time at which `timeout_ms` from now is over; -1 for ever. */
int64_t client_deadline(int timeout_ms);
