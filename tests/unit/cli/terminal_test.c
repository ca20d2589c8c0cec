/*
 * Text of others on a terminal: nothing but printable characters gets through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/terminal.h"

static void expect(const char *text, size_t len, int indent, const char *expected)
{
	char *written = NULL;
	size_t size;
	FILE *out = open_memstream(&written, &size);

	terminal_write(out, text, len, indent);
	fclose(out);
	assert_string_equal(written, expected);
	free(written);
}

static void escapes_are_spelled_out(void **state)
{
	(void)state;
	expect("\033]0;title\a", 10, 0, "\\x1b]0;title\\x07");
	expect("a\0b", 3, 0, "a\\x00b");
	expect("\r\x7f", 2, 0, "\\x0d\\x7f");
	expect("\xc2\x9b"
	       "31m",
	       5, 0, "\\u{9b}31m");
	expect("\xe2\x80\xae"
	       "live",
	       7, 0, "\\u{202e}live");
	expect("\xff\xed\xa0\x80", 4, 0, "\\xff\\xed\\xa0\\x80");
}

static void lines_are_indented_or_kept_on_one(void **state)
{
	(void)state;
	expect("a\n\tb\n", 5, 2, "a\n  \tb\n  ");
	expect("a\nb", 3, -1, "a\\nb");
	expect("gr\xc3\xbc\xc3\x9f", 6, -1, "gr\xc3\xbc\xc3\x9f");
}

static void colors_only_when_enabled(void **state)
{
	char *written = NULL;
	size_t size;
	FILE *out = open_memstream(&written, &size);

	(void)state;
	terminal_color_start(out, false, TERMINAL_RED);
	terminal_color_end(out, false);
	fflush(out);
	assert_int_equal(size, 0);
	terminal_color_start(out, true, TERMINAL_RED);
	terminal_color_end(out, true);
	fclose(out);
	assert_string_equal(written, "\033[1;31m\033[0m");
	free(written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_spelled_out),
		cmocka_unit_test(lines_are_indented_or_kept_on_one),
		cmocka_unit_test(colors_only_when_enabled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
