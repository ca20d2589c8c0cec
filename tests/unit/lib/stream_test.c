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

#include "client/lib/stream.h"

static int open_pair(struct stream *stream, uint64_t max_message_bytes)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	stream_init(stream, pair[0], max_message_bytes);
	return pair[1];
}

static void push(struct stream *stream, size_t len, int byte)
{
	uint8_t *bytes = malloc(len);

	assert_non_null(bytes);
	memset(bytes, byte, len);
	assert_int_equal(stream_push_take(stream, bytes, len), 0);
}

static void many_chunks_arrive_in_order(void **state)
{
	struct stream stream;
	int peer = open_pair(&stream, 100);
	uint8_t seen[400];
	size_t n_seen = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		push(&stream, 2, i);
	stream_flush(&stream);
	assert_false(stream_has_unsent(&stream));
	while (n_seen < sizeof(seen)) {
		ssize_t n = read(peer, seen + n_seen, sizeof(seen) - n_seen);

		assert_true(n > 0);
		n_seen += (size_t)n;
	}
	for (size_t i = 0; i < sizeof(seen); i++)
		assert_int_equal(seen[i], (uint8_t)(i / 2));
	stream_deinit(&stream);
	close(peer);
}

static void a_full_socket_keeps_the_rest(void **state)
{
	const size_t chunk = 300000;
	struct stream stream;
	int peer = open_pair(&stream, 100);
	uint8_t *seen = malloc(3 * chunk);
	size_t n_seen = 0;

	(void)state;
	assert_non_null(seen);
	for (int i = 0; i < 3; i++)
		push(&stream, chunk, 'a' + i);
	stream_flush(&stream);
	assert_true(stream_has_unsent(&stream));
	while (n_seen < 3 * chunk) {
		ssize_t n = recv(peer, seen + n_seen, 3 * chunk - n_seen, MSG_DONTWAIT);

		n_seen += n > 0 ? (size_t)n : 0;
		stream_flush(&stream);
	}
	for (size_t i = 0; i < 3 * chunk; i++)
		assert_int_equal(seen[i], 'a' + i / chunk);
	free(seen);
	stream_deinit(&stream);
	close(peer);
}

static void a_closed_peer_drops_what_is_unsent_and_can_still_be_read(void **state)
{
	struct stream stream;
	int peer = open_pair(&stream, 100);
	struct frame frame;

	(void)state;
	assert_int_equal(write(peer, "\0\0\0\2hi", 6), 6);
	close(peer);
	push(&stream, 10, 'x');
	stream_flush(&stream);
	assert_true(stream.is_send_broken);
	assert_false(stream_has_unsent(&stream));
	assert_int_equal(stream_fill(&stream), 0);
	assert_int_equal(stream_frame(&stream, &frame), 0);
	assert_memory_equal(frame.message, "hi", 2);
	assert_int_equal(stream_fill(&stream), STREAM_CLOSED);
	stream_deinit(&stream);
}

static void nothing_received_is_a_short_frame(void **state)
{
	struct stream stream;
	int peer = open_pair(&stream, 100);
	struct frame frame;

	(void)state;
	assert_int_equal(stream_frame(&stream, &frame), FRAME_SHORT);
	assert_int_equal(stream_fill(&stream), STREAM_AGAIN);
	assert_int_equal(stream_frame(&stream, &frame), FRAME_SHORT);
	stream_deinit(&stream);
	close(peer);
}

static void an_announced_length_alone_takes_no_memory(void **state)
{
	struct stream stream;
	int peer = open_pair(&stream, UINT32_MAX);
	size_t capacity;

	(void)state;
	assert_int_equal(write(peer, "\xff\xff\xff\xff", 4), 4);
	assert_int_equal(stream_fill(&stream), 0);
	capacity = stream.in_capacity;
	assert_int_equal(stream_fill(&stream), STREAM_AGAIN);
	assert_int_equal(stream.in_capacity, capacity);
	stream_deinit(&stream);
	close(peer);
}

/* Frames of every size up to 40 KiB through a buffer that must not grow with their number. */
static void a_long_flow_of_frames_keeps_the_buffer_small(void **state)
{
	static uint8_t bytes[FRAME_HEADER_BYTES + 40000];
	struct stream stream;
	int peer = open_pair(&stream, 40000);
	struct frame frame;

	(void)state;
	for (uint32_t len = 1; len < 40000; len += 97) {
		frame_header_write(bytes, len);
		memset(bytes + FRAME_HEADER_BYTES, (int)(len & 0xff), len);
		assert_int_equal(write(peer, bytes, FRAME_HEADER_BYTES + len),
				 FRAME_HEADER_BYTES + len);
		while (stream_frame(&stream, &frame) == FRAME_SHORT)
			assert_int_equal(stream_fill(&stream), 0);
		assert_int_equal(frame.message_len, len);
		assert_int_equal(frame.message[len - 1], len & 0xff);
		stream_drop(&stream, frame.total_len);
	}
	assert_in_range(stream.in_capacity, 1, 128 * 1024);
	stream_deinit(&stream);
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
