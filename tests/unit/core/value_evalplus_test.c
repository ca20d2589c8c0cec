/*
 * The rules of EvalPlus, as a table; tests/integration/test_reference_calls.py compares them with
 * the examiner's.
 */
#include "messages.h"

#define BUDGET 1000
#define ABOVE_1_BY_1E_6 FLOAT "\0\0\0\0\x01\0\xf0\x3f" /* 2**-20 */
#define ABOVE_1_BY_4E_6 FLOAT "\0\0\0\0\x04\0\xf0\x3f" /* 2**-18 */
#define ABOVE_1_BY_1E_8 FLOAT "\0\0\0\x02\0\0\xf0\x3f" /* 2**-27 */
#define NAN_ FLOAT "\0\0\0\0\0\0\xf8\x7f"
#define INFINITE FLOAT "\0\0\0\0\0\0\xf0\x7f"
#define COMPLEX "\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define TWO_64 BIG "\0\0\0\0\0\0\0\0\x01"

struct row {
	enum truth truth;
	enum value_oracle oracle;
	double absolute;
	struct slice actual;
	struct slice expected;
};

#define ROW(truth, oracle, absolute, actual, expected)                                         \
	{                                                                                      \
		TRUTH_##truth, VALUE_ORACLE_##oracle, absolute, SLICE(actual), SLICE(expected) \
	}

static const struct row rows[] = {
	/* Equality first. */
	ROW(YES, NONE, 0, INT("\x01"), ONE_POINT_0),
	ROW(YES, NONE, 0, LIST("\x01") TRUE_, LIST("\x01") ONE_POINT_0),
	ROW(NO, NONE, 0, TUPLE("\x01") NONE, LIST("\x01") NONE),
	ROW(NO, NONE, 0, INT("\x01"), INT("\x02")),
	/* A tolerance of 1e-6, if floats are expected; of numbers alone, and of the same type. */
	ROW(YES, NONE, 0, ABOVE_1_BY_1E_6, ONE_POINT_0),
	ROW(NO, NONE, 0, ABOVE_1_BY_4E_6, ONE_POINT_0),
	ROW(YES, NONE, 1e-4, ABOVE_1_BY_4E_6, ONE_POINT_0),
	ROW(NO, NONE, 0, ABOVE_1_BY_1E_6, INT("\x01")),
	ROW(YES, NONE, 0, LIST("\x01") ABOVE_1_BY_1E_6, LIST("\x01") ONE_POINT_0),
	ROW(NO, NONE, 0, TUPLE("\x01") ABOVE_1_BY_1E_6, LIST("\x01") ONE_POINT_0),
	ROW(NO, NONE, 0, LIST("\x02") ABOVE_1_BY_1E_6 INT("\x01"),
	    LIST("\x02") ONE_POINT_0 INT("\x01")),
	ROW(YES, NONE, 1e-4, LIST("\x02") TUPLE("\x01") ABOVE_1_BY_4E_6 INT("\x01"),
	    LIST("\x02") LIST("\x01") ONE_POINT_0 TRUE_),
	ROW(NO, NONE, 1e-4, LIST("\x02") ABOVE_1_BY_1E_6 NONE, LIST("\x02") ONE_POINT_0 NONE),
	ROW(NO, NONE, 0, LIST("\x02") ONE_POINT_0 ONE_POINT_0, LIST("\x01") ONE_POINT_0),
	/* The relative one is 1e-7. */
	ROW(YES, NONE, 1e-12, ABOVE_1_BY_1E_8, ONE_POINT_0),
	/* What has no number, or is none. */
	ROW(NO, NONE, 1e-4, NAN_, NAN_),
	ROW(YES, NONE, 1e-4, LIST("\x02") INFINITE ABOVE_1_BY_1E_6,
	    LIST("\x02") INFINITE ONE_POINT_0),
	ROW(NO, NONE, 1e300, INFINITE, ONE_POINT_0),
	ROW(NO, NONE, 1e-4, TEXT("\x01") "a", TEXT("\x01") "b"),
	ROW(NO, NONE, 1e-4, LIST("\x01") TWO_64, LIST("\x01") INT("\x01")),
	ROW(NO, NONE, 1e-4, DICT("\0"), LIST("\0")),
	ROW(UNKNOWN, NONE, 1e-4, COMPLEX, ONE_POINT_0),
	/* Sets of elements. */
	ROW(YES, SET, 0, LIST("\x03") INT("\x01") NONE ONE_POINT_0, TUPLE("\x02") NONE INT("\x01")),
	ROW(NO, SET, 0, LIST("\x01") NONE, TUPLE("\x02") NONE INT("\x01")),
	ROW(NO, SET, 0, TUPLE("\x02") NONE INT("\x01"), LIST("\x01") NONE),
	ROW(NO, SET, 0, LIST("\x01") LIST("\0"), LIST("\x01") LIST("\0")),
	ROW(NO, SET, 0, TUPLE("\x01") TUPLE("\x01") LIST("\0"), LIST("\x01") NONE),
	ROW(NO, SET, 0, INT("\x01"), LIST("\x01") INT("\x01")),
	ROW(UNKNOWN, SET, 0, TEXT("\x01") "a", LIST("\x01") TEXT("\x01") "a"),
	/* Is it anything? */
	ROW(YES, NOT_NONE, 0, COMPLEX, TRUE_),
	ROW(NO, NOT_NONE, 0, COMPLEX, FALSE_),
	ROW(YES, NOT_NONE, 0, INT("\0"), TRUE_),
	ROW(YES, NOT_NONE, 0, NONE, FALSE_),
	ROW(YES, NOT_NONE, 0, FALSE_, FALSE_),
	ROW(NO, NOT_NONE, 0, FALSE_, TRUE_),
	ROW(YES, ANY, 0, COMPLEX, NONE),
	/* -1 + x */
	ROW(YES, ROOT, 1e-5, ABOVE_1_BY_4E_6, LIST("\x02") INT("\xff") INT("\x01")),
	ROW(NO, ROOT, 1e-6, ABOVE_1_BY_4E_6, LIST("\x02") INT("\xff") INT("\x01")),
	ROW(YES, ROOT, 0, TRUE_, LIST("\x02") INT("\xff") INT("\x01")),
	ROW(NO, ROOT, 1e300, NAN_, LIST("\x02") INT("\xff") INT("\x01")),
	ROW(NO, ROOT, 1e300, LIST("\x02") INT("\xff") INT("\x01"),
	    LIST("\x02") INT("\xff") INT("\x01")),
	ROW(NO, ROOT, 1e300, NONE, LIST("\x02") INT("\xff") INT("\x01")),
	/* Any of these, the first with tolerances. */
	ROW(YES, SEVERAL, 0, INT("\x02"), TUPLE("\x02") INT("\x01") INT("\x02")),
	ROW(YES, SEVERAL, 0, ABOVE_1_BY_1E_6, TUPLE("\x02") ONE_POINT_0 INT("\x02")),
	ROW(NO, SEVERAL, 0, ABOVE_1_BY_1E_6, TUPLE("\x02") INT("\x02") ONE_POINT_0),
	ROW(NO, SEVERAL, 0, TUPLE("\x02") INT("\x01") INT("\x02"),
	    TUPLE("\x02") INT("\x01") INT("\x02")),
};

