/* core/excerpt: the part of two texts where they differ, and lines of a source. */
#include "core/excerpt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct slice slice(const char *text)
{
	return (struct slice){.bytes = (const uint8_t *)text, .len = strlen(text)};
}

static void expect_slice(struct slice found, const char *text)
{
	assert_int_equal(found.len, strlen(text));
	assert_memory_equal(found.bytes, text, found.len);
}

static void test_short_texts_are_whole(void **state)
{
	struct excerpt excerpt = excerpt_of_difference(slice("[1, 2]"), slice("[1, 3]"), 20);

	(void)state;
	expect_slice(excerpt.expected, "[1, 2]");
	expect_slice(excerpt.actual, "[1, 3]");
	assert_false(excerpt.is_behind || excerpt.has_more[0] || excerpt.has_more[1]);
	assert_int_equal(excerpt.character, 5);
	excerpt = excerpt_of_difference(slice("same"), slice("same"), 2);
	assert_int_equal(excerpt.character, 0);
	expect_slice(excerpt.actual, "sa");
	excerpt = excerpt_of_difference(slice(""), slice(""), 2);
	assert_int_equal(excerpt.character, 0);
}

static void test_long_texts_around_the_difference(void **state)
{
	struct excerpt excerpt = excerpt_of_difference(slice("0123456789abcdefghij"),
						       slice("0123456789Xbcdefghij"), 8);

	(void)state;
	expect_slice(excerpt.expected, "89abcdef");
	expect_slice(excerpt.actual, "89Xbcdef");
	assert_true(excerpt.is_behind && excerpt.has_more[0] && excerpt.has_more[1]);
	assert_int_equal(excerpt.character, 11);
	excerpt = excerpt_of_difference(slice("0123456789"), slice("0123456789abcdefghij"), 8);
	expect_slice(excerpt.expected, "89");
	expect_slice(excerpt.actual, "89abcdef");
	assert_true(excerpt.is_behind && !excerpt.has_more[0] && excerpt.has_more[1]);
	assert_int_equal(excerpt.character, 11);
}

/* U+00E9 and U+00E8 share their first byte: the character differs, not its second byte. */
static void test_characters(void **state)
{
	struct excerpt excerpt =
		excerpt_of_difference(slice("\xc3\xa9\xc3\xa9\xc3\xa9 and more than fits"),
				      slice("\xc3\xa9\xc3\xa9\xc3\xa8 and more than fits"), 8);

	(void)state;
	assert_int_equal(excerpt.character, 3);
	expect_slice(excerpt.expected, "\xc3\xa9\xc3\xa9 and");
	expect_slice(excerpt.actual, "\xc3\xa9\xc3\xa8 and");
}

/* Who wrote the texts has left out what they share. */
static void test_gaps(void **state)
{
	struct excerpt excerpt =
		excerpt_of_difference(slice("[1 ... (character 790) ... 41, 42]"),
				      slice("[1 ... (character 790) ... 41, 43]"), 8);

	(void)state;
	assert_int_equal(excerpt.character, 795);
	expect_slice(excerpt.expected, " 42]");
	excerpt = excerpt_of_difference(slice("[1 ... (character 790) ... 41, 42]"),
					slice("[1 ... (character 790) ... 41, 43]"), 33);
	expect_slice(excerpt.expected, "41, 42]"); /* not from within the mark */
	excerpt = excerpt_of_difference(slice("x ... (character 79 ... a"),
					slice("x ... (character 79 ... b"), 80);
	assert_int_equal(excerpt.character, 25);
	excerpt =
		excerpt_of_difference(slice("x ... (character "), slice("x ... (character 1"), 80);
	assert_int_equal(excerpt.character, 18);
}

static void test_lines(void **state)
{
	static const char source[] = "one\n\t two \r\n\nfour";

	(void)state;
	expect_slice(excerpt_line(slice(source), 1), "one");
	expect_slice(excerpt_line(slice(source), 2), "two");
	expect_slice(excerpt_line(slice(source), 3), "");
	expect_slice(excerpt_line(slice(source), 4), "four");
	expect_slice(excerpt_line(slice(source), 5), "");
	expect_slice(excerpt_line(slice(source), 0), "");
	expect_slice(excerpt_line(slice("one\n"), 2), "");
	expect_slice(excerpt_line((struct slice){0}, 1), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_texts_are_whole),
		cmocka_unit_test(test_long_texts_around_the_difference),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
