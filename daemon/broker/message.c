/*
 * What each message of a client asks for, and the answer. Broker; called by session.c for every
 * message that has come whole.
 *
 * The first is the greeting. An Evaluate becomes a batch, which answers in its own time; everything
 * else is answered here.
 */
#include "broker/message.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "broker/batch.h"
#include "broker/blobs.h"
#include "broker/request.h"
#include "broker/sharing.h"
#include "broker/status.h"
#include "broker/strangers.h"
#include "broker/suites_request.h"

/* What is told to a user who has too much waiting: when to come again. */
#define QUOTA_RETRY_MS 1000
#define PING_MAX 1024

static void invalid(struct session *session, uint64_t request_id, const char *field,
		    const char *text)
{
	session->broker->metrics.counters[METRIC_requests_invalid]++;
	session_send_error(session, request_id, ASSAY__ERROR_CODE__INVALID_REQUEST, text, field, 0);
}

static void greet(struct session *session, const Assay__ClientHello *hello)
{
	uint8_t *frame = NULL;
	size_t len = 0;
	char text[128];
	int packed;

	if (session->is_stranger && !strangers_let_in(session, hello))
		return;
	if (hello->protocol_major != STATUS_PROTOCOL_MAJOR) {
		snprintf(text, sizeof(text),
			 "this daemon speaks protocol %d.%d, the client speaks %" PRIu32
			 ".%" PRIu32,
			 STATUS_PROTOCOL_MAJOR, STATUS_PROTOCOL_MINOR, hello->protocol_major,
			 hello->protocol_minor);
		session_refuse(session, ASSAY__ERROR_CODE__INVALID_REQUEST, text);
		return;
	}
	session->is_greeted = true;
	event_del(session->greeting_timer);
	if (session->peer.name != NULL)
		log_debug("%s at %s greeted as '%.64s'", session->peer.name, session->peer.address,
			  hello->client_name);
	else
		log_debug("uid %" PRIu32 ", gid %" PRIu32 ", pid %" PRIi32 " greeted as '%.64s'",
			  session->peer.uid, session->peer.gid, session->peer.pid,
			  hello->client_name);
	packed = status_pack_hello(session->broker, &frame, &len);
	session_send_packed(session, packed, frame, len);
}

static struct batch *find_batch(struct session *session, uint64_t request_id)
{
	struct batch *batch;

	LIST_FOREACH (batch, &session->batches, link)
		if (batch->request_id == request_id)
			return batch;
	return NULL;
}

/* Whether the user has too much waiting for this, too; then it has been told. */
static bool is_over_quota(struct session *session, uint64_t request_id,
			  const Assay__Evaluate *evaluate)
{
	const uint32_t waiting = session->account->tenant.n_jobs;
	const uint32_t most = session->broker->settings->user_queue_max;
	const size_t n = suites_request_n_evaluations(evaluate);

	if (n <= most && waiting <= most - n)
		return false;
	if (n > most && evaluate->n_suites > 0)
		return false; /* no use to come again: that, too, is another refusal */
	if (n > UINT32_MAX || queue_check(&session->broker->queue, (uint32_t)n) != 0)
		return false; /* too much for all users together is another refusal */
	session->broker->metrics.counters[METRIC_requests_overloaded]++;
	session_send_error(session, request_id, ASSAY__ERROR_CODE__QUOTA,
			   "too many evaluations of this user wait", NULL, QUOTA_RETRY_MS);
	return true;
}

static void refuse(struct session *session, uint64_t request_id, const struct refusal *refusal)
{
	session->broker->metrics.counters[refusal->code == ASSAY__ERROR_CODE__OVERLOADED
						  ? METRIC_requests_overloaded
						  : METRIC_requests_invalid]++;
	session_send_error(session, request_id, refusal->code, refusal->message, refusal->field,
			   refusal->retry_after_ms);
}

/* What the session knows of its batch. */
static void own_batch(struct session *session, struct batch *batch)
{
	batch->owner = session;
	batch->uid = session->peer.uid;
	batch->flow = &session->flow;
	session->account->n_candidates += batch->n_jobs;
	LIST_INSERT_HEAD(&session->batches, batch, link);
	sharing_identify(session->broker->sharing, batch, session->peer.uid);
}

