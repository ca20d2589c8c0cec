/* Quoting and unquoting of any bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/suite/python_json.h"
#include "client/suite/python_text.h"

static void assert_quoted(const char *bytes, size_t len, const char *expected)
{
	char *quoted = python_string_quote(bytes, len);
	assert_non_null(quoted);
	assert_string_equal(quoted, expected);
	free(quoted);
}

static void bytes_are_quoted_as_python_does(void **state)
{
	(void)state;
	assert_quoted("", 0, "\"\"");
	assert_quoted("a\"\\\n\t\0z", 7, "\"a\\\"\\\\\\n\\t\\u0000z\"");
	assert_quoted("\xc3\xa9\xf0\x9f\x98\x80", 6, "\"\\u00e9\\ud83d\\ude00\"");
	assert_quoted("\xed\xa0\x80", 3, "\"\\ud800\"");
	assert_quoted("\xff\xc3", 2, "\"\\ufffd\\ufffd\"");
}

static void unquoting_gives_the_bytes_back(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{"", 0},
		{"plain", 5},
		{"\0\x01\"\\/\b\f\n\r\t", 10},
		{"\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80", 9},
		{"\xed\xa0\x80x\xed\xb0\x80", 7}, /* lone surrogates */
		{"\xf4\x8f\xbf\xbf", 4},
	};
	for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
		char *quoted = python_string_quote(cases[index].bytes, cases[index].len);
		char *bytes;
		size_t len;
		assert_int_equal(python_string_unquote(quoted, &bytes, &len), 0);
		assert_int_equal(len, cases[index].len);
		assert_memory_equal(bytes, cases[index].bytes, len);
		assert_int_equal(bytes[len], 0);
		free(bytes);
		free(quoted);
	}
}

static void only_strings_can_be_unquoted(void **state)
{
	(void)state;
	char *bytes;
	size_t len;
	assert_int_equal(python_string_unquote("12", &bytes, &len), 1);
	assert_int_equal(python_string_unquote("null", &bytes, &len), 1);
	assert_int_equal(python_string_unquote("[\"a\"]", &bytes, &len), 1);
}

static void decoding_refuses_what_is_no_utf8(void **state)
{
	(void)state;
	uint32_t code_point = 0;
	assert_int_equal(python_text_decode("\xe2\x88\x80", 3, &code_point), 3);
	assert_int_equal(code_point, 0x2200);
	assert_int_equal(python_text_decode("\xe2\x88\x80", 2, &code_point), 0);
	assert_int_equal(python_text_decode("\x80", 1, &code_point), 0);
	assert_int_equal(python_text_decode("\xc1\xbf", 2, &code_point), 0);
	assert_int_equal(python_text_decode("\xe0\x9f\xbf", 3, &code_point), 0);
	assert_int_equal(python_text_decode("\xf4\x90\x80\x80", 4, &code_point), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_quoted_as_python_does),
		cmocka_unit_test(unquoting_gives_the_bytes_back),
		cmocka_unit_test(only_strings_can_be_unquoted),
		cmocka_unit_test(decoding_refuses_what_is_no_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
