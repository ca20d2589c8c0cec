/* core/answer: which part of a text is its answer, and which answers are the expected one. */
#include "core/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct slice slice_of(const char *text)
{
	return (struct slice){.bytes = (const uint8_t *)text, .len = strlen(text)};
}

/* ---------------------------------------------------------------- which part */

struct part_case {
	enum answer_comparator comparator;
	const char *text;
	const char *answer;
};

static const struct part_case part_cases[] = {
	/* marks, and that the last one counts */
	{ANSWER_NUMBER, "16-3-4 = <<16-3-4=9>>9\n#### 18", "18"},
	{ANSWER_NUMBER, "#### 17\nNo, wait.\n#### 18\n", "18"},
	{ANSWER_NUMBER, "so \\boxed{17}. Hence the answer is 18.", "18"},
	{ANSWER_NUMBER, "The answer is 18, thus \\boxed{19}", "19"},
	{ANSWER_NUMBER, "The answer is \\boxed{\\frac{3}{4}}.", "\\frac{3}{4}"},
	{ANSWER_MATH, "\\boxed{\\text{a}\\}{b}} and more", "\\text{a}\\}{b}"},
	{ANSWER_NUMBER, "\\boxed{5\n#### 7", "7"},
	{ANSWER_NUMBER, "**Answer:** 42 apples", "42"},
	{ANSWER_NUMBER, "Final answer = $1,234.50 in all. 7 days.", "$1,234.50"},
	{ANSWER_NUMBER, "The answer is 3.5. Thanks 2 you", "3.5"},
	{ANSWER_NUMBER, "Answer:\n\n  12\n", "12"},
	{ANSWER_NUMBER, "The answer is 16 - 3 - 4 = 9 eggs.", "9"},
	{ANSWER_NUMBER, "The answer issues 5. Total 6", "6"},
	{ANSWER_NUMBER, "myanswer is 5 then 6", "6"},
	{ANSWER_EXACT, "I think.\nThe answer is **Paris**.", "Paris"},
	{ANSWER_EXACT, "  Paris \n", "Paris"},
	/* hedging: one of them is taken */
	{ANSWER_NUMBER, "The answer is 18 or 19 or 20.", "18"},
	{ANSWER_NUMBER, "It may be 18, 19 or 20.", "20"},
	/* no marks */
	{ANSWER_NUMBER, "There are 5 of them, so 15 in 3 days", "3"},
	{ANSWER_NUMBER, "x2 is no number, H2O none", "x2 is no number, H2O none"},
	{ANSWER_MATH, "First.\nThus $x$ is $\\frac{1}{2}$.\n", "\\frac{1}{2}"},
	{ANSWER_MATH, "First.\nx = 5\n", "x = 5"},
	{ANSWER_CHOICE, "Because of that:\n**B**\n", "B"},
	{ANSWER_CHOICE, "(A) is wrong, (C) is right.", "C"},
	{ANSWER_CHOICE, "I know: a car.", "I know: a car."},
	{ANSWER_CHOICE, "The answer is (d).", "d"},
	{ANSWER_CHOICE, "Answer: C) a car", "C"},
	{ANSWER_CHOICE, "The answer is a car", "a car"},
	/* no option: what the mark gives */
	{ANSWER_CHOICE, "The answer is b", "b"},
	{ANSWER_CHOICE, "#### option E because", "E"},
	{ANSWER_NUMBER, "", ""},
	{ANSWER_NUMBER, "####", ""},
	{ANSWER_MATH, "The answer is", ""},
};

static void test_the_final_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(part_cases); i++) {
		const struct part_case *each = &part_cases[i];
		struct slice answer = answer_of_text(each->comparator, slice_of(each->text));
		char text[128] = "";

		assert_true(answer.len < sizeof(text));
		memcpy(text, answer.len > 0 ? answer.bytes : (const uint8_t *)"", answer.len);
		assert_string_equal(text, each->answer);
	}
}

/* ---------------------------------------------------------------- whether it holds */

struct holding_case {
	enum answer_comparator comparator;
	const char *expected;
	const char *answer;
	bool holds;
};

