/*
 * The socket of a client: frames in, frames out, never blocking.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/frame.h"

struct channel_chunk;

struct channel {
	int fd;
	uint64_t max_message_bytes; /* of what is received; bounds the buffer */
	uint8_t *in;                /* received and not yet dropped: in[in_start .. in_end) */
	size_t in_start;
	size_t in_end;
	size_t in_capacity;
	struct channel_chunk *out_first; /* not yet sent, in order */
	struct channel_chunk *out_last;
	bool is_send_broken; /* the peer takes nothing any more; what it said may still be read */
};

enum channel_outcome {
	CHANNEL_AGAIN = 1, /* the socket has nothing now */
	CHANNEL_CLOSED,    /* the peer ended the connection */
};

/* Takes `fd`. */
void channel_init(struct channel *channel, int fd, uint64_t max_message_bytes);
void channel_deinit(struct channel *channel);

/* Queues `bytes`, which are then the channel's; on -ENOMEM they stay the caller's. */
int channel_push_take(struct channel *channel, uint8_t *bytes, size_t len);

/* Sends what the socket takes now. A peer that is gone is noticed by channel_fill(). */
void channel_flush(struct channel *channel);

static inline bool channel_has_unsent(const struct channel *channel)
{
	return channel->out_first != NULL;
}

/* Receives once, as much as there is room for. 0, enum channel_outcome, -errno. */
int channel_fill(struct channel *channel);

/* The first frame received: outcomes of frame_parse(). Valid until the next fill or drop. */
int channel_frame(const struct channel *channel, struct frame *frame);
void channel_drop(struct channel *channel, uint64_t len);
