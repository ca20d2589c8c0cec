/*
 * The examiner's end of a sitting (inside/wire.h): between two candidates of its batch.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "inside/wire.h"

/* Takes the socket. A process forked from this one has no sitting. */
void sitting_open(int fd);

/* Whether another candidate may come: not before there is a socket, nor after the last one. */
bool sitting_is_open(void);

/*
 * Says that this process rests and waits for the next candidate: its nonce and the ends of its
 * channel, which are the caller's. False: there is none.
 */
bool sitting_rest(uint8_t nonce[JOB_NONCE_BYTES], int *channel_in, int *channel_out);