static const struct holding_case holding_cases[] = {
	{ANSWER_NUMBER, "18", "18", true},
	{ANSWER_NUMBER, "18", "18.00", true},
	{ANSWER_NUMBER, "18", "+18", true},
	{ANSWER_NUMBER, "18", "$18", true},
	{ANSWER_NUMBER, "18", "\\$18", true},
	{ANSWER_NUMBER, "18", "18 dollars", true},
	{ANSWER_NUMBER, "18 dollars", "18", true},
	{ANSWER_NUMBER, "18", "81", false},
	{ANSWER_NUMBER, "18", "-18", false},
	{ANSWER_NUMBER, "-18", "-$18", true},
	{ANSWER_NUMBER, "-18", "$-18", true},
	{ANSWER_NUMBER, "-18",
	 "\xe2\x88\x92"
	 "18",
	 true},
	{ANSWER_NUMBER, "0", "-0", true},
	{ANSWER_NUMBER, "18", "18.000000000000000001", false},
	{ANSWER_NUMBER, "18", "18.0000000000000001", false},
	{ANSWER_NUMBER, "1234567", "1,234,567", true},
	{ANSWER_NUMBER, "1234567", "1{,}234{,}567", true},
	{ANSWER_NUMBER, "1234567", "1\\,234\\,567", true},
	{ANSWER_NUMBER, "1,234", "1234", true},
	{ANSWER_NUMBER, "1234", "1,23,4", false},
	{ANSWER_NUMBER, "1", "1,2345", true}, /* a list: no group of three */
	{ANSWER_NUMBER, "12345", "1,2345", false},
	{ANSWER_NUMBER, "0.5", ".5", true},
	{ANSWER_NUMBER, "0.5", "1/2", true},
	{ANSWER_NUMBER, "0.5", "1 / 2", true},
	{ANSWER_NUMBER, "1/2", "\\frac{1}{2}", true},
	{ANSWER_NUMBER, "1/2", "\\dfrac12", true},
	{ANSWER_NUMBER, "2/4", "1/2", true},
	{ANSWER_NUMBER, "1/3", "0.3333333", false},
	{ANSWER_NUMBER, "1.75", "1 3/4", true},
	{ANSWER_NUMBER, "1.75", "1\\frac{3}{4}", true},
	{ANSWER_NUMBER, "7/4", "1 3/4 cups", true},
	{ANSWER_NUMBER, "5", "5/0", false},
	{ANSWER_NUMBER, "50", "50%", true},
	{ANSWER_NUMBER, "50%", "50 percent", true},
	{ANSWER_NUMBER, "50%", "50", true},
	{ANSWER_NUMBER, "0.5", "50%", true},
	{ANSWER_NUMBER, "50\\%", "0.5", true},
	{ANSWER_NUMBER, "50%", "0.5%", false},
	{ANSWER_NUMBER, "0.5", "50", false},
	{ANSWER_NUMBER, "2000000", "2 million", true},
	{ANSWER_NUMBER, "2500", "2.5 thousand", true},
	{ANSWER_NUMBER, "2", "2 millionaires", true},
	{ANSWER_NUMBER, "1500", "1.5e3", true},
	{ANSWER_NUMBER, "0.0015", "1.5e-3", true},
	{ANSWER_NUMBER, "5", "5eggs", true},
	{ANSWER_NUMBER, "123456789012345678901234567890", "123456789012345678901234567890", true},
	{ANSWER_NUMBER, "123456789012345678901234567890", "123456789012345678901234567891", false},
	{ANSWER_NUMBER, "1e30", "1e30", true},
	{ANSWER_NUMBER, "1e30", "1e31", false},
	{ANSWER_NUMBER, "18", "eighteen", false},
	{ANSWER_NUMBER, "18", "", false},

	{ANSWER_EXACT, "Paris", " Paris\n", true},
	{ANSWER_EXACT, "Paris", "paris", false},
	{ANSWER_EXACT, "1.0", "1", false},

	{ANSWER_CHOICE, "B", "b", true},
	{ANSWER_CHOICE, "(B)", "B", true},
	{ANSWER_CHOICE, "B", "C", false},
	{ANSWER_CHOICE, "A", "a car", false},
	{ANSWER_CHOICE, "A", "", false},

	{ANSWER_MATH, "\\frac{1}{2}", "\\dfrac{1}{2}", true},
	{ANSWER_MATH, "\\frac12", "0.5", true},
	{ANSWER_MATH, "\\frac{a}{b}", "a/b", true},
	{ANSWER_MATH, "\\frac ab", "a/b", true},
	{ANSWER_MATH, "\\sqrt{2}", "\\sqrt2", true},
	{ANSWER_MATH, "2\\sqrt{3}", "2 \\sqrt{3}", true},
	{ANSWER_MATH, "\\left(1, 2\\right)", "(1,2)", true},
	{ANSWER_MATH, "(1, \\frac{1}{2})", "(1.0, 0.5)", true},
	{ANSWER_MATH, "(1, 2)", "(2, 1)", false},
	{ANSWER_MATH, "(1, 2]", "(1, 2)", false},
	{ANSWER_MATH, "(1, 2)", "(1, 2, 3)", false},
	{ANSWER_MATH, "1, 2, 3", "1,2,3.0", true},
	{ANSWER_MATH, "[0,\\infty)", "[0, \\infty)", true},
	{ANSWER_MATH, "5", "x = 5", true},
	{ANSWER_MATH, "5", "x + y = 5", false},
	{ANSWER_MATH, "5", "5\\text{ cm}", true},
	{ANSWER_MATH, "\\text{east}", "east", true},
	{ANSWER_MATH, "90", "90^\\circ", true},
	{ANSWER_MATH, "10\\%", "10%", true},
	{ANSWER_MATH, "x^2+1", "x^{2} + 1", false},
	{ANSWER_MATH, "x^2+1", "x^2 + 1.", true},
	{ANSWER_MATH, "3\\cdot 2", "3\\times2", true},
	{ANSWER_MATH, "\\leftarrow", "arrow", false},
	{ANSWER_MATH, "\\$1,000", "1000", true},
	{ANSWER_MATH, "-\\frac{\\sqrt{3}}{2}", "0", false},
	{ANSWER_MATH, "5", "", false},
	{ANSWER_MATH, "$", "$", false},
};

