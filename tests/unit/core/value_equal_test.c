/*
 * Equality as Python has it, of values as messages; within its bounds.
 */
#include "messages.h"

#define BUDGET 100000

static enum truth compared(struct slice actual, struct slice expected,
			   struct value_comparison comparison)
{
	struct value_tree one = tree_of(actual), other = tree_of(expected);
	enum truth truth;

	if (comparison.budget == 0)
		comparison.budget = BUDGET;
	comparison.secret = 42;
	truth = value_equals(&one, &other, &comparison);
	value_tree_deinit(&one);
	value_tree_deinit(&other);
	return truth;
}

#define are(truth, actual, expected)                                                             \
	assert_int_equal(compared(SLICE(actual), SLICE(expected), (struct value_comparison){0}), \
			 truth)
#define equal(actual, expected) are(TRUTH_YES, actual, expected)
#define differ(actual, expected) are(TRUTH_NO, actual, expected)

static void test_numbers(void **state)
{
	(void)state;
	equal(INT("\x01"), ONE_POINT_0);
	equal(TRUE_, ONE_POINT_0);
	equal(FALSE_, INT("\0"));
	equal(FLOAT "\0\0\0\0\0\0\0\x80", INT("\0")); /* -0.0 */
	differ(ONE_POINT_5, INT("\x01"));
	differ(FLOAT "\0\0\0\0\0\0\xf8\x7f", FLOAT "\0\0\0\0\0\0\xf8\x7f"); /* NaN */
	differ(FLOAT "\0\0\0\0\0\0\xf0\x7f", INT("\x01"));
	equal(BIG "\0\0\0\0\0\0\0\0\x01", BIG "\0\0\0\0\0\0\0\0\x01");
	differ(BIG "\0\0\0\0\0\0\0\0\x01", BIG "\0\0\0\0\0\0\0\0\x02");
	differ(BIG "\0\0\0\0\0\0\0\0\x01", INT("\x01"));
	/* 2**64 as a float: it equals, and that is not worked out here. */
	are(TRUTH_UNKNOWN, FLOAT "\0\0\0\0\0\0\xf0\x43", BIG "\0\0\0\0\0\0\0\0\x01");
	/* 2**53 + 1 and 2.0**53 */
	differ("\x05\x07\x01\0\0\0\0\0\x20", FLOAT "\0\0\0\0\0\0\x40\x43");
	equal("\x05\x07\0\0\0\0\0\0\x20", FLOAT "\0\0\0\0\0\0\x40\x43");
}

static void test_kinds_are_distinct(void **state)
{
	(void)state;
	differ(NONE, FALSE_);
	differ(TEXT("\x01") "1", INT("\x01"));
	differ(TEXT("\x01") "a", BYTES("\x01") "a");
	differ(LIST("\x01") NONE, TUPLE("\x01") NONE);
	differ(SET("\0"), LIST("\0"));
	differ(DICT("\0"), SET("\0"));
	differ(NONE, LIST("\0"));
	equal(SET("\x01") NONE, FROZENSET("\x01") NONE);
	equal(TEXT("\x01") "a", TEXT("\x01") "a");
	differ(TEXT("\x01") "a", TEXT("\x02") "ab");
}

static void test_order(void **state)
{
	(void)state;
	equal(SET("\x03") INT("\x01") TEXT("\x01") "a" NONE,
	      SET("\x03") NONE ONE_POINT_0 TEXT("\x01") "a");
	differ(SET("\x02") INT("\x01") INT("\x02"), SET("\x02") INT("\x01") INT("\x03"));
	equal(DICT("\x02") INT("\x01") NONE TEXT("\x01") "a" LIST("\0"),
	      DICT("\x02") TEXT("\x01") "a" LIST("\0") TRUE_ NONE);
	differ(DICT("\x01") INT("\x01") NONE, DICT("\x01") INT("\x01") TRUE_);
	differ(LIST("\x02") INT("\x01") INT("\x02"), LIST("\x02") INT("\x02") INT("\x01"));
	equal(SET("\x01") TUPLE("\x02") INT("\x01") NONE,
	      SET("\x01") TUPLE("\x02") ONE_POINT_0 NONE);
}

static void test_json(void **state)
{
	const struct value_comparison json = {.is_json = true};
	const struct value_comparison any_order = {.is_json = true, .is_unordered = true};
	const struct value_comparison near = {
		.is_json = true, .has_tolerance = true, .absolute = 0.6};

	(void)state;
	assert_int_equal(compared(SLICE(TUPLE("\x01") NONE), SLICE(LIST("\x01") NONE), json),
			 TRUTH_YES);
	assert_int_equal(compared(SLICE(LIST("\x01") NONE), SLICE(TUPLE("\x01") NONE), json),
			 TRUTH_NO);
	assert_int_equal(compared(SLICE(TUPLE("\x02") INT("\x01") TUPLE("\x01") NONE),
				  SLICE(LIST("\x02") LIST("\x01") NONE ONE_POINT_0), any_order),
			 TRUTH_YES);
	/* Only the outer list. */
	assert_int_equal(compared(SLICE(LIST("\x01") LIST("\x02") NONE TRUE_),
				  SLICE(LIST("\x01") LIST("\x02") TRUE_ NONE), any_order),
			 TRUTH_NO);
	assert_int_equal(
		compared(SLICE(LIST("\x01") INT("\x02")), SLICE(LIST("\x01") ONE_POINT_5), near),
		TRUTH_YES);
	assert_int_equal(compared(SLICE(INT("\x03")), SLICE(ONE_POINT_5), near), TRUTH_NO);
	assert_int_equal(compared(SLICE(TRUE_), SLICE(ONE_POINT_5), near), TRUTH_NO);
}

static void test_what_is_not_known(void **state)
{
	(void)state;
	are(TRUTH_UNKNOWN, "\x0b\0\0\0\0", BYTES("\0")); /* a bytearray */
	are(TRUTH_UNKNOWN, LIST("\x01") "\x04", LIST("\x01") NONE);
	are(TRUTH_UNKNOWN, SET("\x01") FLOAT "\0\0\0\0\0\0\xf0\x43", SET("\x01") NONE);
}

/* Each list holds the one before it twice: 2**60 parts to look at. */
static void test_what_takes_too_long(void **state)
{
	uint8_t bytes[1000];
	size_t len = 0;
	struct slice all;

	(void)state;
	memcpy(bytes + len, LIST("\x3c"), 5);
	len += 5;
	memcpy(bytes + len, LIST("\0"), 5);
	len += 5;
	for (uint8_t i = 0; i < 59; i++) {
		memcpy(bytes + len, LIST("\x02") "\x20\0\0\0\0\x20\0\0\0\0", 15);
		bytes[len + 6] = bytes[len + 11] = i;
		len += 15;
	}
	all = (struct slice){.bytes = bytes, .len = len};
	assert_int_equal(compared(all, all, (struct value_comparison){0}), TRUTH_UNKNOWN);
	assert_int_equal(compared(all, all,
				  (struct value_comparison){.is_json = true, .is_unordered = true}),
			 TRUTH_UNKNOWN);
	assert_int_equal(compared(SLICE(LIST("\x02") NONE NONE), SLICE(LIST("\x02") NONE NONE),
				  (struct value_comparison){.budget = 2}),
			 TRUTH_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_kinds_are_distinct),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_what_is_not_known),
		cmocka_unit_test(test_what_takes_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
