/* core/feedback: what is said, what is withheld, and that it stays within its bound. */
#include "words.h"

#include <sys/syscall.h>

static void test_values(void **state)
{
	(void)state;
	words_expect("1 of 2 tests passed.\n\nFailing test: add(2, 2)\nExpected: 4\nActual: 5");
	words.verdict.code = VERDICT_PASSED;
	words_expect("All 2 tests passed.");
	words.examination.n_tests = 1;
	words_expect("All 1 test passed.");
}

static void test_reveal(void **state)
{
	(void)state;
	words.task.reveal = TASK_REVEAL_INPUTS;
	words_expect("1 of 2 tests passed.\n\nFailing test: add(2, 2)\nActual: 5");
	words.task.reveal = TASK_REVEAL_NONE;
	words_expect("1 of 2 tests passed.\n1 gave a wrong answer.");
	words.tests[1].outcome = TEST_ERROR;
	words.tests[1].error =
		(struct test_error){.type = slice("KeyError"), .message = slice("'x'"), .line = 1};
	words.input.code = slice("raise KeyError('x')");
	words_expect("1 of 2 tests passed.\n1 did not come to an end by itself. "
		     "The first raised KeyError.");
}

/* The smallest first, whatever their order; of those that are alike the first. */
static void test_smallest_first(void **state)
{
	(void)state;
	words.examination.n_tests = 3;
	words.tests[0] = words.tests[2] = words.tests[1];
	words.tests[0].call = slice("add(2000, 2000)");
	words.tests[2].call = slice("add(7, 7)");
	words_expect("0 of 3 tests passed.\n\n"
		     "Smallest failing test: add(2, 2)\nExpected: 4\nActual: 5\n\n"
		     "Another failing test: add(7, 7)\nExpected: 4\nActual: 5\n\n"
		     "Another failing test: add(2000, 2000)\nExpected: 4\nActual: 5");
}

static void test_hidden(void **state)
{
	static const uint32_t hidden[] = {2, 70, 1};

	(void)state;
	words.examination.n_tests = 3;
	words.tests[2] = words.tests[1];
	words.tests[2].call = slice("f(1)");
	words.task.hidden = hidden;
	words.task.n_hidden = 1;
	words_expect("1 of 3 tests passed.\n1 hidden test did not pass.\n\n"
		     "Failing test: add(2, 2)\nExpected: 4\nActual: 5");
	words.task.n_hidden = 3;
	words_expect("1 of 3 tests passed.\n2 hidden tests did not pass.");
	words.is_shared = true;
	words.task.n_hidden = 1;
	words.tests[1].outcome = TEST_ERROR;
	words.tests[1].error.type = slice("what test 2 says");
	words_expect("1 of 3 tests passed.\n1 gave a wrong answer.\n"
		     "1 did not come to an end by itself.");
}

static void test_messages_of_assertions(void **state)
{
	(void)state;
	words.tests[1].error =
		(struct test_error){.type = slice("AssertionError"), .message = slice("it is 4")};
	words_expect("1 of 2 tests passed.\n\nFailing test: add(2, 2)\nExpected: 4\nActual: 5\n"
		     "The test says: it is 4");
	words.task.reveal = TASK_REVEAL_INPUTS;
	words_expect("1 of 2 tests passed.\n\nFailing test: add(2, 2)\nActual: 5");
	words.tests[1].call = words.tests[1].actual = slice("");
	words.tests[1].source = slice("assert add(2, 2) == 4");
	words_expect("1 of 2 tests passed.\n\nFailing test: number 2\nIt does not hold.");
	words.tests[1].name = slice("test_add");
	words_expect("1 of 2 tests passed.\n\nFailing test: test_add\nIt does not hold.");
	words.task.reveal = TASK_REVEAL_FULL;
	words_expect("1 of 2 tests passed.\n\nFailing test: assert add(2, 2) == 4\n"
		     "It does not hold.\nThe test says: it is 4");
}

