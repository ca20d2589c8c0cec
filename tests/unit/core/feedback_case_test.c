/* core/feedback_case: failing cases of kind stdio in words. */
#include "words.h"

static int set_up(void **state)
{
	words_set_up(state);
	words.task.kind = TASK_STDIO;
	words.tests[1] = (struct test_record){
		.outcome = TEST_FAILED,
		.name = slice("two"),
		.source = slice("2\n"),
		.expected = slice("4\n"),
		.actual = slice("5\n"),
		.difference = {.expected = slice("4"), .is_actual_end = true, .line = 1}};
	return 0;
}

static void test_difference(void **state)
{
	(void)state;
	words_expect("1 of 2 cases passed.\n\nFailing case: number 2 (two)\nInput: \"2\n\"\n"
		     "Expected: \"4\"\nActual: the end of the output\n"
		     "First difference: at line 1 of the output.");
	words.task.reveal = TASK_REVEAL_INPUTS;
	words_expect("1 of 2 cases passed.\n\nFailing case: number 2 (two)\nInput: \"2\n\"\n"
		     "Wrong output: \"5\n\"");
	words.task.reveal = TASK_REVEAL_NONE;
	words_expect("1 of 2 cases passed.\n1 gave a wrong answer.");
	words.verdict.code = VERDICT_PASSED;
	words_expect("All 2 cases passed.");
}

static void test_ends(void **state)
{
	(void)state;
	words.tests[1].outcome = TEST_ERROR;
	words.tests[1].error.message = slice("the program ended with exit status 3");
	words_expect("1 of 2 cases passed.\n\nFailing case: number 2 (two)\nInput: \"2\n\"\n"
		     "Failed: the program ended with exit status 3");
	words.tests[1].error =
		(struct test_error){.type = slice("ValueError"), .message = slice("no"), .line = 1};
	words.input.code = slice("raise ValueError('no')");
	words_expect("1 of 2 cases passed.\n\nFailing case: number 2 (two)\nInput: \"2\n\"\n"
		     "Raised: ValueError: no\nAt line 1 of the code: raise ValueError('no')");
	words.tests[1].outcome = TEST_TIME_LIMIT;
	words_expect("1 of 2 cases passed.\n\nFailing case: number 2 (two)\nInput: \"2\n\"\n"
		     "It took longer than allowed.");
}

/* Its name and input are a hidden case's own, too. */
static void test_hidden(void **state)
{
	static const uint32_t hidden[] = {1};

	(void)state;
	words.task.hidden = hidden;
	words.task.n_hidden = 1;
	words_expect("1 of 2 cases passed.\n1 hidden case did not pass.");
}

/* The facts are sums over all cases; the limit is that of one. */
static void test_limits(void **state)
{
	(void)state;
	words.examination.is_complete = false;
	words.examination.n_tests = 3;
	words.tests[1].outcome = TEST_TIME_LIMIT;
	words.tests[1].cpu_ns = 90000000;
	words.verdict.code = VERDICT_CPU_LIMIT;
	words.verdict.detail = "Too long.";
	words_expect("1 of 3 cases passed. 1 of them was not reached.\n"
		     "Too long: used 0.09 s of CPU time, allowed 0.70 s.\n\n"
		     "Failing case: number 2 (two)\nInput: \"2\n\"\nIt took longer than allowed.");
	words.verdict.code = VERDICT_WALL_LIMIT;
	words_expect("1 of 3 cases passed. 1 of them was not reached.\n"
		     "Too long: computed for 0.09 s, allowed 2.00 s.\n\n"
		     "Failing case: number 2 (two)\nInput: \"2\n\"\nIt took longer than allowed.");
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup(test_difference, set_up),
		cmocka_unit_test_setup(test_ends, set_up),
		cmocka_unit_test_setup(test_hidden, set_up),
		cmocka_unit_test_setup(test_limits, set_up),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
