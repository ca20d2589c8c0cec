/*
 * The pipes between the two halves of a split examination, in frames: u32 length of the payload, u8
 * type, u64 CPU time of the sender's process, payload. What a frame means is the business of
 * peer.py; what a payload is, of the codec.
 *
 * Either end may be hostile to the other: a length beyond CHANNEL_BYTES_MAX is refused before
 * anything is allocated.
 */
#pragma once

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#define CHANNEL_LATE 7
#define CHANNEL_BYTES_MAX (64u * 1024u * 1024u)

struct channel_header {
	uint32_t length;
	uint8_t type;
	uint64_t cpu_ns; /* as the sender says: only to be told; of an examiner 0 */
} __attribute__((packed));

/* Takes the two ends, instead of those it had. A process forked from this one has no channel. */
void channel_open(int in, int out);

bool channel_is_open(void);

/* From now on frames say what this process has used: it is the examinee. */
void channel_tell_time(void);

/* The most that the other half has said to have used; 0: it has said nothing yet. */
uint64_t channel_their_cpu_ns(void);

/* The whole frame of an examinee whose test took too long; the last one (peer.py: LATE). Safe in a
 * signal handler. False: not now, a frame is being written. */
bool channel_send_late(void);

/* send(type, bytes) and receive() -> (type, bytes), for the module's table. EOFError: the other
 * half is gone; ValueError: the frame is too long; TimeoutError: nothing came in time
 * (test_limit.h). */
extern PyMethodDef channel_methods[];
