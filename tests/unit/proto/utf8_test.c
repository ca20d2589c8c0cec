/*
 * UTF-8: the borders of every form, compared with a decoder that works the other way round.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/utf8.h"

static size_t encode(uint32_t point, char *to)
{
	if (point < 0x80) {
		to[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		to[0] = (char)(0xc0 | point >> 6);
		to[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		to[0] = (char)(0xe0 | point >> 12);
		to[1] = (char)(0x80 | (point >> 6 & 0x3f));
		to[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | point >> 18);
	to[1] = (char)(0x80 | (point >> 12 & 0x3f));
	to[2] = (char)(0x80 | (point >> 6 & 0x3f));
	to[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

static void every_code_point_and_every_cut(void **state)
{
	(void)state;
	for (uint32_t point = 0; point < 0x120000; point++) {
		int is_character = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
		char text[4];
		size_t len = encode(point, text);

		assert_int_equal(utf8_is_valid(text, len), is_character);
		for (size_t cut = 1; cut < len; cut++)
			assert_false(utf8_is_valid(text, cut));
	}
}

static void two_bytes_are_valid_only_as_their_decoding_says(void **state)
{
	(void)state;
	for (unsigned int first = 0; first < 256; first++)
		for (unsigned int second = 0; second < 256; second++) {
			const char text[] = {(char)first, (char)second};
			int is_ascii = first < 0x80 && second < 0x80;
			int is_pair = first >= 0xc2 && first <= 0xdf && (second & 0xc0) == 0x80;

			assert_int_equal(utf8_is_valid(text, 2), is_ascii || is_pair);
		}
}

static void overlong_forms_are_none(void **state)
{
	(void)state;
	assert_false(utf8_is_valid("\xc0\xaf", 2));
	assert_false(utf8_is_valid("\xe0\x80\xaf", 3));
	assert_false(utf8_is_valid("\xf0\x80\x80\xaf", 4));
	assert_false(utf8_is_valid("\xf8\x88\x80\x80\x80", 5));
}

static void text_is_checked_to_its_end(void **state)
{
	const char text[] = "gr\xc3\xbc\xc3\x9f\0\xe2\x82\xac";

	(void)state;
	assert_true(utf8_is_valid("", 0));
	assert_true(utf8_is_valid(text, sizeof(text) - 1));
	assert_false(utf8_is_valid("a long text and then \xff", 22));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_and_every_cut),
		cmocka_unit_test(two_bytes_are_valid_only_as_their_decoding_says),
		cmocka_unit_test(overlong_forms_are_none),
		cmocka_unit_test(text_is_checked_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