static void test_what_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(holding_cases); i++) {
		const struct holding_case *each = &holding_cases[i];

		if (answer_holds(each->comparator, slice_of(each->expected),
				 slice_of(each->answer)) == each->holds)
			continue;
		fail_msg("%s: expected '%s', answer '%s'", answer_comparator_name(each->comparator),
			 each->expected, each->answer);
	}
}

/* What it accepts as an expectation holds for itself. */
static void test_each_expectation_holds_for_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(holding_cases); i++) {
		const struct holding_case *each = &holding_cases[i];
		struct slice expected = slice_of(each->expected);

		if (strcmp(each->expected, "$") == 0)
			continue; /* usable to look at, and holds for nothing */
		assert_true(answer_is_usable(each->comparator, expected));
		if (!answer_holds(each->comparator, expected,
				  answer_of_text(each->comparator, expected)))
			fail_msg("'%s' is not itself", each->expected);
	}
}

static void test_what_is_no_expectation(void **state)
{
	(void)state;
	assert_false(answer_is_usable(ANSWER_NUMBER, slice_of("eighteen")));
	assert_false(answer_is_usable(ANSWER_CHOICE, slice_of("none of them")));
	assert_false(answer_is_usable(ANSWER_EXACT, slice_of(" \n")));
	assert_false(answer_is_usable(ANSWER_MATH, slice_of("")));
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(answer_find_comparator(""), ANSWER_NUMBER);
	assert_int_equal(answer_find_comparator("math"), ANSWER_MATH);
	assert_int_equal(answer_find_comparator("Math"), -1);
	for (int i = 0; i < ANSWER_COMPARATORS; i++)
		assert_int_equal(answer_find_comparator(answer_comparator_name(i)), i);
}

/* Texts made to be slow. A quadratic reader would take minutes for a megabyte of each. */
static void test_hostile_texts(void **state)
{
	const char *const patterns[] = {
		"answer: ", "answer is 1 ", "\\boxed{", "\\boxed{}",  "####", "1,",
		"1 ",       "1/",           "\\frac{",  "\\frac{1}{", "-",    "$",
		"{",        "(a)",          "answer",   "=1",         "1e",   " "};
	const size_t len = 1 << 20;
	char *text = xmalloc(len + 1);

	(void)state;
	text[len] = '\0';
	for (size_t i = 0; i < COUNT(patterns); i++) {
		size_t period = strlen(patterns[i]);

		for (size_t at = 0; at < len; at++)
			text[at] = patterns[i][at % period];
		for (int each = 0; each < ANSWER_COMPARATORS; each++) {
			struct slice found = answer_of_text(each, slice_of(text));

			assert_true(found.len <= len);
			answer_holds(each, slice_of("5"), found);
			answer_is_usable(each, slice_of(text));
		}
		text[ANSWER_MATH_MAX] = '\0';
		answer_holds(ANSWER_MATH, slice_of(text), slice_of("(((((1,2),3))))"));
		answer_holds(ANSWER_MATH, slice_of(text), slice_of(text));
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_final_answer),
		cmocka_unit_test(test_what_holds),
		cmocka_unit_test(test_each_expectation_holds_for_itself),
		cmocka_unit_test(test_what_is_no_expectation),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hostile_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
