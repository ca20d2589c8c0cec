/*
 * The read end of a pipe out of a cell: kept up to a bound, counted beyond it. Broker only.
 */
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream {
	int fd;              /* non-blocking; -1: not open */
	struct event *event; /* NULL until stream_watch */
	uint8_t *bytes;      /* owned; kept from run to run, grown when needed */
	size_t len;
	size_t capacity;
	size_t max_bytes;       /* kept at most */
	uint64_t dropped_bytes; /* read beyond max_bytes and thrown away */
};

/* Makes a pipe: the read end is the stream's, *write_fd (O_CLOEXEC) is the caller's. 0 or -errno.
 */
int stream_open(struct stream *stream, size_t max_bytes, int *write_fd);

/* Forgets the text of the last run. */
void stream_clear(struct stream *stream);

/* Calls `callback` whenever there is something to drain. */
void stream_watch(struct stream *stream, struct event_base *base, event_callback_fn callback,
		  void *argument);

/* From now on nobody is called. */
void stream_unwatch(struct stream *stream);

/* Reads what is there now. Bounded per call, so that a flood cannot hold up the loop. */
void stream_drain(struct stream *stream);

/* Drains to the end and closes; the text stays until the next stream_open. */
void stream_close(struct stream *stream);

/* Also frees the text. */
void stream_deinit(struct stream *stream);
