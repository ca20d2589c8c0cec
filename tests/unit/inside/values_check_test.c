/*
 * The checker of values: what the format allows is let through and counted, what a hostile sender
 * could write instead is refused, at every length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inside/runtimes/python/values.h"

/* In a block of their own, so that reading beyond them is noticed. */
static const char *check(const void *bytes, size_t len, struct value_needs *needs)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	const char *wrong;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	wrong = values_check(copy, len, needs);
	free(copy);
	return wrong;
}

#define holds(...)                                                    \
	do {                                                          \
		const uint8_t bytes[] = {__VA_ARGS__};                \
		struct value_needs ignored;                           \
                                                                      \
		assert_null(check(bytes, sizeof(bytes), &ignored));   \
		for (size_t len = 0; len < sizeof(bytes); len++)      \
			assert_non_null(check(bytes, len, &ignored)); \
	} while (0)

#define is_refused(why, ...)                                               \
	do {                                                               \
		const uint8_t bytes[] = {__VA_ARGS__};                     \
		struct value_needs ignored;                                \
		const char *wrong = check(bytes, sizeof(bytes), &ignored); \
                                                                           \
		assert_non_null(wrong);                                    \
		assert_string_equal(wrong, why);                           \
	} while (0)

#define EARLY "ends too early"
#define LENGTH "an integer has a wrong length"
#define LONG "an integer is longer than it needs to be"
#define UTF8 "text is not UTF-8"
#define KEY "has a key that cannot be one"
#define KIND "has a part of the wrong kind"

static void each_kind_is_let_through_whole_only(void **state)
{
	(void)state;
	holds(VALUE_NONE);
	holds(VALUE_INT, 1, 0x80);
	holds(VALUE_INT, 8, 0, 0, 0, 0, 0, 0, 0, 0x80);
	holds(VALUE_BIG_INT, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0);
	holds(VALUE_FLOAT, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f);
	holds(VALUE_COMPLEX, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80);
	holds(VALUE_BYTEARRAY, 2, 0, 0, 0, 0xff, 0xff);
	holds(VALUE_LIST, 2, 0, 0, 0, VALUE_TRUE, VALUE_LIST, 0, 0, 0, 0);
	holds(VALUE_SET, 1, 0, 0, 0, VALUE_TUPLE, 1, 0, 0, 0, VALUE_FALSE);
	holds(VALUE_DICT, 1, 0, 0, 0, VALUE_TRUE, VALUE_SET, 0, 0, 0, 0);
	holds(VALUE_DEFAULT, 1, 0, 0, 0, VALUE_BUILTIN, 3, 'i', 'n', 't', VALUE_TRUE, VALUE_NONE);
	holds(VALUE_DEQUE, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, VALUE_NONE);
	holds(VALUE_NAMED, 1, 0, 1, 'P', 1, 'x', VALUE_NONE);
	holds(VALUE_RANGE, VALUE_INT, 1, 0, VALUE_INT, 1, 9, VALUE_INT, 1, 1);
	holds(VALUE_SLICE, VALUE_NONE, VALUE_LIST, 0, 0, 0, 0, VALUE_NONE);
	holds(VALUE_DECIMAL, 4, 0, 0, 0, '-', '1', '.', '5');
	holds(VALUE_FRACTION, VALUE_INT, 1, 1, VALUE_INT, 1, 3);
	holds(VALUE_DATE, 7, 208, 2, 29);
	holds(VALUE_TIME, 23, 59, 59, 0, 0, 0, VALUE_NONE);
	holds(VALUE_TIMEZONE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, VALUE_TEXT, 1, 0, 0, 0, 'E');
	holds(VALUE_HANDLE, 255, 0, 0, 0, 0, 0, 0, 0, 0x7f, 1, 0, 'l');
}

static void integers_have_one_form_only(void **state)
{
	(void)state;
	is_refused(LENGTH, VALUE_INT, 0);
	is_refused(LENGTH, VALUE_INT, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1);
	is_refused(LENGTH, VALUE_BIG_INT, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40);
	is_refused(LONG, VALUE_INT, 2, 1, 0);
	is_refused(LONG, VALUE_INT, 2, 0x80, 0xff);
	holds(VALUE_INT, 2, 0x80, 0);
	holds(VALUE_INT, 2, 0x7f, 0xff);
}

