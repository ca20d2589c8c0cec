/* core/feedback: what is said, what is withheld, and that it stays within its bound. */
#include "core/feedback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct test_record tests[2];
static struct examination examination;
static struct verdict verdict;
static struct feedback_input input;
static char text[2001];

static struct slice slice(const char *bytes)
{
	return (struct slice){.bytes = (const uint8_t *)bytes, .len = strlen(bytes)};
}

static int set_up(void **state)
{
	(void)state;
	memset(tests, 0, sizeof(tests));
	tests[0].outcome = TEST_PASSED;
	tests[1].outcome = TEST_FAILED;
	tests[1].call = slice("add(2, 2)");
	tests[1].expected = slice("4");
	tests[1].actual = slice("5");
	examination = (struct examination){.tests = tests, .n_tests = 2, .is_complete = true};
	verdict = (struct verdict){.code = VERDICT_FAILED, .detail = "A test failed."};
	input = (struct feedback_input){
		.verdict = &verdict, .examination = &examination, .limits = {.cpu_ms = 700}};
	return 0;
}

static void test_values(void **state)
{
	(void)state;
	feedback_write(&input, text, sizeof(text));
	assert_string_equal(text, "1 of 2 tests failed. First: add(2, 2) returned 5, expected 4.");
}

static void test_reveal(void **state)
{
	(void)state;
	input.reveal = TASK_REVEAL_INPUTS;
	feedback_write(&input, text, sizeof(text));
	assert_string_equal(text, "1 of 2 tests failed. First: add(2, 2) returned 5.");
	input.reveal = TASK_REVEAL_NONE;
	feedback_write(&input, text, sizeof(text));
	assert_string_equal(text, "1 of 2 tests failed. First: test 2 does not hold.");
}

static void test_cases(void **state)
{
	(void)state;
	input.are_cases = true;
	tests[1] = (struct test_record){
		.outcome = TEST_FAILED,
		.name = slice("two"),
		.source = slice("2\n"),
		.expected = slice("4\n"),
		.actual = slice("5\n"),
		.difference = {.expected = slice("4"), .is_actual_end = true, .line = 1}};
	feedback_write(&input, text, sizeof(text));
	assert_string_equal(text,
			    "1 of 2 cases failed. First: case 2 ('two'): expected \"4\", got the "
			    "end of the output (line 1 of the output). Its input: \"2\n\".");
	input.reveal = TASK_REVEAL_INPUTS;
	feedback_write(&input, text, sizeof(text));
	assert_string_equal(text, "1 of 2 cases failed. First: case 2 ('two'): wrong output: "
				  "\"5\n\". Its input: \"2\n\".");
	input.reveal = TASK_REVEAL_NONE;
	feedback_write(&input, text, sizeof(text));
	assert_string_equal(text, "1 of 2 cases failed. First: case 2: wrong output.");
	tests[1].outcome = TEST_ERROR;
	tests[1].error.message = slice("the program ended with exit status 3");
	feedback_write(&input, text, sizeof(text));
	assert_string_equal(text, "1 of 2 cases did not pass. First: case 2: the program ended "
				  "with exit status 3.");
	verdict.code = VERDICT_PASSED;
	feedback_write(&input, text, sizeof(text));
	assert_string_equal(text, "All 2 cases passed.");
}

/* What an assertion says is what the tests expect. */
static void test_messages_of_assertions(void **state)
{
	(void)state;
	tests[1].call = tests[1].actual = slice("");
	tests[1].error =
		(struct test_error){.type = slice("AssertionError"), .message = slice("it is 4")};
	feedback_write(&input, text, sizeof(text));
	assert_non_null(strstr(text, "it is 4"));
	for (input.reveal = TASK_REVEAL_INPUTS; input.reveal <= TASK_REVEAL_NONE; input.reveal++) {
		examination.fault = EXAMINATION_OK;
		feedback_write(&input, text, sizeof(text));
		assert_string_equal(text, "1 of 2 tests failed. First: test 2 does not hold.");
		examination.fault = EXAMINATION_PROGRAM;
		examination.error = tests[1].error;
		feedback_write(&input, text, sizeof(text));
		assert_string_equal(text, "A test failed. AssertionError");
	}
	examination.fault = EXAMINATION_LOAD;
	examination.error = (struct test_error){.type = slice("NameError"), .message = slice("x")};
	input.reveal = TASK_REVEAL_NONE;
	feedback_write(&input, text, sizeof(text));
	assert_string_equal(text, "A test failed. NameError: x");
}

static void test_long_values_end_at_a_character(void **state)
{
	static char value[1001];

	(void)state;
	value[0] = 'x';
	for (size_t i = 1; i < sizeof(value) - 2; i += 2)
		memcpy(value + i, "\xc3\xa9", 2);
	tests[1].actual = slice(value);
	feedback_write(&input, text, sizeof(text));
	assert_non_null(strstr(text, "\xc3\xa9..., expected 4."));
}

static void test_exception(void **state)
{
	(void)state;
	tests[1] = (struct test_record){
		.outcome = TEST_ERROR,
		.call = slice("add(2)"),
		.error = {.type = slice("TypeError"), .message = slice("one\x1b[31m"), .line = 7}};
	verdict.code = VERDICT_ERROR;
	feedback_write(&input, text, sizeof(text));
	assert_string_equal(text, "1 of 2 tests did not pass. First: add(2) raised TypeError: "
				  "one\\x1b[31m (line 7 of the code).");
}

static void test_limit(void **state)
{
	(void)state;
	verdict = (struct verdict){.code = VERDICT_CPU_LIMIT, .detail = "Too long."};
	feedback_write(&input, text, sizeof(text));
	assert_string_equal(
		text, "Too long. The limit is 700 ms of CPU time. 1 tests had passed before.");
}

static void test_bound(void **state)
{
	static char value[5000];
	size_t len;

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	tests[1].actual = slice(value);
	for (size_t size = 0; size < 120; size++) {
		memset(text, '#', sizeof(text));
		len = feedback_write(&input, text, size);
		assert_true(len < size || size == 0);
		assert_int_equal(text[size], '#');
		if (size > 0)
			assert_int_equal(strlen(text), len);
	}
	len = feedback_write(&input, text, 60);
	assert_string_equal(text + len - 3, "\xe2\x80\xa6");
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup(test_values, set_up),
		cmocka_unit_test_setup(test_reveal, set_up),
		cmocka_unit_test_setup(test_cases, set_up),
		cmocka_unit_test_setup(test_messages_of_assertions, set_up),
		cmocka_unit_test_setup(test_long_values_end_at_a_character, set_up),
		cmocka_unit_test_setup(test_exception, set_up),
		cmocka_unit_test_setup(test_limit, set_up),
		cmocka_unit_test_setup(test_bound, set_up),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
