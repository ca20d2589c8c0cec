/*
 * The texts of values are Python's: each line here was said by CPython's repr().
 */
#include <stdio.h>

#include "messages.h"

static void says(struct slice bytes, const char *wanted)
{
	struct value_tree tree = tree_of(bytes);
	char text[200];
	size_t len = 0;

	if (wanted == NULL) {
		assert_false(value_text(&tree, text, sizeof(text), &len));
	} else {
		assert_true(value_text(&tree, text, sizeof(text) - 1, &len));
		text[len] = '\0';
		assert_string_equal(text, wanted);
		/* To the byte. */
		assert_true(value_text(&tree, text, len, &len));
		assert_false(value_text(&tree, text, len - 1, &len));
	}
	value_tree_deinit(&tree);
}

static void says_float(double real, const char *wanted)
{
	uint8_t bytes[9] = {VALUE_FLOAT};

	memcpy(bytes + 1, &real, sizeof(real));
	says((struct slice){.bytes = bytes, .len = sizeof(bytes)}, wanted);
}

static void test_numbers(void **state)
{
	(void)state;
	says(SLICE(INT("\x80")), "-128");
	says(SLICE(BIG "\0\0\0\0\0\0\0\0\x01"), "18446744073709551616");
	says(SLICE(BIG "\0\0\0\0\0\0\0\0\xff"), "-18446744073709551616");
	says(SLICE(BIG "\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "2361183241434822606847");
	says_float(0.0, "0.0");
	says_float(-0.0, "-0.0");
	says_float(1.0, "1.0");
	says_float(0.1 + 0.2, "0.30000000000000004");
	says_float(1e15, "1000000000000000.0");
	says_float(1e16, "1e+16");
	says_float(123456789012345680.0, "1.2345678901234568e+17");
	says_float(0.0001, "0.0001");
	says_float(0.00001234, "1.234e-05");
	says_float(-2.5e-300, "-2.5e-300");
	says_float(5e-324, "5e-324");
	says_float(1.7976931348623157e308, "1.7976931348623157e+308");
	says_float(9007199254740993.0, "9007199254740992.0");
	says_float(100.0, "100.0");
	says_float(1e22, "1e+22");
	says_float(__builtin_inf(), "inf");
	says_float(-__builtin_inf(), "-inf");
	says_float(__builtin_nan(""), "nan");
}

static void test_texts(void **state)
{
	(void)state;
	says(SLICE(TEXT("\x05") "a'b\n\\"), "\"a'b\\n\\\\\"");
	says(SLICE(TEXT("\x03") "'\"\x7f"), "'\\'\"\\x7f'");
	says(SLICE(TEXT("\x04") "\t\r\x01\0"), "'\\t\\r\\x01\\x00'");
	says(SLICE(BYTES("\x02") "\xff'"), "b\"\\xff'\"");
	says(SLICE(TEXT("\x02") "\xc3\xa9"), NULL); /* whether it is printable, Python knows */
}

static void test_containers(void **state)
{
	(void)state;
	says(SLICE(LIST("\x03") NONE TUPLE("\x01") TRUE_ TUPLE("\0")), "[None, (True,), ()]");
	says(SLICE(DICT("\x02") INT("\x01") LIST("\0") TEXT("\x01") "a" ELLIPSIS),
	     "{1: [], 'a': Ellipsis}");
	says(SLICE(DICT("\0")), "{}");
	says(SLICE(SET("\0")), "set()");
	says(SLICE(FROZENSET("\0")), "frozenset()");
	says(SLICE(SET("\x01") FALSE_), "{False}");
	says(SLICE(FROZENSET("\x01") INT("\x02")), "frozenset({2})");
	says(SLICE(SET("\x02") INT("\x01") INT("\x02")), NULL); /* in which order? */
	says(SLICE(LIST("\x01") "\x04"), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
