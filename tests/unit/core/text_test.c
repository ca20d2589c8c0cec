/* core/text: what is appended is there, within its bound, and cut at a character. */
#include "core/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static char bytes[64];

static struct text text_of(size_t size)
{
	memset(bytes, '#', sizeof(bytes));
	return (struct text){.bytes = bytes, .size = size};
}

static void append_value(struct text *text, const char *value, size_t len, size_t max)
{
	text_append_value(text, (struct slice){.bytes = (const uint8_t *)value, .len = len}, max);
}

static void test_pieces(void **state)
{
	struct text text = text_of(sizeof(bytes));

	(void)state;
	text_append(&text, "%d and ", 3);
	text_append_bytes(&text, "more", 2);
	text_append_bytes(&text, NULL, 0);
	assert_int_equal(text_finish(&text), 8);
	assert_string_equal(bytes, "3 and mo");
}

static void test_control_bytes(void **state)
{
	struct text text = text_of(sizeof(bytes));

	(void)state;
	append_value(&text, "\0a\n\t\x7f\xff\x1b", 7, 100);
	text_finish(&text);
	assert_string_equal(bytes, "\\x00a\n\t\\x7f\xff\\x1b");
}

static void test_values_are_cut_at_characters(void **state)
{
	struct text text = text_of(sizeof(bytes));

	(void)state;
	append_value(&text, "a\xe2\x82\xac", 4, 3);
	append_value(&text, "|a\xe2\x82\xac", 5, 5);
	text_finish(&text);
	assert_string_equal(bytes, "a...|a\xe2\x82\xac");
}

static void test_bound(void **state)
{
	(void)state;
	for (size_t size = 1; size < 20; size++) {
		struct text text = text_of(size);
		size_t len;

		text_append(&text, "12345");
		append_value(&text, "\xe2\x82\xac\xe2\x82\xac", 6, 10);
		text_append(&text, "9");
		len = text_finish(&text);
		assert_true(len < size);
		assert_int_equal(strlen(bytes), len);
		assert_int_equal(bytes[size], '#');
		if (size > 12)
			assert_string_equal(bytes, "12345\xe2\x82\xac\xe2\x82\xac"
						   "9");
		else if (size == 12)
			assert_string_equal(bytes, "12345\xe2\x82\xac\xe2\x80\xa6");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_control_bytes),
		cmocka_unit_test(test_values_are_cut_at_characters),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