/* An assertion's text is what the tests expect; the code's own errors are its own business. */
static void test_faults(void **state)
{
	(void)state;
	words.examination.fault = EXAMINATION_PROGRAM;
	words.examination.error =
		(struct test_error){.type = slice("AssertionError"), .message = slice("it is 4")};
	words_expect("1 of 2 tests passed.\nA test failed.\nAssertionError: it is 4");
	words.task.reveal = TASK_REVEAL_INPUTS;
	words_expect("1 of 2 tests passed.\nA test failed.\nAssertionError");
	words.examination.fault = EXAMINATION_LOAD;
	words.examination.n_tests = 0;
	words.examination.error =
		(struct test_error){.type = slice("NameError"), .message = slice("x"), .line = 2};
	words.input.code = slice("import math\n  y = x  \r\n");
	words.task.reveal = TASK_REVEAL_NONE;
	words_expect("A test failed.\nNameError: x\nAt line 2 of the code: y = x");
	words.verdict = (struct verdict){
		.code = VERDICT_BAD_TASK, .fault = FAULT_TESTS, .detail = "They do not run."};
	words.examination.fault = EXAMINATION_TESTS;
	words.examination.n_tests = 2;
	words.task.reveal = TASK_REVEAL_FULL;
	words.input.code = slice("");
	words_expect("They do not run.\nNameError: x\nAt line 2 of the code");
	words.task.n_hidden = 1;
	words.task.hidden = (const uint32_t[]){9};
	words_expect("They do not run.");
}

/* The part around the first difference, with the place where it is. */
static void test_long_values(void **state)
{
	static char expected[1001], actual[1101];
	char *found;

	(void)state;
	memset(expected, 'x', sizeof(expected) - 1);
	memset(actual, 'x', sizeof(actual) - 1);
	memcpy(expected + 811, "abc", 3);
	memcpy(actual + 811, "abd", 3);
	words.tests[1].expected = slice(expected);
	words.tests[1].actual = slice(actual);
	words_write(sizeof(words.text));
	assert_non_null(strstr(words.text, "\nExpected: ...xxx"));
	assert_non_null(strstr(words.text, "xxxabcxxx"));
	found = strstr(words.text, "\nActual: ...xxx");
	assert_non_null(found);
	assert_non_null(strstr(found, "xxxabdxxx"));
	assert_non_null(strstr(found, "\nFirst difference: at character 814."));
	assert_true(words.len < 900);
}

static void test_long_values_end_at_a_character(void **state)
{
	static char value[1001];

	(void)state;
	value[0] = 'x';
	for (size_t i = 1; i < sizeof(value) - 2; i += 2)
		memcpy(value + i, "\xc3\xa9", 2);
	words.tests[1].actual = slice(value);
	words_write(sizeof(words.text));
	assert_non_null(strstr(words.text, "\nExpected: 4\nActual: x\xc3\xa9"));
	assert_non_null(strstr(words.text, "\xc3\xa9...\nFirst difference: at character 1."));
}

static void test_exception(void **state)
{
	(void)state;
	words.tests[1] = (struct test_record){
		.outcome = TEST_ERROR,
		.call = slice("add(2)"),
		.error = {.type = slice("TypeError"), .message = slice("one\x1b[31m"), .line = 2}};
	words.verdict.code = VERDICT_ERROR;
	words.input.code = slice("def add(a, b):\n    return a + b\n");
	words_expect("1 of 2 tests passed.\n\nFailing test: add(2)\nRaised: TypeError: "
		     "one\\x1b[31m\nAt line 2 of the code: return a + b");
	words.tests[1].error.line = 9; /* not of this code */
	words_expect("1 of 2 tests passed.\n\nFailing test: add(2)\nRaised: TypeError: "
		     "one\\x1b[31m\nAt line 9 of the code");
	words.tests[1].error.line = 0; /* the tests raised because of what they were given */
	words.tests[1].expected = slice("add(2) > 1");
	words.tests[1].actual = slice("None");
	words_expect("1 of 2 tests passed.\n\nFailing test: add(2)\nExpected: add(2) > 1\n"
		     "Actual: None\nRaised: TypeError: one\\x1b[31m");
	words.tests[1].expected = words.tests[1].actual = slice("");
	words.tests[1].outcome = TEST_CRASHED;
	words.tests[1].error = (struct test_error){.message = slice("the process ended")};
	words_expect("1 of 2 tests passed.\n\nFailing test: add(2)\nFailed: the process ended");
	words.tests[1].outcome = TEST_TIME_LIMIT;
	words_expect("1 of 2 tests passed.\n\nFailing test: add(2)\nIt took longer than allowed.");
}

static void expect_limit(enum verdict_code code, const char *detail, const char *text)
{
	words.verdict.code = code;
	words.verdict.detail = detail;
	words_expect(text);
}

