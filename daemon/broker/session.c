/*
 * A client's connection: bytes in and out, and how long it lives. Broker. What its messages ask for
 * is in message.c.
 *
 * Reading goes on until the frame is short, not one frame a wake-up. Writing is left to the end of
 * the turn of the loop: what several runs answered goes in one write, without asking first whether
 * the socket takes it. Only what it does not take is left to libevent.
 *
 * A session is freed at the end of a turn, never within one of its own callbacks.
 */
#include "broker/session.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/batch.h"
#include "broker/dispatch.h"
#include "broker/listener.h"
#include "broker/message.h"
#include "broker/strangers.h"
#include "core/token_table.h"
#include "proto/codec.h"
#include "proto/frame.h"

#define US_PER_MS 1000
#define MS_PER_S 1000
#define READ_AT_ONCE_BYTES 262144
/* For a client that was refused and does not read why. */
#define FAREWELL_SECONDS 10
/* For one that reads none of its answers while its waiting work takes room that others need. */
#define UNREAD_SECONDS 300

/* ---------------------------------------------------------------- out */

static void hold_if_unread(struct session *session)
{
	const struct timeval patience = {.tv_sec = UNREAD_SECONDS};
	size_t waiting = evbuffer_get_length(bufferevent_get_output(session->stream));

	if (session->flow.is_held || waiting < session->broker->settings->outbound_high_bytes)
		return;
	flow_hold(&session->flow, true);
	bufferevent_disable(session->stream, EV_READ);
	if (!session->is_closing)
		bufferevent_set_timeouts(session->stream, NULL, &patience);
}

static bool has_unsent(const struct session *session)
{
	return evbuffer_get_length(bufferevent_get_output(session->stream)) > 0;
}

static void on_written(struct bufferevent *stream, void *argument);

/* At the end of the turn. An error shows again when libevent tries, which then tells on_event(). */
static void on_flush(evutil_socket_t fd, short what, void *argument)
{
	struct session *session = argument;
	struct evbuffer *output = bufferevent_get_output(session->stream);

	(void)fd;
	(void)what;
	if (session->is_dead || (bufferevent_get_enabled(session->stream) & EV_WRITE) != 0)
		return;
	evbuffer_unfreeze(output, 1); /* libevent keeps others from taking off its front */
	evbuffer_write(output, bufferevent_getfd(session->stream));
	evbuffer_freeze(output, 1);
	if (has_unsent(session))
		bufferevent_enable(session->stream, EV_WRITE);
	else
		on_written(session->stream, session);
}

static void free_frame(const void *frame, size_t len, void *argument)
{
	(void)len;
	(void)argument;
	free((void *)frame);
}

void session_send_packed(struct session *session, int packed, uint8_t *frame, size_t len)
{
	struct evbuffer *output = bufferevent_get_output(session->stream);

	if (packed < 0) {
		/* Not here: the caller may be walking through this session's batches. */
		bufferevent_trigger_event(session->stream, BEV_EVENT_ERROR,
					  BEV_TRIG_DEFER_CALLBACKS);
		return;
	}
	if (session->is_dead) {
		free(frame);
		return;
	}
	/* Small frames are copied together, so that one write takes many; large ones are not
	 * copied. */
	if (len < 4096) {
		evbuffer_add(output, frame, len);
		free(frame);
	} else {
		evbuffer_add_reference(output, frame, len, free_frame, NULL);
	}
	event_active(session->flusher, EV_TIMEOUT, 0);
	hold_if_unread(session);
}

void session_send_message(struct session *session, const Assay__ServerMessage *message)
{
	uint8_t *frame = NULL;
	size_t len = 0;
	int packed = codec_pack_server(message, &frame, &len);

	session_send_packed(session, packed, frame, len);
}

void session_send_result(void *owner, const struct job *job, int packed,
			 const struct told_verdict *told, bool is_cached)
{
	uint8_t *frame = NULL;
	size_t len = 0;

	if (packed == 0)
		packed = reply_frame(job, told, is_cached, &frame, &len);
	session_send_packed(owner, packed, frame, len);
}

void session_send_done(void *owner, uint64_t request_id, uint32_t n_results)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__Done done = ASSAY__DONE__INIT;

	done.results = n_results;
	message.request_id = request_id;
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_DONE;
	message.done = &done;
	session_send_message(owner, &message);
}

void session_send_error(void *owner, uint64_t request_id, Assay__ErrorCode code, const char *text,
			const char *field, uint32_t retry_after_ms)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__Error error = ASSAY__ERROR__INIT;

	error.code = code;
	error.message = (char *)text;
	if (field != NULL)
		error.field = (char *)field;
	error.retry_after_ms = retry_after_ms;
	message.request_id = request_id;
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_ERROR;
	message.error = &error;
	session_send_message(owner, &message);
}

