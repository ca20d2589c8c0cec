/*
 * The broker's end of a sitting (inside/wire.h): the socket on which an examiner says that it could
 * examine another candidate of its user, and gets it. One per run. Broker only.
 */
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "inside/wire.h"

struct sitting {
	int fd; /* -1: none */
	struct event *event;
	uint64_t cpu_ns;   /* of the examiner's process, at its last rest */
	uint32_t n_served; /* candidates it was given */
};

void sitting_init(struct sitting *sitting);

/* Makes the socket; *cell_fd (O_CLOEXEC) is the caller's, to be handed to the cell. `callback` is
 * called when the examiner has something to say. 0 or -errno. */
int sitting_open(struct sitting *sitting, struct event_base *base, event_callback_fn callback,
		 void *argument, int *cell_fd);

void sitting_close(struct sitting *sitting);

/* 0: the examiner rests; -EAGAIN: it has said nothing; -EPROTO, -ECONNRESET: it will not go on. */
int sitting_take_rest(struct sitting *sitting);

/* A candidate's turn. Everything is borrowed. */
struct sitting_turn {
	const uint8_t *nonce; /* JOB_NONCE_BYTES */
	bool is_last;
	int channel_in;
	int channel_out;
	int job; /* of another task; -1: the same tests */
};

/* 0 or -errno. */
int sitting_send_next(struct sitting *sitting, const struct sitting_turn *turn);