static void test_limits(void **state)
{
	(void)state;
	words.tests[1] = (struct test_record){0};
	words.examination.is_complete = false;
	expect_limit(VERDICT_CPU_LIMIT, "Too much computing.",
		     "1 of 2 tests passed.\nToo much computing: used 0.71 s of CPU time, allowed "
		     "0.70 s.");
	expect_limit(VERDICT_WALL_LIMIT, "It slept.",
		     "1 of 2 tests passed.\nIt slept: took 2.10 s, computed for 0.71 s, "
		     "allowed 2.00 s.");
	expect_limit(VERDICT_MEMORY_LIMIT, "Too large.",
		     "1 of 2 tests passed.\nToo large: allowed 256 MiB.");
	words.input.memory_peak_bytes = 250 << 20;
	expect_limit(VERDICT_MEMORY_LIMIT, "Too large.",
		     "1 of 2 tests passed.\nToo large: allowed 256 MiB, its largest process had "
		     "250 MiB.");
	words.input.output_bytes = 5000000;
	expect_limit(VERDICT_OUTPUT_LIMIT, "Too much.",
		     "1 of 2 tests passed.\nToo much: wrote at least 5000000 bytes, allowed "
		     "256000.");
	words.task.kind = TASK_STDIO;
	expect_limit(VERDICT_OUTPUT_LIMIT, "Too much.",
		     "1 of 2 cases passed.\nToo much: wrote at least 5000000 bytes, allowed "
		     "1000.");
	words.task.kind = TASK_CHECK;
	expect_limit(VERDICT_PROCESS_LIMIT, "Too many.",
		     "1 of 2 tests passed.\nToo many: allowed 16 at one time.");
}

/* What had failed before the limit, and where it was reached if that is known. */
static void test_limit_among_tests(void **state)
{
	static const uint32_t hidden[] = {2};

	(void)state;
	words.examination.n_tests = words.task.n_tests = 3;
	words.examination.state = EXAMINATION_TESTING;
	words.examination.is_complete = false;
	words.task.kind = TASK_ASSERTS;
	words.sources[2] = slice("assert spin() == 1");
	expect_limit(VERDICT_CPU_LIMIT, "Too much.",
		     "1 of 3 tests passed. 1 of them was not reached.\n"
		     "Too much: used 0.71 s of CPU time, allowed 0.70 s.\n"
		     "It happened in: assert spin() == 1\n\n"
		     "Failing test: add(2, 2)\nExpected: 4\nActual: 5");
	words.task.hidden = hidden;
	words.task.n_hidden = 1;
	words_write(sizeof(words.text));
	assert_null(strstr(words.text, "spin"));
	words.task.n_hidden = 0;
	words.task.reveal = TASK_REVEAL_INPUTS;
	words_write(sizeof(words.text));
	assert_null(strstr(words.text, "spin"));
}

static void test_bound(void **state)
{
	static char value[5000];

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	words.tests[1].actual = slice(value);
	for (size_t size = 0; size < 500; size++) {
		memset(words.text, '#', sizeof(words.text));
		words_write(size);
		assert_true(words.len < size || size == 0);
		assert_int_equal(words.text[size], '#');
		if (size > 0)
			assert_int_equal(strlen(words.text), words.len);
	}
	words_write(60);
	assert_string_equal(words.text + words.len - 3, "\xe2\x80\xa6");
}

static void test_refused_calls(void **state)
{
	(void)state;
	words.verdict.code = VERDICT_PASSED;
	violations_add(&words.facts.violations, SYS_socket, 3);
	violations_add(&words.facts.violations, SYS_mount, 1);
	words_expect("All 2 tests passed.\nRefused system calls: socket (3 times), mount.");
	violations_add_others(&words.facts.violations, 1);
	words_expect("All 2 tests passed.\nRefused system calls: socket (3 times), mount, and "
		     "others.");
	words.facts.violations = (struct violations){0};
	violations_add(&words.facts.violations, SYS_socket, 1);
	words.verdict.code = VERDICT_VIOLATION;
	words.tests[1] = (struct test_record){.outcome = TEST_ERROR,
					      .call = slice("add(2, 2)"),
					      .error = {.type = slice("PermissionError")}};
	words_expect("1 of 2 tests passed.\n\nFailing test: add(2, 2)\nRaised: "
		     "PermissionError\nRefused system calls: socket.");
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup(test_values, words_set_up),
		cmocka_unit_test_setup(test_reveal, words_set_up),
		cmocka_unit_test_setup(test_smallest_first, words_set_up),
		cmocka_unit_test_setup(test_hidden, words_set_up),
		cmocka_unit_test_setup(test_messages_of_assertions, words_set_up),
		cmocka_unit_test_setup(test_faults, words_set_up),
		cmocka_unit_test_setup(test_long_values, words_set_up),
		cmocka_unit_test_setup(test_long_values_end_at_a_character, words_set_up),
		cmocka_unit_test_setup(test_exception, words_set_up),
		cmocka_unit_test_setup(test_limits, words_set_up),
		cmocka_unit_test_setup(test_limit_among_tests, words_set_up),
		cmocka_unit_test_setup(test_refused_calls, words_set_up),
		cmocka_unit_test_setup(test_bound, words_set_up),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
