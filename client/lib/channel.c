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
#include "client/lib/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define IN_INITIAL_BYTES ((size_t)128 * 1024)
#define IN_ROOM_BYTES ((size_t)32 * 1024) /* room wanted for one recv() */
#define OUT_PARTS_MAX 64

struct channel_chunk {
	struct channel_chunk *next;
	uint8_t *bytes;
	size_t len;
	size_t n_sent;
};

void channel_init(struct channel *channel, int fd, uint64_t max_message_bytes)
{
	*channel = (struct channel){.fd = fd, .max_message_bytes = max_message_bytes};
}

static void drop_first_chunk(struct channel *channel)
{
	struct channel_chunk *chunk = channel->out_first;

	channel->out_first = chunk->next;
	if (channel->out_first == NULL)
		channel->out_last = NULL;
	free(chunk->bytes);
	free(chunk);
}

static void drop_unsent(struct channel *channel)
{
	while (channel->out_first != NULL)
		drop_first_chunk(channel);
}

void channel_deinit(struct channel *channel)
{
	if (channel->fd >= 0)
		close(channel->fd);
	channel->fd = -1;
	free(channel->in);
	channel->in = NULL;
	drop_unsent(channel);
}

int channel_push_take(struct channel *channel, uint8_t *bytes, size_t len)
{
	struct channel_chunk *chunk = malloc(sizeof(*chunk));

	if (chunk == NULL)
		return -ENOMEM;
	*chunk = (struct channel_chunk){.bytes = bytes, .len = len};
	if (channel->out_last != NULL)
		channel->out_last->next = chunk;
	else
		channel->out_first = chunk;
	channel->out_last = chunk;
	return 0;
}

static ssize_t send_some(struct channel *channel)
{
	struct iovec parts[OUT_PARTS_MAX];
	struct msghdr message = {.msg_iov = parts};
	ssize_t n;

	for (struct channel_chunk *chunk = channel->out_first;
	     chunk != NULL && message.msg_iovlen < OUT_PARTS_MAX; chunk = chunk->next) {
		parts[message.msg_iovlen].iov_base = chunk->bytes + chunk->n_sent;
		parts[message.msg_iovlen].iov_len = chunk->len - chunk->n_sent;
		message.msg_iovlen++;
	}
	do {
		n = sendmsg(channel->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void mark_sent(struct channel *channel, size_t n)
{
	while (n > 0) {
		struct channel_chunk *chunk = channel->out_first;
		size_t left = chunk->len - chunk->n_sent;

		if (n < left) {
			chunk->n_sent += n;
			return;
		}
		n -= left;
		drop_first_chunk(channel);
	}
}

void channel_flush(struct channel *channel)
{
	while (channel->out_first != NULL && !channel->is_send_broken) {
		ssize_t n = send_some(channel);

		if (n == -EAGAIN || n == -ENOBUFS || n == -ENOMEM)
			return;
		if (n < 0)
			channel->is_send_broken = true;
		else
			mark_sent(channel, (size_t)n);
	}
	if (channel->is_send_broken)
		drop_unsent(channel);
}

static int make_room(struct channel *channel)
{
	size_t used = channel->in_end - channel->in_start;
	size_t capacity = channel->in_capacity;
	uint8_t *grown;

	if (channel->in_start == channel->in_end)
		channel->in_start = channel->in_end = 0;
	if (capacity - channel->in_end >= IN_ROOM_BYTES)
		return 0;
	if (used > 0 && channel->in_start > 0)
		memmove(channel->in, channel->in + channel->in_start, used);
	channel->in_start = 0;
	channel->in_end = used;
	if (capacity - used >= IN_ROOM_BYTES)
		return 0;
	capacity = capacity == 0 ? IN_INITIAL_BYTES : 2 * capacity;
	grown = realloc(channel->in, capacity);
	if (grown == NULL)
		return -ENOMEM;
	channel->in = grown;
	channel->in_capacity = capacity;
	return 0;
}

int channel_fill(struct channel *channel)
{
	int err = make_room(channel);
	ssize_t n;

	if (err < 0)
		return err;
	do {
		n = recv(channel->fd, channel->in + channel->in_end,
			 channel->in_capacity - channel->in_end, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return CHANNEL_AGAIN;
	if (n == 0 || (n < 0 && (errno == ECONNRESET || errno == EPIPE)))
		return CHANNEL_CLOSED;
	if (n < 0)
		return -errno;
	channel->in_end += (size_t)n;
	return 0;
}

int channel_frame(const struct channel *channel, struct frame *frame)
{
	static const uint8_t nothing[1];
	const uint8_t *from = channel->in != NULL ? channel->in + channel->in_start : nothing;

	return frame_parse(from, channel->in_end - channel->in_start, channel->max_message_bytes,
			   frame);
}

void channel_drop(struct channel *channel, uint64_t len)
{
	channel->in_start += (size_t)len;
}
