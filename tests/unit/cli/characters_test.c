/*
 * UTF-8: what is a character, what is not, and what no terminal gets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/characters.h"

static void characters_of_every_length(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		uint32_t code_point;
	} characters[] = {
		{"a", 1, 'a'},
		{"\0", 1, 0},
		{"\xc2\x80", 2, 0x80},
		{"\xdf\xbf", 2, 0x7ff},
		{"\xe0\xa0\x80", 3, 0x800},
		{"\xed\x9f\xbf", 3, 0xd7ff},
		{"\xee\x80\x80", 3, 0xe000},
		{"\xf0\x90\x80\x80", 4, 0x10000},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
		uint32_t code_point = 0;

		assert_int_equal(character_decode(characters[i].bytes, 4, &code_point),
				 characters[i].len);
		assert_int_equal(code_point, characters[i].code_point);
	}
}

static void what_is_no_character(void **state)
{
	static const char *const broken[] = {
		"\x80",             /* a tail */
		"\xc0\x80",         /* overlong */
		"\xc1\xbf",         /* overlong */
		"\xe0\x9f\xbf",     /* overlong */
		"\xf0\x8f\xbf\xbf", /* overlong */
		"\xed\xa0\x80",     /* a surrogate */
		"\xed\xbf\xbf",     /* a surrogate */
		"\xf4\x90\x80\x80", /* above U+10FFFF */
		"\xf8\x88\x80\x80", /* five bytes */
		"\xff",
		"\xe2\x82", /* cut off */
	};
	uint32_t code_point;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		assert_int_equal(character_decode(broken[i], strlen(broken[i]), &code_point), 0);
		assert_false(characters_are_valid(broken[i], strlen(broken[i])));
	}
	assert_true(characters_are_valid("", 0));
	assert_true(characters_are_valid("a\0b", 3));
}

static void each_bad_byte_is_replaced(void **state)
{
	static const char bytes[] = "a\xff\0\xed\xa0\x80z\xe2\x82";
	static const char expected[] = "a\xef\xbf\xbd\0\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"
				       "\xef\xbf\xbd\xef\xbf\xbd";
	size_t len;
	char *copy = characters_replace_invalid(bytes, sizeof(bytes) - 1, &len);

	(void)state;
	assert_non_null(copy);
	assert_int_equal(len, sizeof(expected) - 1);
	assert_memory_equal(copy, expected, sizeof(expected));
	assert_true(characters_are_valid(copy, len));
	free(copy);
}

static void what_moves_the_cursor_or_reorders_is_unsafe(void **state)
{
	static const uint32_t unsafe[] = {0,    7,    '\r',   0x1b,   0x7f,   0x80,
					  0x9b, 0x9f, 0x200e, 0x202e, 0x2066, 0xfeff};
	static const uint32_t safe[] = {'\n', '\t', ' ', 'a', 0xa0, 0xe9, 0x4e2d, 0x1f600};

	(void)state;
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		assert_true(character_is_unsafe(unsafe[i]));
	for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
		assert_false(character_is_unsafe(safe[i]));
}

static void mend(const char *text, const char *expected)
{
	char copy[128];

	snprintf(copy, sizeof(copy), "%s", text);
	characters_mend_json(copy, strlen(copy));
	assert_string_equal(copy, expected);
}

static void half_a_surrogate_pair_in_json_is_mended(void **state)
{
	(void)state;
	mend("\"a\\ud83d\"", "\"a\\ufffd\"");
	mend("\"\\ude00b\"", "\"\\ufffdb\"");
	mend("\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\"");
	mend("\"\\ud83d\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\"");
	mend("\"\\\\ud83d\"", "\"\\\\ud83d\"");
	mend("\"\\n\\u00e9\\", "\"\\n\\u00e9\\");
	mend("\"\\ud8", "\"\\ud8");
	mend("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_of_every_length),
		cmocka_unit_test(what_is_no_character),
		cmocka_unit_test(each_bad_byte_is_replaced),
		cmocka_unit_test(half_a_surrogate_pair_in_json_is_mended),
		cmocka_unit_test(what_moves_the_cursor_or_reorders_is_unsafe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
