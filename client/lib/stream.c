/*
 * Buffered, non-blocking frames over a stream socket; libassay, in the caller's process.
 *
 * In: one recv() takes whatever is there, so that many small results cost one wake-up. The buffer
 * grows only when a frame that was found acceptable does not fit, by doubling as bytes really
 * arrive, so an announced length alone costs nothing and the bound is the largest acceptable frame.
 *
 * Out: each frame is one packed buffer, queued as it is; a flush hands many of them to one
 * sendmsg(). MSG_NOSIGNAL because a library must not raise SIGPIPE. When sending fails the queue is
 * dropped and reading goes on: the peer usually said why before it closed.
 */
#include "client/lib/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define IN_INITIAL_BYTES ((size_t)128 * 1024)
#define IN_ROOM_BYTES ((size_t)32 * 1024) /* room wanted for one recv() */
#define OUT_PARTS_MAX 64

struct stream_chunk {
	struct stream_chunk *next;
	uint8_t *bytes;
	size_t len;
	size_t n_sent;
};

void stream_init(struct stream *stream, int fd, uint64_t max_message_bytes)
{
	*stream = (struct stream){.fd = fd, .max_message_bytes = max_message_bytes};
}

static void drop_first_chunk(struct stream *stream)
{
	struct stream_chunk *chunk = stream->out_first;

	stream->out_first = chunk->next;
	if (stream->out_first == NULL)
		stream->out_last = NULL;
	free(chunk->bytes);
	free(chunk);
}

static void drop_unsent(struct stream *stream)
{
	while (stream->out_first != NULL)
		drop_first_chunk(stream);
}

void stream_deinit(struct stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
	free(stream->in);
	stream->in = NULL;
	drop_unsent(stream);
}

int stream_push_take(struct stream *stream, uint8_t *bytes, size_t len)
{
	struct stream_chunk *chunk = malloc(sizeof(*chunk));

	if (chunk == NULL)
		return -ENOMEM;
	*chunk = (struct stream_chunk){.bytes = bytes, .len = len};
	if (stream->out_last != NULL)
		stream->out_last->next = chunk;
	else
		stream->out_first = chunk;
	stream->out_last = chunk;
	return 0;
}

static ssize_t send_some(struct stream *stream)
{
	struct iovec parts[OUT_PARTS_MAX];
	struct msghdr message = {.msg_iov = parts};
	ssize_t n;

	for (struct stream_chunk *chunk = stream->out_first;
	     chunk != NULL && message.msg_iovlen < OUT_PARTS_MAX; chunk = chunk->next) {
		parts[message.msg_iovlen].iov_base = chunk->bytes + chunk->n_sent;
		parts[message.msg_iovlen].iov_len = chunk->len - chunk->n_sent;
		message.msg_iovlen++;
	}
	do {
		n = sendmsg(stream->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void mark_sent(struct stream *stream, size_t n)
{
	while (n > 0) {
		struct stream_chunk *chunk = stream->out_first;
		size_t left = chunk->len - chunk->n_sent;

		if (n < left) {
			chunk->n_sent += n;
			return;
		}
		n -= left;
		drop_first_chunk(stream);
	}
}

void stream_flush(struct stream *stream)
{
	while (stream->out_first != NULL && !stream->is_send_broken) {
		ssize_t n = send_some(stream);

		if (n == -EAGAIN || n == -ENOBUFS || n == -ENOMEM)
			return;
		if (n < 0)
			stream->is_send_broken = true;
		else
			mark_sent(stream, (size_t)n);
	}
	if (stream->is_send_broken)
		drop_unsent(stream);
}

static int make_room(struct stream *stream)
{
	size_t used = stream->in_end - stream->in_start;
	size_t capacity = stream->in_capacity;
	uint8_t *grown;

	if (stream->in_start == stream->in_end)
		stream->in_start = stream->in_end = 0;
	if (capacity - stream->in_end >= IN_ROOM_BYTES)
		return 0;
	if (used > 0 && stream->in_start > 0)
		memmove(stream->in, stream->in + stream->in_start, used);
	stream->in_start = 0;
	stream->in_end = used;
	if (capacity - used >= IN_ROOM_BYTES)
		return 0;
	capacity = capacity == 0 ? IN_INITIAL_BYTES : 2 * capacity;
	grown = realloc(stream->in, capacity);
	if (grown == NULL)
		return -ENOMEM;
	stream->in = grown;
	stream->in_capacity = capacity;
	return 0;
}

int stream_fill(struct stream *stream)
{
	int err = make_room(stream);
	ssize_t n;

	if (err < 0)
		return err;
	do {
		n = recv(stream->fd, stream->in + stream->in_end,
			 stream->in_capacity - stream->in_end, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return STREAM_AGAIN;
	if (n == 0 || (n < 0 && (errno == ECONNRESET || errno == EPIPE)))
		return STREAM_CLOSED;
	if (n < 0)
		return -errno;
	stream->in_end += (size_t)n;
	return 0;
}

int stream_frame(const struct stream *stream, struct frame *frame)
{
	static const uint8_t nothing[1];
	const uint8_t *from = stream->in != NULL ? stream->in + stream->in_start : nothing;

	return frame_parse(from, stream->in_end - stream->in_start, stream->max_message_bytes,
			   frame);
}

void stream_drop(struct stream *stream, uint64_t len)
{
	stream->in_start += (size_t)len;
}