static enum truth truth_of(const struct row *row, uint32_t budget)
{
	struct value_tree actual = tree_of(row->actual), expected = tree_of(row->expected);
	struct value_comparison comparison = {
		.is_evalplus = true,
		.oracle = row->oracle,
		.absolute = row->absolute,
		.relative = 1e-7,
		.secret = 42,
		.budget = budget,
	};
	enum truth truth = value_evalplus(&actual, &expected, &comparison);

	value_tree_deinit(&actual);
	value_tree_deinit(&expected);
	return truth;
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (truth_of(&rows[i], BUDGET) != rows[i].truth)
			fail_msg("row %zu is %d", i, (int)truth_of(&rows[i], BUDGET));
}

static void test_budget(void **state)
{
	const struct row list = ROW(NO, NONE, 1e-4, LIST("\x02") INT("\x01") INT("\x05"),
				    LIST("\x02") INT("\x01") INT("\x02"));

	(void)state;
	assert_int_equal(truth_of(&list, BUDGET), TRUTH_NO);
	assert_int_equal(truth_of(&list, 2), TRUTH_UNKNOWN);
	assert_int_equal(truth_of(&list, 4), TRUTH_UNKNOWN);
}

static void test_digests(void **state)
{
	struct value_comparison comparison = {.is_evalplus = true};

	(void)state;
	assert_int_equal(value_evalplus_digest(VALUE_TEXT, VALUE_TEXT, &comparison), TRUTH_NO);
	assert_int_equal(value_evalplus_digest(VALUE_NONE, VALUE_LIST, &comparison), TRUTH_NO);
	assert_int_equal(value_evalplus_digest(VALUE_BIG_INT, VALUE_FLOAT, &comparison), TRUTH_NO);
	assert_int_equal(value_evalplus_digest(VALUE_LIST, VALUE_LIST, &comparison), TRUTH_UNKNOWN);
	assert_int_equal(value_evalplus_digest(VALUE_DECIMAL, VALUE_BIG_INT, &comparison),
			 TRUTH_UNKNOWN);
	assert_int_equal(value_evalplus_digest(VALUE_BYTEARRAY, VALUE_BYTES, &comparison),
			 TRUTH_UNKNOWN);
	comparison.oracle = VALUE_ORACLE_SET;
	assert_int_equal(value_evalplus_digest(VALUE_TEXT, VALUE_TEXT, &comparison), TRUTH_UNKNOWN);
	comparison.oracle = VALUE_ORACLE_NOT_NONE;
	assert_int_equal(value_evalplus_digest(VALUE_TEXT, VALUE_TRUE, &comparison), TRUTH_YES);
	assert_int_equal(value_evalplus_digest(VALUE_TEXT, VALUE_FALSE, &comparison), TRUTH_NO);
	comparison.oracle = VALUE_ORACLE_ANY;
	assert_int_equal(value_evalplus_digest(VALUE_TEXT, VALUE_NONE, &comparison), TRUTH_YES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
