/*
 * The socket of a client: frames in, frames out, never blocking.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/frame.h"

struct stream_chunk;

struct stream {
	int fd;
	uint64_t max_message_bytes; /* of what is received; bounds the buffer */
	uint8_t *in;                /* received and not yet dropped: in[in_start .. in_end) */
	size_t in_start;
	size_t in_end;
	size_t in_capacity;
	struct stream_chunk *out_first; /* not yet sent, in order */
	struct stream_chunk *out_last;
	bool is_send_broken; /* the peer takes nothing any more; what it said may still be read */
};

enum stream_outcome {
	STREAM_AGAIN = 1, /* the socket has nothing now */
	STREAM_CLOSED,    /* the peer ended the connection */
};

/* Takes `fd`. */
void stream_init(struct stream *stream, int fd, uint64_t max_message_bytes);
void stream_deinit(struct stream *stream);

/* Queues `bytes`, which are then the stream's; on -ENOMEM they stay the caller's. */
int stream_push_take(struct stream *stream, uint8_t *bytes, size_t len);

/* Sends what the socket takes now. A peer that is gone is noticed by stream_fill(). */
void stream_flush(struct stream *stream);

static inline bool stream_has_unsent(const struct stream *stream)
{
	return stream->out_first != NULL;
}

/* Receives once, as much as there is room for. 0, enum stream_outcome, -errno. */
int stream_fill(struct stream *stream);

/* The first frame received: outcomes of frame_parse(). Valid until the next fill or drop. */
int stream_frame(const struct stream *stream, struct frame *frame);
void stream_drop(struct stream *stream, uint64_t len);
