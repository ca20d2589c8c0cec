/*
 * What came back: an event owns the message it was received in, and everything handed out points
 * into that; libassay.
 */
#include <stdlib.h>

#include "client/lib/client.h"
#include "proto/codec.h"

void assay_event_free(assay_event *event)
{
	if (event == NULL)
		return;
	codec_free_server(event->message);
	free(event);
}

enum assay_event_type assay_event_type(const assay_event *event)
{
	return event->type;
}

uint64_t assay_event_request(const assay_event *event)
{
	return event->message->request_id;
}

const assay_result *assay_event_result(const assay_event *event)
{
	return event->type == ASSAY_EVENT_RESULT ? &event->result : NULL;
}

enum assay_error_code assay_event_error(const assay_event *event, const char **message,
					const char **field, uint32_t *retry_after_ms)
{
	static const Assay__Error nothing = ASSAY__ERROR__INIT;
	const Assay__Error *error =
		event->type == ASSAY_EVENT_ERROR ? event->message->error : &nothing;

	if (message != NULL)
		*message = error->message;
	if (field != NULL)
		*field = error->field;
	if (retry_after_ms != NULL)
		*retry_after_ms = error->retry_after_ms;
	if ((unsigned int)error->code > ASSAY_ERROR_UNKNOWN_BLOB)
		return ASSAY_ERROR_UNKNOWN;
	return (enum assay_error_code)error->code;
}
