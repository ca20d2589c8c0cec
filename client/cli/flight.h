/*
 * Many requests in flight on the context's connection: bounded, retried when the daemon says that
 * it is full (QUOTA, OVERLOADED), submitted again after a lost connection. Each request pushed is
 * answered by at most one FLIGHT_RESULT a candidate and then by exactly one FLIGHT_DONE or
 * FLIGHT_REFUSED. One thread.
 *
 *     while (there is more input || !flight_is_empty(flight)) {
 *             while (there is more input && flight_has_room(flight))
 *                     flight_push(flight, TAKE(request), len, owner);
 *             err = flight_next(flight, -1, &answer);
 *             ...
 *     }
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "client/cli/cli.h"

#define FLIGHT_BYTES_MAX ((size_t)32 << 20)

enum flight_answer_type {
	FLIGHT_RESULT,  /* one candidate judged */
	FLIGHT_DONE,    /* all of this request's results have come */
	FLIGHT_REFUSED, /* nothing more comes; results so far stand */
	FLIGHT_WOKEN,   /* no answer, but wake_fd is readable */
};

struct flight_answer {
	enum flight_answer_type type;
	void *owner;                /* as given to flight_push() */
	const assay_result *result; /* RESULT */
	enum assay_error_code code; /* REFUSED, and the next two */
	const char *message;
	const char *field; /* "" if it is about no field */
};

struct flight;

/* candidates_max: how many candidates may be in flight; 0: 4 x slots + 64. The context is borrowed
 * and must be connected. NULL when memory is short. */
struct flight *flight_new(struct cli_context *context, size_t candidates_max);

/* Forgets what is in flight (closing the connection cancels it). NULL is allowed. */
void flight_free(struct flight *flight);

/* A request of any size has room when nothing is in flight. */
bool flight_has_room(const struct flight *flight);
bool flight_is_empty(const struct flight *flight);

/* Takes the request, also on failure. `bytes`: about how large it is. `owner` comes back in its
 * answers. 0 or -ENOMEM; a request that cannot be sent is answered by FLIGHT_REFUSED. */
int flight_push(struct flight *flight, assay_request *request, size_t bytes, void *owner);

/*
 * Waits for the next answer, or for wake_fd (-1: none) to become readable. What `answer` points to
 * is valid until the next call. 0; -ENODATA: nothing in flight and no wake_fd; -EINTR: SIGINT or
 * SIGTERM came; -ECONNRESET: the daemon is gone for good (already told on stderr); -ENOMEM.
 */
int flight_next(struct flight *flight, int wake_fd, struct flight_answer *answer);
