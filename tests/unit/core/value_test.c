/*
 * Reading values: what a tree says of a message, and which of them are true.
 */
#include "messages.h"

static void test_scalars_and_parts(void **state)
{
	struct value_tree tree =
		tree_of(SLICE(LIST("\x04") INT("\x7f") INT("\xff") ONE_POINT_5 TEXT("\x02") "ab"));
	const struct value *parts = &tree.values[tree.values[0].first];

	(void)state;
	assert_int_equal(tree.values[0].tag, VALUE_LIST);
	assert_int_equal(tree.values[0].n, 4);
	assert_int_equal(parts[0].integer, 127);
	assert_int_equal(parts[1].integer, -1);
	assert_true(parts[2].real == 1.5);
	assert_memory_equal(parts[3].bytes, "ab", 2);
	value_tree_deinit(&tree);
}

static void test_what_is_shared_is_one_value(void **state)
{
	struct value_tree tree = tree_of(SLICE(LIST("\x02") LIST("\x01") INT("\x07") BACK("\0")));
	const struct value *parts = &tree.values[tree.values[0].first];

	(void)state;
	assert_int_equal(parts[1].tag, VALUE_LIST);
	assert_int_equal(tree.values[parts[1].first].integer, 7);
	value_tree_deinit(&tree);
}

static void test_what_is_no_message_is_refused(void **state)
{
	struct value_tree tree;

	(void)state;
	assert_false(value_tree_read(&tree, SLICE("")));
	assert_false(value_tree_read(&tree, SLICE("\x05")));
	assert_false(value_tree_read(&tree, SLICE(NONE NONE)));
	assert_false(value_tree_read(&tree, SLICE(LIST("\xff") NONE)));
}

static enum truth truth_of(struct slice bytes)
{
	struct value_tree tree = tree_of(bytes);
	enum truth truth = value_is_true(&tree);

	value_tree_deinit(&tree);
	return truth;
}

static void test_truth(void **state)
{
	(void)state;
	assert_int_equal(truth_of(SLICE(NONE)), TRUTH_NO);
	assert_int_equal(truth_of(SLICE(FALSE_)), TRUTH_NO);
	assert_int_equal(truth_of(SLICE(INT("\0"))), TRUTH_NO);
	assert_int_equal(truth_of(SLICE(FLOAT "\0\0\0\0\0\0\0\x80")), TRUTH_NO);
	assert_int_equal(truth_of(SLICE(TEXT("\0"))), TRUTH_NO);
	assert_int_equal(truth_of(SLICE(DICT("\0"))), TRUTH_NO);
	assert_int_equal(truth_of(SLICE(ELLIPSIS)), TRUTH_YES);
	assert_int_equal(truth_of(SLICE(INT("\xff"))), TRUTH_YES);
	assert_int_equal(truth_of(SLICE(TUPLE("\x01") NONE)), TRUTH_YES);
	assert_int_equal(truth_of(SLICE("\x04")), TRUTH_UNKNOWN);
}

static void test_behind_what_is_not_compared_nothing_is_known(void **state)
{
	/* A bytearray, and a number behind it. */
	struct value_tree tree = tree_of(SLICE(LIST("\x02") "\x0b\0\0\0\0" INT("\x01")));
	const struct value *parts = &tree.values[tree.values[0].first];

	(void)state;
	assert_int_equal(parts[0].tag, VALUE_NOT_IMPLEMENTED);
	assert_int_equal(parts[1].tag, VALUE_NOT_IMPLEMENTED);
	value_tree_deinit(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars_and_parts),
		cmocka_unit_test(test_what_is_shared_is_one_value),
		cmocka_unit_test(test_what_is_no_message_is_refused),
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_behind_what_is_not_compared_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
