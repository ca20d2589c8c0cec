/*
 * From one message of a client to what is done about it. Broker only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "broker/session.h"

/* Does what `message` asks for, which came in `frame_bytes` bytes. Whether it was taken; otherwise
 * the caller frees it. */
bool message_take(struct session *session, Assay__ClientMessage *message, size_t frame_bytes);
