/*
 * The examiner's end of a sitting (inside/wire.h): between two candidates of its user.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "inside/wire.h"

/* Takes the socket. A process forked from this one has no sitting. */
void sitting_open(int fd);

/* Whether another candidate may come: not before there is a socket, nor after the last one, nor
 * when those before it have left much memory behind. */
bool sitting_is_open(void);

/* A candidate's turn. The descriptors are the caller's. */
struct sitting_turn {
	uint8_t nonce[JOB_NONCE_BYTES];
	int channel_in;
	int channel_out;
	int job; /* of another task; -1: the same tests */
};

/* Says that this process rests and waits for the next candidate. False: there is none. */
bool sitting_rest(struct sitting_turn *turn);