/* Takes `message` when it returns true. */
static bool evaluate(struct session *session, Assay__ClientMessage *message, size_t frame_bytes)
{
	struct broker *broker = session->broker;
	struct quota *payer = &broker->inbound;
	struct refusal refusal;
	struct batch *batch;
	size_t blob_bytes;

	if (find_batch(session, message->request_id) != NULL) {
		invalid(session, message->request_id, "request_id",
			"this id is in use by a request in flight");
		return false;
	}
	if (is_over_quota(session, message->request_id, message->evaluate))
		return false;
	if (blobs_resolve(broker->blobs, session->peer.uid, message->evaluate, payer, &blob_bytes,
			  &refusal) != 0) {
		refuse(session, message->request_id, &refusal);
		return false;
	}
	if (request_take(broker, message, &batch, &refusal) != 0) {
		quota_refund(payer, blob_bytes);
		refuse(session, message->request_id, &refusal);
		return false;
	}
	broker->metrics.counters[METRIC_requests_accepted]++;
	for (uint32_t i = 0; i < batch_n_suites(batch); i++)
		own_batch(session, batch_of_suite(batch, i));
	session->charged_bytes -= frame_bytes;
	batch_accept(broker, batch, frame_bytes + blob_bytes);
	return true;
}

static void put_blob(struct session *session, uint64_t request_id, const Assay__PutBlob *put)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__BlobStored stored = ASSAY__BLOB_STORED__INIT;
	struct refusal refusal;
	struct lru_key sha256;

	if (blobs_put(session->broker->blobs, session->peer.uid, put, &sha256, &refusal) != 0) {
		refuse(session, request_id, &refusal);
		return;
	}
	stored.sha256 = (ProtobufCBinaryData){.data = sha256.bytes, .len = sizeof(sha256.bytes)};
	message.request_id = request_id;
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_BLOB_STORED;
	message.blob_stored = &stored;
	session_send_message(session, &message);
}

static void cancel(struct session *session, const Assay__Cancel *request)
{
	struct batch *batch = find_batch(session, request->target_id);

	if (batch != NULL)
		batch_cancel(session->broker, batch);
}

static void answer_ping(struct session *session, uint64_t request_id, const Assay__Ping *ping)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__Pong pong = ASSAY__PONG__INIT;

	if (ping->payload.len > PING_MAX) {
		invalid(session, request_id, "ping.payload", "at most 1024 bytes");
		return;
	}
	pong.payload = ping->payload;
	message.request_id = request_id;
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_PONG;
	message.pong = &pong;
	session_send_message(session, &message);
}

static void send_status(struct session *session, uint64_t request_id)
{
	uint8_t *frame = NULL;
	size_t len = 0;
	int packed = status_pack(session->broker, &session->peer, request_id, &frame, &len);

	session_send_packed(session, packed, frame, len);
}

bool message_take(struct session *session, Assay__ClientMessage *message, size_t frame_bytes)
{
	if (!session->is_greeted) {
		if (message->body_case != ASSAY__CLIENT_MESSAGE__BODY_HELLO)
			session_refuse(session, ASSAY__ERROR_CODE__INVALID_REQUEST,
				       "the first message must be a greeting (hello)");
		else
			greet(session, message->hello);
		return false;
	}
	if (message->request_id == 0) {
		invalid(session, 0, "request_id", "a request carries an id that is not 0");
		return false;
	}
	switch (message->body_case) {
	case ASSAY__CLIENT_MESSAGE__BODY_EVALUATE:
		return evaluate(session, message, frame_bytes);
	case ASSAY__CLIENT_MESSAGE__BODY_CANCEL:
		cancel(session, message->cancel);
		return false;
	case ASSAY__CLIENT_MESSAGE__BODY_STATUS:
		send_status(session, message->request_id);
		return false;
	case ASSAY__CLIENT_MESSAGE__BODY_PING:
		answer_ping(session, message->request_id, message->ping);
		return false;
	case ASSAY__CLIENT_MESSAGE__BODY_PUT_BLOB:
		put_blob(session, message->request_id, message->put_blob);
		return false;
	case ASSAY__CLIENT_MESSAGE__BODY_HELLO:
		invalid(session, message->request_id, "hello", "the greeting is over");
		return false;
	default:
		invalid(session, message->request_id, "body",
			"a message has one of: evaluate, cancel, status, ping, put_blob");
		return false;
	}
}
