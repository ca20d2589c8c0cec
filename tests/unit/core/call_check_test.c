/*
 * Operations on answers: as Python does them, or not at all.
 */
#include "core/call_check.h"

#include "messages.h"

#define STEP(number, operand) TUPLE("\x02") INT(number) operand

static struct value_tree operated(struct slice answer, struct slice operations, bool wanted)
{
	struct value_comparison comparison = {.budget = 1000};
	struct value_tree tree = tree_of(answer), steps = tree_of(operations);

	assert_true(call_operations_check(operations));
	assert_int_equal(call_operate(&tree, &steps, &comparison), wanted);
	value_tree_deinit(&steps);
	return tree;
}

static void gives(struct slice answer, struct slice operations, struct slice wanted)
{
	struct value_comparison comparison = {.budget = 1000};
	struct value_tree tree = operated(answer, operations, true), other = tree_of(wanted);

	assert_int_equal(tree.values[0].tag, other.values[0].tag);
	assert_int_equal(value_equals(&tree, &other, &comparison), TRUTH_YES);
	value_tree_deinit(&tree);
	value_tree_deinit(&other);
}

#define becomes(answer, steps, wanted) \
	gives(SLICE(answer), SLICE(LIST("\x01") steps), SLICE(wanted))

static void unknown(struct slice answer, struct slice operations)
{
	struct value_tree tree = operated(answer, operations, false);

	value_tree_deinit(&tree);
}

#define is_unknown(answer, steps) unknown(SLICE(answer), SLICE(LIST("\x01") steps))

static void test_numbers(void **state)
{
	(void)state;
	becomes(INT("\x03"), STEP("\0", INT("\x05")), INT("\xfe"));
	becomes(INT("\x03"), STEP("\x01", ONE_POINT_5), FLOAT "\0\0\0\0\0\0\xf8\xbf");
	becomes(FLOAT "\0\0\0\0\0\0\xf8\xbf", STEP("\x02", NONE), ONE_POINT_5);
	becomes(TRUE_, STEP("\x02", NONE), INT("\x01"));
	becomes(ONE_POINT_5, STEP("\x03", NONE), INT("\x02"));                  /* to even */
	becomes(FLOAT "\0\0\0\0\0\0\x04\x40", STEP("\x03", NONE), INT("\x02")); /* 2.5 */
	becomes(ONE_POINT_5, STEP("\x03", INT("\x01")), ONE_POINT_5);
	becomes(INT("\x03"), STEP("\x03", INT("\x01")), INT("\x03"));
	is_unknown(TEXT("\0"), STEP("\0", INT("\x05")));
	is_unknown("\x05\x08\0\0\0\0\0\0\0\x80", STEP("\x02", NONE));
	is_unknown(FLOAT "\0\0\0\0\0\0\xf8\x7f", STEP("\x03", NONE));
}

static void test_comparisons(void **state)
{
	(void)state;
	becomes(INT("\x01"), STEP("\x04", ONE_POINT_0), TRUE_);
	becomes(INT("\x01"), STEP("\x05", ONE_POINT_0), FALSE_);
	becomes(INT("\x01"), STEP("\x06", ONE_POINT_5), TRUE_);
	becomes(ONE_POINT_5, STEP("\x07", ONE_POINT_5), TRUE_);
	becomes(ONE_POINT_5, STEP("\x08", ONE_POINT_5), FALSE_);
	becomes(ONE_POINT_5, STEP("\x09", INT("\x02")), FALSE_);
	becomes(FLOAT "\0\0\0\0\0\0\xf8\x7f", STEP("\x09", INT("\x02")), FALSE_);
	becomes(FLOAT "\0\0\0\0\0\0\xf8\x7f", STEP("\x06", INT("\x02")), FALSE_);
	is_unknown(TEXT("\0"), STEP("\x06", TEXT("\0")));
	becomes(INT("\x01"), STEP("\x0a", TUPLE("\x03") ONE_POINT_5 INT("\0") ONE_POINT_0), TRUE_);
	becomes(INT("\x01"), STEP("\x0a", TUPLE("\x03") ONE_POINT_5 INT("\0") INT("\0")), FALSE_);
}

static void test_containers(void **state)
{
	(void)state;
	becomes(TUPLE("\x01") NONE, STEP("\x0b", NONE), LIST("\x01") NONE);
	becomes(LIST("\x01") NONE, STEP("\x0c", NONE), TUPLE("\x01") NONE);
	becomes(TEXT("\x03") "a\xc3\xa9", STEP("\x0d", NONE), INT("\x02"));
	becomes(DICT("\0"), STEP("\x0d", NONE), INT("\0"));
	is_unknown(INT("\x01"), STEP("\x0d", NONE));
	is_unknown(SET("\0"), STEP("\x0b", NONE));
}

static void test_one_after_the_other(void **state)
{
	(void)state;
	gives(SLICE(INT("\x01")),
	      SLICE(LIST("\x03") STEP("\0", ONE_POINT_5) STEP("\x02", NONE)
			    STEP("\x06", ONE_POINT_0)),
	      SLICE(TRUE_));
}

static void test_what_is_no_list_of_operations(void **state)
{
	(void)state;
	assert_false(call_operations_check(SLICE("")));
	assert_false(call_operations_check(SLICE(NONE)));
	assert_false(call_operations_check(SLICE(LIST("\x01") NONE)));
	assert_false(call_operations_check(SLICE(LIST("\x01") TUPLE("\x01") INT("\0"))));
	assert_false(call_operations_check(SLICE(LIST("\x01") STEP("\x0e", NONE))));
	assert_false(call_operations_check(SLICE(LIST("\x01") STEP("\xff", NONE))));
	assert_true(call_operations_check(SLICE(NO_OPERATIONS)));
}

static void test_sameness(void **state)
{
	struct value_tree none = tree_of(SLICE(NONE)), zero = tree_of(SLICE(INT("\0"))),
			  no = tree_of(SLICE(FALSE_));

	(void)state;
	assert_int_equal(call_is_same(&none, &none), TRUTH_YES);
	assert_int_equal(call_is_same(&zero, &no), TRUTH_NO);
	assert_int_equal(call_is_same(&no, &zero), TRUTH_UNKNOWN);
	value_tree_deinit(&none);
	value_tree_deinit(&zero);
	value_tree_deinit(&no);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_what_is_no_list_of_operations),
		cmocka_unit_test(test_sameness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
