/*
 * What the broker says about itself: greeting and status. Broker only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "broker/broker.h"

#define STATUS_SERVER_VERSION "assay 0.1.0"
#define STATUS_PROTOCOL_MAJOR 1
#define STATUS_PROTOCOL_MINOR 0

/* Pack a frame; 0: *frame is the caller's, to be freed; or -errno. */
int status_pack_hello(const struct broker *broker, uint8_t **frame, size_t *len);
int status_pack(const struct broker *broker, const struct peer *peer, uint64_t request_id,
		uint8_t **frame, size_t *len);
