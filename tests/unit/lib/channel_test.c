/*
 * The buffered socket: bounds of its memory, order of what it sends, and its ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/lib/channel.h"

static int open_pair(struct channel *channel, uint64_t max_message_bytes)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	channel_init(channel, pair[0], max_message_bytes);
	return pair[1];
}

static void push(struct channel *channel, size_t len, int byte)
{
	uint8_t *bytes = malloc(len);

	assert_non_null(bytes);
	memset(bytes, byte, len);
	assert_int_equal(channel_push_take(channel, bytes, len), 0);
}

static void many_chunks_arrive_in_order(void **state)
{
	struct channel channel;
	int peer = open_pair(&channel, 100);
	uint8_t seen[400];
	size_t n_seen = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		push(&channel, 2, i);
	channel_flush(&channel);
	assert_false(channel_has_unsent(&channel));
	while (n_seen < sizeof(seen)) {
		ssize_t n = read(peer, seen + n_seen, sizeof(seen) - n_seen);

		assert_true(n > 0);
		n_seen += (size_t)n;
	}
	for (size_t i = 0; i < sizeof(seen); i++)
		assert_int_equal(seen[i], (uint8_t)(i / 2));
	channel_deinit(&channel);
	close(peer);
}

static void a_full_socket_keeps_the_rest(void **state)
{
	const size_t chunk = 300000;
	struct channel channel;
	int peer = open_pair(&channel, 100);
	uint8_t *seen = malloc(3 * chunk);
	size_t n_seen = 0;

	(void)state;
	assert_non_null(seen);
	for (int i = 0; i < 3; i++)
		push(&channel, chunk, 'a' + i);
	channel_flush(&channel);
	assert_true(channel_has_unsent(&channel));
	while (n_seen < 3 * chunk) {
		ssize_t n = recv(peer, seen + n_seen, 3 * chunk - n_seen, MSG_DONTWAIT);

		n_seen += n > 0 ? (size_t)n : 0;
		channel_flush(&channel);
	}
	for (size_t i = 0; i < 3 * chunk; i++)
		assert_int_equal(seen[i], 'a' + i / chunk);
	free(seen);
	channel_deinit(&channel);
	close(peer);
}

static void a_closed_peer_drops_what_is_unsent_and_can_still_be_read(void **state)
{
	struct channel channel;
	int peer = open_pair(&channel, 100);
	struct frame frame;

	(void)state;
	assert_int_equal(write(peer, "\0\0\0\2hi", 6), 6);
	close(peer);
	push(&channel, 10, 'x');
	channel_flush(&channel);
	assert_true(channel.is_send_broken);
	assert_false(channel_has_unsent(&channel));
	assert_int_equal(channel_fill(&channel), 0);
	assert_int_equal(channel_frame(&channel, &frame), 0);
	assert_memory_equal(frame.message, "hi", 2);
	assert_int_equal(channel_fill(&channel), CHANNEL_CLOSED);
	channel_deinit(&channel);
}

static void nothing_received_is_a_short_frame(void **state)
{
	struct channel channel;
	int peer = open_pair(&channel, 100);
	struct frame frame;

	(void)state;
	assert_int_equal(channel_frame(&channel, &frame), FRAME_SHORT);
	assert_int_equal(channel_fill(&channel), CHANNEL_AGAIN);
	assert_int_equal(channel_frame(&channel, &frame), FRAME_SHORT);
	channel_deinit(&channel);
	close(peer);
}

static void an_announced_length_alone_takes_no_memory(void **state)
{
	struct channel channel;
	int peer = open_pair(&channel, UINT32_MAX);
	size_t capacity;

	(void)state;
	assert_int_equal(write(peer, "\xff\xff\xff\xff", 4), 4);
	assert_int_equal(channel_fill(&channel), 0);
	capacity = channel.in_capacity;
	assert_int_equal(channel_fill(&channel), CHANNEL_AGAIN);
	assert_int_equal(channel.in_capacity, capacity);
	channel_deinit(&channel);
	close(peer);
}

/* Frames of every size up to 40 KiB through a buffer that must not grow with their number. */
static void a_long_flow_of_frames_keeps_the_buffer_small(void **state)
{
	static uint8_t bytes[FRAME_HEADER_BYTES + 40000];
	struct channel channel;
	int peer = open_pair(&channel, 40000);
	struct frame frame;

	(void)state;
	for (uint32_t len = 1; len < 40000; len += 97) {
		frame_header_write(bytes, len);
		memset(bytes + FRAME_HEADER_BYTES, (int)(len & 0xff), len);
		assert_int_equal(write(peer, bytes, FRAME_HEADER_BYTES + len),
				 FRAME_HEADER_BYTES + len);
		while (channel_frame(&channel, &frame) == FRAME_SHORT)
			assert_int_equal(channel_fill(&channel), 0);
		assert_int_equal(frame.message_len, len);
		assert_int_equal(frame.message[len - 1], len & 0xff);
		channel_drop(&channel, frame.total_len);
	}
	assert_in_range(channel.in_capacity, 1, 128 * 1024);
	channel_deinit(&channel);
	close(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_chunks_arrive_in_order),
		cmocka_unit_test(a_full_socket_keeps_the_rest),
		cmocka_unit_test(a_closed_peer_drops_what_is_unsent_and_can_still_be_read),
		cmocka_unit_test(nothing_received_is_a_short_frame),
		cmocka_unit_test(an_announced_length_alone_takes_no_memory),
		cmocka_unit_test(a_long_flow_of_frames_keeps_the_buffer_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