void session_refuse(struct session *session, Assay__ErrorCode code, const char *text)
{
	const struct timeval patience = {.tv_sec = FAREWELL_SECONDS};

	if (session->is_closing || session->is_dead)
		return;
	session_send_error(session, 0, code, text, NULL, 0);
	session->is_closing = true;
	bufferevent_disable(session->stream, EV_READ);
	bufferevent_set_timeouts(session->stream, NULL, &patience);
}

/* ---------------------------------------------------------------- in */

static void malformed(struct session *session, Assay__ErrorCode code, const char *text)
{
	session->broker->metrics.counters[METRIC_frames_malformed]++;
	session_refuse(session, code, text);
}

static void take_message(struct session *session, const uint8_t *bytes, size_t len,
			 size_t frame_bytes)
{
	Assay__ClientMessage *message = NULL;
	int outcome = codec_unpack_client(bytes, len, codec_budget_bytes(len), &message);

	session->broker->metrics.counters[METRIC_frames_received]++;
	if (outcome == CODEC_TOO_LARGE)
		malformed(session, ASSAY__ERROR_CODE__TOO_LARGE,
			  "unpacked, the message takes more memory than a message may");
	else if (outcome != 0)
		malformed(session, ASSAY__ERROR_CODE__INVALID_REQUEST,
			  "the frame does not hold a ClientMessage (is text UTF-8, without NUL?)");
	else if (!message_take(session, message, frame_bytes))
		codec_free_client(message);
}

/* What a message of this session may take. */
static uint64_t message_max_bytes(const struct session *session)
{
	return session->is_stranger ? STRANGER_MESSAGE_MAX_BYTES
				    : session->broker->settings->frame_max_bytes;
}

static void refuse_length(struct session *session, uint32_t announced)
{
	char text[128];

	snprintf(text, sizeof(text), "a frame of %" PRIu32 " bytes; at most %" PRIu64 " are taken",
		 announced, message_max_bytes(session));
	malformed(session, ASSAY__ERROR_CODE__TOO_LARGE, text);
}

/* Whether a frame was taken off the input. */
static bool take_frame(struct session *session)
{
	struct evbuffer *input = bufferevent_get_input(session->stream);
	uint8_t header[FRAME_HEADER_BYTES];
	size_t available = evbuffer_get_length(input);
	ssize_t n_header = evbuffer_copyout(input, header, sizeof(header));
	struct frame frame;
	const uint8_t *bytes;
	int outcome;

	outcome = frame_parse(header, n_header > 0 ? (size_t)n_header : 0,
			      message_max_bytes(session), &frame);
	if (outcome == FRAME_TOO_LONG)
		refuse_length(session, frame.message_len);
	else if (outcome == FRAME_EMPTY)
		malformed(session, ASSAY__ERROR_CODE__INVALID_REQUEST, "an empty frame");
	if (outcome != FRAME_SHORT || frame.total_len == 0 || available < frame.total_len)
		return false;
	bytes = evbuffer_pullup(input, (ssize_t)frame.total_len);
	take_message(session, bytes + FRAME_HEADER_BYTES, frame.message_len, frame.total_len);
	evbuffer_drain(input, frame.total_len);
	return true;
}

/* Makes the charge equal to what lies in the input. */
static int update_charge(struct session *session)
{
	size_t there = evbuffer_get_length(bufferevent_get_input(session->stream));
	int outcome = 0;

	if (there > session->charged_bytes)
		outcome = quota_charge(&session->broker->inbound, there - session->charged_bytes);
	else
		quota_refund(&session->broker->inbound, session->charged_bytes - there);
	if (outcome == 0)
		session->charged_bytes = there;
	return outcome;
}

static void wait_for_memory(struct session *session)
{
	if (session->broker->n_batches == 0) {
		/* Nothing in flight would ever give memory back: it all lies in unfinished frames.
		 */
		session->broker->metrics.counters[METRIC_requests_overloaded]++;
		session_refuse(session, ASSAY__ERROR_CODE__OVERLOADED,
			       "too many unfinished messages of all clients together");
		return;
	}
	session->is_waiting = true;
	bufferevent_disable(session->stream, EV_READ);
}

static void read_on(struct session *session)
{
	if (session->is_dead)
		return; /* its charge has been refunded */
	if (update_charge(session) != 0) {
		wait_for_memory(session);
		return;
	}
	while (!session->is_closing && !session->is_dead && !session->is_turned_away &&
	       !session->flow.is_held && take_frame(session))
		;
	if (!session->is_dead)
		update_charge(session);
}

static void on_readable(struct bufferevent *stream, void *argument)
{
	(void)stream;
	read_on(argument);
}

