/*
 * One client's connection: frames in, messages out, within bounds. Broker only.
 *
 * Bounds. Bytes received and not yet answered are charged to the broker's inbound budget; a session
 * that cannot charge stops reading until something is refunded. When a client does not read its
 * answers (outbound_high_bytes wait), nothing new is started for it and nothing more is read from
 * it; one that takes not a byte for minutes is closed, because what it keeps waiting here (budget,
 * places in the queue) is everybody's. One that does not greet within greeting_patience_ms is
 * closed. A user has at most user_clients_max connections and user_queue_max evaluations waiting.
 */
#pragma once

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stdint.h>

#include "assay.pb-c.h"
#include "broker/broker.h"
#include "broker/reply.h"
#include "core/job.h"

struct session {
	struct broker *broker;
	struct peer peer;
	struct account *account; /* of the peer */
	struct bufferevent *stream;
	struct event *greeting_timer; /* until it has greeted */
	struct event *flusher;        /* active when there is something to send */
	struct flow flow;
	LIST_HEAD(, batch) batches;
	size_t charged_bytes; /* of what lies unread in the stream's input */
	bool is_greeted;
	bool is_stranger;    /* by TCP, without a token so far: broker/strangers.c */
	bool is_turned_away; /* its token was wrong; it is told in a moment */
	bool is_waiting;     /* for memory */
	bool is_closing;     /* ends when everything has been sent */
	bool is_dead;        /* on the listener's list of the dead */
	TAILQ_ENTRY(session) link;
	TAILQ_ENTRY(session) stranger_link;
};

/* Takes the connected `fd`. `address`: of the other end if it is TCP, else NULL. NULL: the kernel
 * does not tell whose it is, the uid is one that stands for a name here, or there is no memory. */
struct session *session_new(struct broker *broker, int fd, const struct sockaddr *address);

/* To be called by the listener only, at the end of a turn of the loop. */
void session_free(struct session *session);

/* Cancels everything in flight and gives the session to listener_remove(). */
void session_close(struct session *session);

/* Goes on with what is already there; to be called when memory has become free. */
void session_resume(struct session *session);

/* Messages to the client; `owner` is a batch's session. */
/* `packed`: what packing `told` returned. `is_cached`: it is of another job's run. */
void session_send_result(void *owner, const struct job *job, int packed,
			 const struct told_verdict *told, bool is_cached);
void session_send_done(void *owner, uint64_t request_id, uint32_t n_results);
void session_send_error(void *owner, uint64_t request_id, Assay__ErrorCode code,
			const char *message, const char *field, uint32_t retry_after_ms);

void session_send_message(struct session *session, const Assay__ServerMessage *message);
/* A message that is packed already: takes `frame`. `packed` is what packing it returned; below 0
 * there is no frame, and the session ends. */
void session_send_packed(struct session *session, int packed, uint8_t *frame, size_t len);

/* Says why and closes when that has been sent. */
void session_refuse(struct session *session, Assay__ErrorCode code, const char *message);

/* Takes a batch off the session's list. */
void session_forget(void *owner, struct batch *batch);