static void text_is_utf8_with_lone_surrogates(void **state)
{
	(void)state;
	holds(VALUE_TEXT, 2, 0, 0, 0, 0xc3, 0xa9);
	holds(VALUE_TEXT, 3, 0, 0, 0, 0xed, 0xa0, 0x80);
	holds(VALUE_TEXT, 4, 0, 0, 0, 0xf4, 0x8f, 0xbf, 0xbf);
	is_refused(UTF8, VALUE_TEXT, 1, 0, 0, 0, 0x80);
	is_refused(UTF8, VALUE_TEXT, 1, 0, 0, 0, 0xc3);
	is_refused(UTF8, VALUE_TEXT, 2, 0, 0, 0, 0xc1, 0x81);
	is_refused(UTF8, VALUE_TEXT, 3, 0, 0, 0, 0xe0, 0x81, 0x81);
	is_refused(UTF8, VALUE_TEXT, 4, 0, 0, 0, 0xf0, 0x81, 0x81, 0x81);
	is_refused(UTF8, VALUE_TEXT, 4, 0, 0, 0, 0xf4, 0x90, 0x80, 0x80);
	is_refused(UTF8, VALUE_TEXT, 4, 0, 0, 0, 0xff, 0x80, 0x80, 0x80);
}

static void keys_ask_nobody_for_their_hash(void **state)
{
	(void)state;
	is_refused(KEY, VALUE_SET, 1, 0, 0, 0, VALUE_LIST, 0, 0, 0, 0);
	is_refused(KEY, VALUE_FROZENSET, 1, 0, 0, 0, VALUE_HANDLE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	is_refused(KEY, VALUE_DICT, 1, 0, 0, 0, VALUE_TUPLE, 1, 0, 0, 0, VALUE_SET, 0, 0, 0, 0,
		   VALUE_NONE);
	is_refused(KEY, VALUE_SET, 1, 0, 0, 0, VALUE_NAMED, 1, 0, 1, 'P', 1, 'x', VALUE_SLICE,
		   VALUE_NONE, VALUE_NONE, VALUE_NONE);
	is_refused(KEY, VALUE_LIST, 2, 0, 0, 0, VALUE_LIST, 0, 0, 0, 0, VALUE_SET, 1, 0, 0, 0,
		   VALUE_BACK, 0, 0, 0, 0);
}

static void references_go_back_to_what_is_finished(void **state)
{
	struct value_needs needs;
	const uint8_t twice[] = {VALUE_LIST, 2, 0,          0, 0, VALUE_LIST, 0, 0,
				 0,          0, VALUE_BACK, 0, 0, 0,          0};

	(void)state;
	assert_null(check(twice, sizeof(twice), &needs));
	assert_int_equal(needs.n_nodes, 3);
	assert_int_equal(needs.n_shared, 2);
	is_refused("refers to what is not finished", VALUE_BACK, 0, 0, 0, 0);
	is_refused("refers to what is not finished", VALUE_LIST, 1, 0, 0, 0, VALUE_BACK, 0, 0, 0,
		   0);
	is_refused("refers to what is not finished", VALUE_LIST, 2, 0, 0, 0, VALUE_LIST, 0, 0, 0, 0,
		   VALUE_BACK, 1, 0, 0, 0);
}

static void parts_are_of_the_right_kind(void **state)
{
	(void)state;
	is_refused(KIND, VALUE_RANGE, VALUE_TRUE, VALUE_TRUE, VALUE_TRUE);
	is_refused(KIND, VALUE_FRACTION, VALUE_INT, 1, 1, VALUE_NONE);
	is_refused(KIND, VALUE_DEFAULT, 0, 0, 0, 0, VALUE_TRUE);
	is_refused(KIND, VALUE_TIME, 0, 0, 0, 0, 0, 0, VALUE_TRUE);
	is_refused(KIND, VALUE_TIMEZONE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, VALUE_BYTES, 0, 0, 0,
		   0);
	is_refused("a decimal number is none", VALUE_DECIMAL, 1, 0, 0, 0, ' ');
	is_refused("a deque is longer than it may be", VALUE_DEQUE, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
		   0, VALUE_NONE);
	is_refused("a handle is out of bounds", VALUE_HANDLE, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0);
	is_refused("a handle is out of bounds", VALUE_HANDLE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe9, 3);
	is_refused("a named tuple has too many fields", VALUE_NAMED, 0xff, 0xff);
	is_refused("has an unknown tag", VALUE_TAGS);
	is_refused("has an unknown tag", 255);
	is_refused("goes on after its end", VALUE_NONE, VALUE_NONE);
}

static void announced_sizes_are_not_believed(void **state)
{
	(void)state;
	is_refused(EARLY, VALUE_TEXT, 0xff, 0xff, 0xff, 0xff);
	is_refused(EARLY, VALUE_BYTES, 0xff, 0xff, 0xff, 0xff, 0);
	is_refused(EARLY, VALUE_BIG_INT, 0xff, 0xff, 0xff, 0xff, 1);
	is_refused("has more parts than bytes", VALUE_LIST, 0xff, 0xff, 0xff, 0xff, VALUE_NONE);
	is_refused("has more parts than bytes", VALUE_DICT, 2, 0, 0, 0, VALUE_NONE);
	is_refused(EARLY, VALUE_DICT, 1, 0, 0, 0, VALUE_NONE);
}

/* `depth` lists within each other; the innermost is empty. */
static const char *check_nested(unsigned depth)
{
	static const uint8_t outer[] = {VALUE_LIST, 1, 0, 0, 0};
	uint8_t bytes[5 * (VALUE_DEPTH_MAX + 1)];
	struct value_needs needs;

	for (unsigned i = 0; i < depth; i++)
		memcpy(bytes + sizeof(outer) * i, outer, sizeof(outer));
	bytes[sizeof(outer) * (depth - 1) + 1] = 0;
	return check(bytes, sizeof(outer) * depth, &needs);
}

static void depth_is_bounded(void **state)
{
	(void)state;
	assert_null(check_nested(VALUE_DEPTH_MAX));
	assert_string_equal(check_nested(VALUE_DEPTH_MAX + 1), "is nested too deep");
}

/* A list of `n` parts with the same bytes. */
static const char *check_repeated(uint32_t n, const uint8_t *part, size_t part_len)
{
	size_t len = 5 + n * part_len;
	uint8_t *bytes = malloc(len);
	struct value_needs needs;
	const char *wrong;

	assert_non_null(bytes);
	bytes[0] = VALUE_LIST;
	for (size_t i = 0; i < 4; i++)
		bytes[1 + i] = (uint8_t)(n >> (8 * i));
	for (uint32_t i = 0; i < n; i++)
		memcpy(bytes + 5 + i * part_len, part, part_len);
	wrong = values_check(bytes, len, &needs);
	free(bytes);
	return wrong;
}

static void parts_are_bounded_by_what_they_cost(void **state)
{
	static const uint8_t none[] = {VALUE_NONE};
	static const uint8_t deque[] = {VALUE_DEQUE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	uint32_t n_deques = (VALUE_NODES_MAX - 1) / value_weight(VALUE_DEQUE);

	(void)state;
	assert_null(check_repeated(VALUE_NODES_MAX - 1, none, sizeof(none)));
	assert_string_equal(check_repeated(VALUE_NODES_MAX, none, sizeof(none)),
			    "has too many parts");
	assert_null(check_repeated(n_deques, deque, sizeof(deque)));
	assert_string_equal(check_repeated(n_deques + 1, deque, sizeof(deque)),
			    "has too many parts");
}

static void bytes_are_bounded(void **state)
{
	struct value_needs needs;
	uint8_t *bytes = calloc(1, VALUE_BYTES_MAX + 1);

	(void)state;
	assert_non_null(bytes);
	assert_string_equal(values_check(bytes, VALUE_BYTES_MAX + 1, &needs), "is too long");
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_let_through_whole_only),
		cmocka_unit_test(integers_have_one_form_only),
		cmocka_unit_test(text_is_utf8_with_lone_surrogates),
		cmocka_unit_test(keys_ask_nobody_for_their_hash),
		cmocka_unit_test(references_go_back_to_what_is_finished),
		cmocka_unit_test(parts_are_of_the_right_kind),
		cmocka_unit_test(announced_sizes_are_not_believed),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(parts_are_bounded_by_what_they_cost),
		cmocka_unit_test(bytes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