void session_resume(struct session *session)
{
	if (!session->is_waiting || session->is_dead)
		return;
	session->is_waiting = false;
	if (session->flow.is_held)
		return; /* on_written() goes on */
	bufferevent_enable(session->stream, EV_READ);
	read_on(session);
}

/* Called when little or nothing is left to send. */
static void on_written(struct bufferevent *stream, void *argument)
{
	struct session *session = argument;

	if (!has_unsent(session))
		bufferevent_disable(stream, EV_WRITE);
	if (session->is_closing && !has_unsent(session))
		session_close(session);
	if (session->is_closing || session->is_dead || !session->flow.is_held)
		return;
	flow_hold(&session->flow, false);
	bufferevent_set_timeouts(stream, NULL, NULL);
	bufferevent_enable(stream, EV_READ);
	dispatch_pump(session->broker->dispatch);
	read_on(session);
}

static void on_event(struct bufferevent *stream, short what, void *argument)
{
	(void)stream;
	(void)what; /* end of file, error and time-out all mean: gone */
	session_close(argument);
}

/* ---------------------------------------------------------------- life */

static void on_no_greeting(evutil_socket_t fd, short what, void *argument)
{
	struct session *session = argument;

	(void)fd;
	(void)what;
	if (session->is_closing)
		return; /* refused already, and being told */
	if (session->is_turned_away) {
		strangers_refuse(session);
		return;
	}
	session->broker->metrics.counters[METRIC_connections_silent]++;
	session_refuse(session, ASSAY__ERROR_CODE__DEADLINE_EXCEEDED,
		       "no greeting (hello) came in time");
}

static void await_greeting(struct session *session)
{
	const uint64_t patience_ms = session->broker->settings->greeting_patience_ms;
	const struct timeval patience = {
		.tv_sec = (time_t)(patience_ms / MS_PER_S),
		.tv_usec = (suseconds_t)(patience_ms % MS_PER_S * US_PER_MS),
	};

	session->greeting_timer = evtimer_new(session->broker->base, on_no_greeting, session);
	evtimer_add(session->greeting_timer, &patience);
}

/* Whose connection it is. With names among the tenants, a uid that could be taken for one of them
 * is nobody's. */
static int identify(struct session *session, const struct broker *broker, int fd,
		    const struct sockaddr *address)
{
	int err = 0;

	if (address != NULL)
		peer_of_address(address, &session->peer);
	else
		err = peer_read(fd, &session->peer);
	if (err == 0 && address == NULL && broker->strangers != NULL &&
	    session->peer.uid >= TENANT_NAMED_FIRST)
		err = -EPERM;
	return err;
}

struct session *session_new(struct broker *broker, int fd, const struct sockaddr *address)
{
	struct session *session = xcalloc(1, sizeof(*session));
	int err = identify(session, broker, fd, address);

	if (err < 0) {
		log_warning("a connection of nobody: %s", strerror(-err));
		free(session);
		return NULL;
	}
	session->broker = broker;
	LIST_INIT(&session->batches);
	session->stream = bufferevent_socket_new(broker->base, fd,
						 BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (session->stream == NULL) {
		free(session);
		return NULL;
	}
	session->account = accounts_take(&broker->accounts, session->peer.uid);
	session->flusher = event_new(broker->base, -1, 0, on_flush, session);
	flow_init(&session->flow, &session->account->tenant);
	await_greeting(session);
	if (address != NULL)
		strangers_add(session);
	bufferevent_setcb(session->stream, on_readable, on_written, on_event, session);
	bufferevent_setwatermark(session->stream, EV_READ, 0,
				 message_max_bytes(session) + FRAME_HEADER_BYTES);
	bufferevent_setwatermark(session->stream, EV_WRITE, 0, 0);
	bufferevent_set_max_single_read(session->stream, READ_AT_ONCE_BYTES);
	bufferevent_disable(session->stream, EV_WRITE);
	bufferevent_enable(session->stream, EV_READ);
	return session;
}

void session_forget(void *owner, struct batch *batch)
{
	(void)owner;
	LIST_REMOVE(batch, link);
}

void session_close(struct session *session)
{
	struct batch *batch;

	if (session->is_dead)
		return;
	session->is_dead = true;
	bufferevent_disable(session->stream, EV_READ | EV_WRITE);
	while ((batch = LIST_FIRST(&session->batches)) != NULL)
		batch_abandon(session->broker, batch);
	flow_deinit(&session->flow);
	if (session->is_stranger)
		strangers_remove(session);
	event_del(session->greeting_timer);
	event_del(session->flusher);
	quota_refund(&session->broker->inbound, session->charged_bytes);
	session->charged_bytes = 0;
	listener_remove(session->broker->listener, session);
}

void session_free(struct session *session)
{
	bufferevent_free(session->stream);
	event_free(session->greeting_timer);
	event_free(session->flusher);
	accounts_release(&session->broker->accounts, session->account);
	free(session);
}
