/*
 * Frames as pure bytes: every length of header and message, the bound, and huge announcements.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/frame.h"

static void whole_frame_points_into_the_bytes(void **state)
{
	const uint8_t bytes[] = {0, 0, 0, 3, 'a', 'b', 'c', 'x'};
	struct frame frame;

	(void)state;
	assert_int_equal(frame_parse(bytes, sizeof(bytes), 3, &frame), 0);
	assert_ptr_equal(frame.message, bytes + 4);
	assert_int_equal(frame.message_len, 3);
	assert_int_equal(frame.total_len, 7);
}

static void short_at_every_length(void **state)
{
	const uint8_t bytes[] = {0, 0, 0, 3, 'a', 'b', 'c'};
	struct frame frame;

	(void)state;
	for (size_t len = 0; len < sizeof(bytes); len++) {
		assert_int_equal(frame_parse(bytes, len, 100, &frame), FRAME_SHORT);
		assert_int_equal(frame.total_len, len < 4 ? 0 : 7);
		assert_null(frame.message);
	}
}

static void bound_is_of_the_message(void **state)
{
	const uint8_t bytes[] = {0, 1, 0, 0};
	struct frame frame;

	(void)state;
	assert_int_equal(frame_parse(bytes, sizeof(bytes), 65536, &frame), FRAME_SHORT);
	assert_int_equal(frame.total_len, 65540);
	assert_int_equal(frame_parse(bytes, sizeof(bytes), 65535, &frame), FRAME_TOO_LONG);
	assert_int_equal(frame.message_len, 65536);
}

static void four_gib_is_refused_by_its_header(void **state)
{
	const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff};
	struct frame frame;

	(void)state;
	assert_int_equal(frame_parse(bytes, 4, 16 << 20, &frame), FRAME_TOO_LONG);
	assert_true(frame.total_len == 0x100000003ULL);
	assert_int_equal(frame_parse(bytes, 4, UINT64_MAX, &frame), FRAME_SHORT);
}

static void empty_message_is_an_outcome(void **state)
{
	const uint8_t bytes[] = {0, 0, 0, 0, 1};
	struct frame frame;

	(void)state;
	assert_int_equal(frame_parse(bytes, sizeof(bytes), 100, &frame), FRAME_EMPTY);
	assert_null(frame.message);
}

static void header_is_big_endian_and_reads_back(void **state)
{
	const uint32_t lengths[] = {1, 255, 256, 0x01020304, UINT32_MAX};
	const uint8_t expected[] = {1, 2, 3, 4};
	uint8_t header[FRAME_HEADER_BYTES];
	struct frame frame;

	(void)state;
	frame_header_write(header, 0x01020304);
	assert_memory_equal(header, expected, 4);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		frame_header_write(header, lengths[i]);
		assert_int_equal(frame_parse(header, 4, UINT32_MAX, &frame), FRAME_SHORT);
		assert_int_equal(frame.message_len, lengths[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_frame_points_into_the_bytes),
		cmocka_unit_test(short_at_every_length),
		cmocka_unit_test(bound_is_of_the_message),
		cmocka_unit_test(four_gib_is_refused_by_its_header),
		cmocka_unit_test(empty_message_is_an_outcome),
		cmocka_unit_test(header_is_big_endian_and_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
