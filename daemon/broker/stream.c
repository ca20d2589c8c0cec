/*
 * Draining pipes that a candidate writes to. Broker.
 *
 * A pipe has two open file descriptions, so nothing that the candidate does to its end (O_NONBLOCK,
 * O_ASYNC, F_SETPIPE_SZ) changes how this end reads. Short runs are never watched: what they wrote
 * waits in the pipe and is read once, at the end, without waking the loop for each write.
 */
#include "broker/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"

/*
 * Reads of one drain; then others have their turn. Enough for a pipe that the candidate has made as
 * large as it may (1 MiB, fs.pipe-max-size), because the drain of stream_close() is the last one.
 */
#define READS_MAX 80
#define CHUNK_BYTES 16384
/* A larger buffer is given back before the next run. */
#define KEPT_CAPACITY_BYTES 262144

int stream_open(struct stream *stream, size_t max_bytes, int *write_fd)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
		int err = -errno;

		close(ends[0]);
		close(ends[1]);
		return err;
	}
	if (stream->capacity > KEPT_CAPACITY_BYTES) {
		free(stream->bytes);
		stream->bytes = NULL;
		stream->capacity = 0;
	}
	stream->fd = ends[0];
	stream->len = 0;
	stream->max_bytes = max_bytes;
	stream->dropped_bytes = 0;
	*write_fd = ends[1];
	return 0;
}

void stream_clear(struct stream *stream)
{
	stream->len = 0;
	stream->dropped_bytes = 0;
}

void stream_watch(struct stream *stream, struct event_base *base, event_callback_fn callback,
		  void *argument)
{
	if (stream->fd < 0 || stream->event != NULL)
		return;
	stream->event = event_new(base, stream->fd, EV_READ | EV_PERSIST, callback, argument);
	if (stream->event != NULL)
		event_add(stream->event, NULL);
}

void stream_unwatch(struct stream *stream)
{
	if (stream->event != NULL)
		event_free(stream->event);
	stream->event = NULL;
}

static void reserve(struct stream *stream)
{
	size_t wanted = stream->len + CHUNK_BYTES;

	if (wanted > stream->max_bytes)
		wanted = stream->max_bytes;
	if (wanted <= stream->capacity)
		return;
	if (wanted < 2 * stream->capacity && 2 * stream->capacity <= stream->max_bytes)
		wanted = 2 * stream->capacity;
	stream->bytes = xrealloc(stream->bytes, wanted);
	stream->capacity = wanted;
}

/* > 0: bytes read; 0: end of file; < 0: nothing more now. */
static ssize_t read_some(struct stream *stream)
{
	uint8_t scratch[CHUNK_BYTES];
	ssize_t n;

	reserve(stream);
	if (stream->len < stream->max_bytes) {
		size_t room =
			stream->max_bytes < stream->capacity ? stream->max_bytes : stream->capacity;

		n = read(stream->fd, stream->bytes + stream->len, room - stream->len);
		if (n > 0)
			stream->len += (size_t)n;
	} else {
		n = read(stream->fd, scratch, sizeof(scratch));
		if (n > 0)
			stream->dropped_bytes += (uint64_t)n;
	}
	return n;
}

void stream_drain(struct stream *stream)
{
	for (int i = 0; i < READS_MAX && stream->fd >= 0; i++) {
		ssize_t n = read_some(stream);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		if (n == 0) {
			stream_unwatch(stream);
			fd_close(&stream->fd);
		}
	}
}

void stream_close(struct stream *stream)
{
	stream_drain(stream);
	stream_unwatch(stream);
	fd_close(&stream->fd);
}

void stream_deinit(struct stream *stream)
{
	stream_unwatch(stream);
	fd_close(&stream->fd);
	free(stream->bytes);
	*stream = (struct stream){.fd = -1};
}
