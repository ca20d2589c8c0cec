/* core/case: what passes, and what is told of long texts. */
#include "core/case.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct stdio_case one_case;
static struct stdio_tests tests = {.comparator = COMPARE_RSTRIP, .cases = &one_case};
static struct run_facts facts;
static struct difference difference;

static struct slice text(const char *bytes)
{
	return (struct slice){.bytes = (const uint8_t *)bytes, .len = strlen(bytes)};
}

static int set_up(void **state)
{
	(void)state;
	one_case.expected = text("1\n2\n");
	facts = (struct run_facts){.attempts = 1};
	return 0;
}

static enum test_outcome judge(const char *output)
{
	return case_judge(&tests, 0, &facts, text(output), &difference);
}

static void test_output_decides(void **state)
{
	(void)state;
	assert_int_equal(judge("1\n2"), TEST_PASSED);
	assert_int_equal(judge("1\n3"), TEST_FAILED);
	assert_int_equal(difference.actual.line, 2);
	assert_int_equal(judge(""), TEST_FAILED);
	assert_true(difference.actual.is_end);
}

/* Takes one thing away from a pass. */
static void test_right_output_is_not_enough(void **state)
{
	(void)state;
	facts.wait_status = 3 << 8;
	assert_int_equal(judge("1\n2"), TEST_ERROR);
	facts.wait_status = SIGSEGV;
	assert_int_equal(judge("1\n2"), TEST_CRASHED);
	set_up(state);
	facts.is_output_exceeded = true;
	assert_int_equal(judge("1\n2"), TEST_ERROR);
	set_up(state);
	facts.is_cell_lost = true;
	assert_int_equal(judge("1\n2"), TEST_NOT_RUN);
	set_up(state);
	facts.is_keeper_lost = true;
	assert_int_equal(judge("1\n2"), TEST_NOT_RUN);
	set_up(state);
	for (int i = RUN_KILLED_CPU; i <= RUN_KILLED_OVER; i++) {
		facts.kill_reason = (enum kill_reason)i;
		assert_int_equal(judge("1\n2"), TEST_NOT_RUN);
	}
}

static void expect_excerpt(const char *whole, size_t at, size_t max, const char *expected)
{
	struct slice part = case_excerpt(text(whole), at, max);

	assert_int_equal(part.len, strlen(expected));
	assert_memory_equal(part.bytes, expected, part.len);
}

static void test_excerpts(void **state)
{
	(void)state;
	expect_excerpt("", 0, 8, "");
	expect_excerpt("01234567", 7, 8, "01234567");
	expect_excerpt("0123456789abcdef", 0, 8, "01234567");
	expect_excerpt("0123456789abcdef", 6, 8, "456789ab");
	expect_excerpt("0123456789abcdef", 15, 8, "89abcdef");
	expect_excerpt("0123456789abcdef", 16, 8, "89abcdef");
	/* No half characters. */
	expect_excerpt("0123ä6789abcdef", 7, 8, "6789abc");
	expect_excerpt("0123456ä9abcdef", 0, 8, "0123456");
	expect_excerpt("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 9, 8, "\x80\x80\x80\x80\x80");
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup(test_output_decides, set_up),
		cmocka_unit_test_setup(test_right_output_is_not_enough, set_up),
		cmocka_unit_test(test_excerpts),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
