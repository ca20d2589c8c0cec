/*
 * The life of a connection after its greeting: submitting, cancelling, and the next answer;
 * libassay, in the caller's process.
 *
 * The library numbers requests itself. An answer to a number that was given out but is closed is
 * dropped (the server may have sent it while a cancel was on its way); an answer to a number never
 * given out means that the peer is confused, and ends the connection. Answers come out of the
 * buffer first; only when no whole frame is left is the socket asked again.
 */
#include "client/lib/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "client/lib/request.h"
#include "proto/codec.h"

void assay_disconnect(assay_client *client)
{
	if (client == NULL)
		return;
	channel_deinit(&client->channel);
	in_flight_deinit(&client->in_flight);
	codec_free_server(client->greeting);
	free(client->spare_event);
	free(client);
}

int assay_client_fd(const assay_client *client)
{
	return client->channel.fd;
}

short assay_client_poll_events(const assay_client *client)
{
	return channel_has_unsent(&client->channel) ? POLLIN | POLLOUT : POLLIN;
}

size_t assay_client_in_flight(const assay_client *client)
{
	return client->in_flight.n_open;
}

/* Numbers `message` and sends it; it counts as in flight unless `kind` is IN_FLIGHT_NONE. */
static int submit(assay_client *client, Assay__ClientMessage *message, enum in_flight_kind kind,
		  uint64_t *id)
{
	int err;

	if (client->failure < 0)
		return client->failure;
	err = in_flight_reserve(&client->in_flight);
	if (err < 0)
		return err;
	message->request_id = in_flight_next_id(&client->in_flight);
	err = client_send(client, message);
	if (err < 0)
		return err;
	in_flight_open(&client->in_flight, kind);
	if (id != NULL)
		*id = message->request_id;
	return 0;
}

int assay_submit(assay_client *client, const assay_request *request, uint64_t *id)
{
	Assay__ClientMessage message = ASSAY__CLIENT_MESSAGE__INIT;

	message.body_case = ASSAY__CLIENT_MESSAGE__BODY_EVALUATE;
	message.evaluate = request->evaluate;
	return submit(client, &message, IN_FLIGHT_EVALUATE, id);
}

int assay_submit_status(assay_client *client, uint64_t *id)
{
	Assay__ClientMessage message = ASSAY__CLIENT_MESSAGE__INIT;
	Assay__StatusRequest status = ASSAY__STATUS_REQUEST__INIT;

	message.body_case = ASSAY__CLIENT_MESSAGE__BODY_STATUS;
	message.status = &status;
	return submit(client, &message, IN_FLIGHT_STATUS, id);
}

int assay_cancel(assay_client *client, uint64_t id)
{
	Assay__ClientMessage message = ASSAY__CLIENT_MESSAGE__INIT;
	Assay__Cancel cancel = ASSAY__CANCEL__INIT;

	if (id == 0 || id >= in_flight_next_id(&client->in_flight))
		return -EINVAL;
	if (client->failure == 0 && in_flight_kind(&client->in_flight, id) == IN_FLIGHT_NONE)
		return 0;
	cancel.target_id = id;
	message.body_case = ASSAY__CLIENT_MESSAGE__BODY_CANCEL;
	message.cancel = &cancel;
	return submit(client, &message, IN_FLIGHT_NONE, NULL);
}

/* The type of event that `message` makes; 0: none, it is dropped. */
static enum assay_event_type type_of(const assay_client *client,
				     const Assay__ServerMessage *message)
{
	enum in_flight_kind kind = in_flight_kind(&client->in_flight, message->request_id);
	Assay__ServerMessage__BodyCase body = message->body_case;

	if (body == ASSAY__SERVER_MESSAGE__BODY_ERROR &&
	    (kind != IN_FLIGHT_NONE || message->request_id == 0))
		return ASSAY_EVENT_ERROR;
	if (kind == IN_FLIGHT_STATUS && body == ASSAY__SERVER_MESSAGE__BODY_STATUS)
		return ASSAY_EVENT_STATUS;
	if (kind == IN_FLIGHT_EVALUATE && body == ASSAY__SERVER_MESSAGE__BODY_RESULT)
		return ASSAY_EVENT_RESULT;
	if (kind == IN_FLIGHT_EVALUATE && body == ASSAY__SERVER_MESSAGE__BODY_DONE)
		return ASSAY_EVENT_DONE;
	return 0;
}

/* Takes `message`. 0: *event is set, or NULL when the message was dropped. */
static int to_event(assay_client *client, Assay__ServerMessage *message, assay_event **event)
{
	enum assay_event_type type = type_of(client, message);
	uint64_t id = message->request_id;

	*event = NULL;
	if (type == 0) {
		codec_free_server(message);
		if (id < in_flight_next_id(&client->in_flight))
			return 0;
		return client_fail(client, -EPROTO,
				   "the daemon answered request %llu, which was never sent",
				   (unsigned long long)id);
	}
	*event = client->spare_event;
	client->spare_event = NULL;
	(*event)->message = message;
	(*event)->type = type;
	if (type == ASSAY_EVENT_RESULT)
		(*event)->result.message = message->result;
	else
		in_flight_close(&client->in_flight, id);
	return 0;
}

/* The first event in the buffer. -EAGAIN: none. -ENOMEM: it is still there. */
static int take_event(assay_client *client, assay_event **event)
{
	Assay__ServerMessage *message;
	int err;

	do {
		if (client->spare_event == NULL)
			client->spare_event = calloc(1, sizeof(*client->spare_event));
		if (client->spare_event == NULL)
			return -ENOMEM;
		err = client_take_message(client, &message);
		if (err == 0)
			err = to_event(client, message, event);
	} while (err == 0 && *event == NULL);
	return err;
}

int assay_next(assay_client *client, int timeout_ms, assay_event **event)
{
	int64_t deadline_ms = -2;
	assay_event *taken;
	int err;

	while (client->failure == 0) {
		bool is_idle = client->in_flight.n_open == 0;

		err = take_event(client, &taken);
		if (err == 0)
			*event = taken;
		if (err != -EAGAIN)
			return err;
		if (deadline_ms == -2)
			deadline_ms = client_deadline(is_idle ? 0 : timeout_ms);
		err = client_receive(client, deadline_ms);
		if (err < 0)
			return err == -ETIMEDOUT && is_idle ? -ENODATA : err;
	}
	return client->failure;
}
