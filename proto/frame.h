/*
 * Frames: a 4-byte big-endian length and one message. Pure functions on bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_BYTES 4

enum frame_outcome {
	FRAME_SHORT = 1, /* more bytes are needed; see frame->total_len */
	FRAME_TOO_LONG,  /* the header announces a message above the maximum */
	FRAME_EMPTY,     /* the header announces no message at all */
};

struct frame {
	const uint8_t *message; /* points into the bytes given; NULL unless the outcome is 0 */
	uint32_t message_len;   /* as announced; 0 while the header is incomplete */
	uint64_t total_len;     /* header and message; 0 while the header is incomplete */
};

/*
 * Looks at the frame that starts at `bytes`. 0: a whole frame is there; drop frame->total_len bytes
 * when done with it. > 0: enum frame_outcome. message_len and total_len are set for every outcome
 * as soon as the header is there, so that the caller may reserve what the frame will need, or say
 * how long a refused one would have been. `max_bytes` bounds the message, not the header.
 */
int frame_parse(const uint8_t *bytes, size_t len, uint64_t max_bytes, struct frame *frame);

/* The header of a message of `len` bytes. */
void frame_header_write(uint8_t header[FRAME_HEADER_BYTES], uint32_t len);
