/* core/reflexion: the text of the Reflexion executors, with their mistakes mended. */
#include "words.h"

static int set_up(void **state)
{
	words_set_up(state);
	words.task.kind = TASK_ASSERTS;
	words.task.feedback_form = TASK_FEEDBACK_REFLEXION;
	words.task.n_tests = words.examination.n_tests = 3;
	words.examination.state = EXAMINATION_TESTING;
	words.sources[0] = slice("assert add(1, 2) == 3");
	words.sources[1] = slice("assert add(2, 2) == 4");
	words.sources[2] = slice("assert add(3, 3) == 6\n");
	words.tests[2].outcome = TEST_PASSED;
	return 0;
}

static void test_lists(void **state)
{
	(void)state;
	words_expect("Tested passed:\nassert add(1, 2) == 3\nassert add(3, 3) == 6\n\n"
		     "Tests failed:\nassert add(2, 2) == 4 # output: 5");
	words.tests[1].outcome = TEST_PASSED;
	words_expect("Tested passed:\nassert add(1, 2) == 3\nassert add(2, 2) == 4\n"
		     "assert add(3, 3) == 6\n\nTests failed:");
	words.examination.n_tests = 0;
	words_expect("Tested passed:\n\nTests failed:");
}

static void test_exceptions(void **state)
{
	(void)state;
	words.tests[1].outcome = TEST_ERROR;
	words.tests[1].error =
		(struct test_error){.type = slice("KeyError"), .message = slice("'x'")};
	words_expect("Tested passed:\nassert add(1, 2) == 3\nassert add(3, 3) == 6\n\n"
		     "Tests failed:\nassert add(2, 2) == 4 # output: 'x'");
	words.tests[1].error.message = slice("");
	words_expect("Tested passed:\nassert add(1, 2) == 3\nassert add(3, 3) == 6\n\n"
		     "Tests failed:\nassert add(2, 2) == 4 # output: KeyError");
}

/* Theirs says "'PropagatingThread' object has no attribute 'ret'", or hangs. */
static void test_timeouts(void **state)
{
	(void)state;
	words.tests[1].outcome = TEST_TIME_LIMIT;
	words_expect("Tested passed:\nassert add(1, 2) == 3\nassert add(3, 3) == 6\n\n"
		     "Tests failed:\nassert add(2, 2) == 4 # output: TIMEOUT");
	words.tests[1].outcome = words.tests[2].outcome = TEST_NOT_RUN;
	words.examination.is_complete = false;
	words.verdict.code = VERDICT_CPU_LIMIT;
	words_expect("Tested passed:\nassert add(1, 2) == 3\n\n"
		     "Tests failed:\nassert add(2, 2) == 4 # output: TIMEOUT\n"
		     "assert add(3, 3) == 6 # output: not run");
	words.verdict.code = VERDICT_TAMPERED;
	words.verdict.detail = "The process left before its tests were over.";
	words_expect("Tested passed:\nassert add(1, 2) == 3\n\n"
		     "Tests failed:\nassert add(2, 2) == 4 # output: The process left before its "
		     "tests were over.\nassert add(3, 3) == 6 # output: not run");
}

/* Code that does not run fails each test with the same text. */
static void test_code_that_does_not_run(void **state)
{
	(void)state;
	words.examination.fault = EXAMINATION_COMPILE;
	words.examination.error = (struct test_error){.type = slice("SyntaxError"),
						      .message = slice("invalid syntax")};
	memset(words.tests, 0, sizeof(words.tests));
	words_expect("Tested passed:\n\nTests failed:\n"
		     "assert add(1, 2) == 3 # output: invalid syntax\n"
		     "assert add(2, 2) == 4 # output: invalid syntax\n"
		     "assert add(3, 3) == 6 # output: invalid syntax");
	words.task.kind = TASK_CHECK; /* whose assertions are not known before they run */
	words_expect("Tested passed:\n\nTests failed:");
}

/* A branch that was not taken is no failure. */
static void test_not_reached(void **state)
{
	(void)state;
	words.tests[2].outcome = TEST_NOT_RUN;
	words_expect("Tested passed:\nassert add(1, 2) == 3\n\n"
		     "Tests failed:\nassert add(2, 2) == 4 # output: 5");
}

static void test_what_is_withheld(void **state)
{
	static const uint32_t hidden[] = {1, 2};

	(void)state;
	words.tests[0].call = slice("add(1, 2)");
	words.tests[2].name = slice("third");
	words.task.reveal = TASK_REVEAL_INPUTS;
	words_expect("Tested passed:\nadd(1, 2)\nthird\n\nTests failed:\nadd(2, 2) # output: 5");
	words.task.reveal = TASK_REVEAL_FULL;
	words.task.hidden = hidden;
	words.task.n_hidden = 2;
	words_expect("Tested passed:\nassert add(1, 2) == 3\n\nTests failed:\n\n"
		     "Hidden tests: 1 of 2 passed.");
	words.task.reveal = TASK_REVEAL_NONE; /* then it is the plain form */
	words_expect("2 of 3 tests passed.\n1 gave a wrong answer.");
}

/* What failed is told even if little room is left. */
static void test_bound(void **state)
{
	(void)state;
	words_write(100);
	assert_string_equal(words.text, "Tested passed:\n... (2 more)\n\nTests failed:\n"
					"assert add(2, 2) == 4 # output: 5");
	words_write(120);
	assert_string_equal(words.text, "Tested passed:\nassert add(1, 2) == 3\n... (1 more)\n\n"
					"Tests failed:\nassert add(2, 2) == 4 # output: 5");
	for (size_t size = 1; size < 150; size++) {
		memset(words.text, '#', sizeof(words.text));
		words_write(size);
		assert_true(words.len < size);
		assert_int_equal(words.text[size], '#');
		assert_int_equal(strlen(words.text), words.len);
	}
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup(test_lists, set_up),
		cmocka_unit_test_setup(test_exceptions, set_up),
		cmocka_unit_test_setup(test_timeouts, set_up),
		cmocka_unit_test_setup(test_code_that_does_not_run, set_up),
		cmocka_unit_test_setup(test_not_reached, set_up),
		cmocka_unit_test_setup(test_what_is_withheld, set_up),
		cmocka_unit_test_setup(test_bound, set_up),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
