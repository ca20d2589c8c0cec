/* core/compare: each comparator's rule, the first difference, hostile outputs, laws. */
#include "core/compare.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text)                                                       \
	{                                                                 \
		.bytes = (const uint8_t *)(text), .len = sizeof(text) - 1 \
	}
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

enum {
	EXACT = 1 << COMPARE_EXACT,
	RSTRIP = 1 << COMPARE_RSTRIP,
	LINES = 1 << COMPARE_LINES,
	TOKENS = 1 << COMPARE_TOKENS,
	TOKENS_CI = 1 << COMPARE_TOKENS_CI,
	FLOAT = 1 << COMPARE_FLOAT,
	DECIMAL = 1 << COMPARE_DECIMAL,
	SET = 1 << COMPARE_SET,
	NONE = 0,
	ANY_TOKENS = TOKENS | TOKENS_CI | FLOAT | DECIMAL,
	ANY_LINES = LINES | SET | ANY_TOKENS,
	ALL_BUT_EXACT = RSTRIP | ANY_LINES,
};

static const struct tolerance millionth = {.absolute = 1e-6, .relative = 1e-6};

struct pair_case {
	struct slice expected;
	struct slice actual;
	unsigned holding; /* all comparators that hold, no other */
};

static const struct pair_case pairs[] = {
	/* nothing */
	{BYTES(""), BYTES(""), EXACT | ALL_BUT_EXACT},
	{BYTES(""), BYTES("\n"), ALL_BUT_EXACT},
	{BYTES(""), BYTES(" \n\r\n\t\v\f\n"), ALL_BUT_EXACT},
	{BYTES(""), BYTES("\0"), NONE},
	{BYTES(""), BYTES("a"), NONE},
	/* ends of lines and of the text */
	{BYTES("a\n"), BYTES("a"), ALL_BUT_EXACT},
	{BYTES("a\n"), BYTES("a\n\n \n\t\n"), ALL_BUT_EXACT},
	{BYTES("a\nb\n"), BYTES("a\r\nb\r\n"), ALL_BUT_EXACT},
	{BYTES("a\nb\n"), BYTES("a  \t\nb \v\f"), ALL_BUT_EXACT},
	{BYTES("a\nb\n"), BYTES("a\rb\n"), ANY_TOKENS},
	{BYTES("a\nb\n"), BYTES("a\n\nb\n"), SET | ANY_TOKENS},
	{BYTES("a\nb\n"), BYTES("\na\nb\n"), SET | ANY_TOKENS},
	{BYTES("a\nb\n"), BYTES("a b\n"), ANY_TOKENS},
	/* white space within */
	{BYTES("a b\n"), BYTES("  a b\n"), ANY_LINES},
	{BYTES("  a b\n"), BYTES("\ta b\n"), ANY_LINES},
	{BYTES("a b\n"), BYTES("a  b\n"), ANY_TOKENS},
	{BYTES("a b\n"), BYTES("ab\n"), NONE},
	{BYTES("a\xc2\xa0"
	       "b\n"),
	 BYTES("a b\n"), NONE}, /* U+00A0 */
	{BYTES("a\xe2\x80\xa8"
	       "b\n"),
	 BYTES("a\nb\n"), NONE}, /* U+2028 */
	{BYTES("a\x1c"
	       "b\n"),
	 BYTES("a b\n"), NONE}, /* white space to Python's str */
	/* other texts */
	{BYTES("a\n"), BYTES("b\n"), NONE},
	{BYTES("a\n"), BYTES("a\na\n"), NONE},
	{BYTES("a\nb\n"), BYTES("a\n"), NONE},
	{BYTES("aa"), BYTES("a"), NONE},
	{BYTES("Yes\n"), BYTES("YES\n"), TOKENS_CI},
	{BYTES("\xc3\x84\n"), BYTES("\xc3\xa4\n"), NONE}, /* letters beyond ASCII */
	{BYTES("@[`{\n"), BYTES("`{@[\n"), NONE},
	{BYTES("[\n"), BYTES("{\n"), NONE},
	/* NUL is a byte like others */
	{BYTES("a\0b"), BYTES("a\0b"), EXACT | ALL_BUT_EXACT},
	{BYTES("a\0b"), BYTES("a\0c"), NONE},
	{BYTES("a"), BYTES("a\0"), NONE},
	{BYTES("a"), BYTES("a\n\0"), NONE},
	{BYTES("a\nb"), BYTES("a\n\0\nb"), NONE},
	{BYTES("1"), BYTES("1\0"), NONE},
	/* any order */
	{BYTES("a\nb\nb\n"), BYTES("b\na\nb\n"), SET},
	{BYTES("a\nb\nb\n"), BYTES(" b\n\nb \r\na"), SET},
	{BYTES("a\nb\nb\n"), BYTES("a\na\nb\n"), NONE},
	{BYTES("a\nb\n"), BYTES("b\na\nb\n"), NONE},
	{BYTES("a b\n"), BYTES("b a\n"), NONE},
	/* numbers */
	{BYTES("1\n"), BYTES("1.0\n"), FLOAT | DECIMAL},
	{BYTES("1.0\n"), BYTES("1e0\n"), FLOAT | DECIMAL},
	{BYTES("x 5 y"), BYTES("x\n+5.00\ny"), FLOAT | DECIMAL},
	{BYTES("0"), BYTES("-0.0"), FLOAT | DECIMAL},
	{BYTES("007"), BYTES("7"), FLOAT | DECIMAL},
	{BYTES("0.5"), BYTES(".5"), FLOAT | DECIMAL},
	{BYTES("0.5"), BYTES("0.50000001"), FLOAT},
	{BYTES("1000000"), BYTES("1000001"), FLOAT},
	{BYTES("1000000"), BYTES("1000001.1"), NONE},
	{BYTES("0"), BYTES("0.000001"), FLOAT},
	{BYTES("0"), BYTES("0.0000011"), NONE},
	{BYTES("0.1"), BYTES("0.2"), NONE},
	{BYTES("1"), BYTES("-1"), NONE},
	{BYTES("5"), BYTES("five"), NONE},
	{BYTES("five"), BYTES("5"), NONE},
	{BYTES("16"), BYTES("0x10"), NONE},
	{BYTES("0x10"), BYTES("16"), NONE},
	{BYTES("10"), BYTES("1_0"), NONE},
	{BYTES("1000"), BYTES("1,000"), NONE},
	{BYTES("3"), BYTES("\xd9\xa3"), NONE}, /* U+0663 */
	{BYTES("1"), BYTES("1."), FLOAT | DECIMAL},
	{BYTES("1"), BYTES("1.f"), NONE},
	{BYTES("1 2"), BYTES("1.0"), NONE},
	{BYTES("1"), BYTES("1.0 2"), NONE},
	{BYTES("1e400"), BYTES("1e400 "), ALL_BUT_EXACT},
	{BYTES("1e400"), BYTES("10e399"), FLOAT | DECIMAL},
	{BYTES("1e400"), BYTES("1e401"), NONE},
	{BYTES("1e400"), BYTES("5"), NONE},
	{BYTES("5"), BYTES("1e400"), NONE},
	{BYTES("1e400"), BYTES("inf"), NONE},
	{BYTES("1e99999999999999999999"), BYTES("10e99999999999999999998"), NONE},
	{BYTES("9007199254740993"), BYTES("9007199254740992"), FLOAT},
	{BYTES("123456789012345678901234567890"), BYTES("123456789012345678901234567890.000"),
	 FLOAT | DECIMAL},
	{BYTES("123456789012345678901234567890"), BYTES("123456789012345678901234567891"), FLOAT},
	/* infinite and not a number */
	{BYTES("nan"), BYTES("nan\n"), ALL_BUT_EXACT},
	{BYTES("nan"), BYTES("NaN"), TOKENS_CI | FLOAT},
	{BYTES("nan"), BYTES("-nan"), FLOAT},
	{BYTES("nan"), BYTES("nan(0x1)"), NONE},
	{BYTES("nan"), BYTES("0"), NONE},
	{BYTES("nan"), BYTES("inf"), NONE},
	{BYTES("0"), BYTES("nan"), NONE},
	{BYTES("1"), BYTES("inf"), NONE},
	{BYTES("inf"), BYTES("nan"), NONE},
	{BYTES("inf"), BYTES("1e999"), NONE},
	{BYTES("inf"), BYTES("Infinity"), FLOAT},
	{BYTES("inf"), BYTES("-inf"), NONE},
	{BYTES("-inf"), BYTES("-Infinity"), FLOAT},
};

static void check_pair(const struct pair_case *pair, struct slice expected, struct slice actual)
{
	for (int i = 0; i < COMPARATORS; i++) {
		bool holds = compare_holds((enum comparator)i, millionth, expected, actual, NULL);

		if (holds != ((pair->holding >> i & 1) != 0))
			fail_msg("pair %zu: %s %s", (size_t)(pair - pairs),
				 compare_name((enum comparator)i), holds ? "holds" : "fails");
	}
}

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++)
		check_pair(&pairs[i], pairs[i].expected, pairs[i].actual);
}

/* No case is one where it matters which of both numbers `relative` is relative to. */
static void test_pairs_the_other_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++)
		check_pair(&pairs[i], pairs[i].actual, pairs[i].expected);
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(compare_find(""), COMPARE_RSTRIP);
	assert_int_equal(compare_find("tokens_ci"), COMPARE_TOKENS_CI);
	for (int i = 0; i < COMPARATORS; i++)
		assert_int_equal(compare_find(compare_name((enum comparator)i)), i);
	assert_int_equal(compare_find("Exact"), -1);
	assert_int_equal(compare_find("token"), -1);
	assert_int_equal(compare_find("exact "), -1);
}

static void check_float(double absolute, double relative, const char *expected, const char *actual,
			bool should_hold)
{
	struct tolerance tolerance = {.absolute = absolute, .relative = relative};
	struct slice wanted = {.bytes = (const uint8_t *)expected, .len = strlen(expected)};
	struct slice found = {.bytes = (const uint8_t *)actual, .len = strlen(actual)};

	assert_int_equal(compare_holds(COMPARE_FLOAT, tolerance, wanted, found, NULL), should_hold);
}

static void test_tolerance(void **state)
{
	(void)state;
	check_float(0, 0, "0.1", "0.10000000000000001", true);
	check_float(0, 0, "0.1", "0.1000000000000001", false);
	check_float(0.5, 0, "1", "1.5", true);
	check_float(0.5, 0, "1", "0.5", true);
	check_float(0.5, 0, "1", "1.5000001", false);
	check_float(0, 0.5, "2", "3", true);
	check_float(0, 0.5, "-2", "-1", true);
	check_float(0, 0.5, "0", "1e-300", false);
	check_float(0, 0.5, "2", "1", true); /* relative to the expected number */
	check_float(0, 0.5, "1", "2", false);
	check_float(0.25, 0.5, "0.1", "0.35", true);
	check_float(1e-300, 1e-6, "1e308", "-1e308", false);
}

/* A tolerance of nonsense never lets something pass that is not the same. */
static void test_tolerance_of_nonsense(void **state)
{
	(void)state;
	check_float(NAN, NAN, "1", "1.0000000001", false);
	check_float(NAN, NAN, "0.1", "0.10000000000000001", false); /* the same double */
	check_float(NAN, NAN, "1", "1.0", true);
	check_float(NAN, 0.5, "2", "3", true);
	check_float(-1, -1, "1", "1.0000000001", false);
	check_float(0, INFINITY, "0", "1", false);
	check_float(INFINITY, INFINITY, "1", "nan", false);
	check_float(INFINITY, INFINITY, "1", "inf", false);
	check_float(INFINITY, INFINITY, "nan", "1", false);
	check_float(INFINITY, INFINITY, "1", "one", false);
	check_float(INFINITY, INFINITY, "1e999", "5", false);
	check_float(INFINITY, INFINITY, "5", "1e999", false);
}

/* ------------------------------------------------------------------ the first difference */

struct difference_case {
	enum comparator comparator;
	struct slice expected;
	struct slice actual;
	struct difference difference;
};

static const struct difference_case differences[] = {
	{COMPARE_EXACT, BYTES("a\nbcd\n"), BYTES("a\nbxd\n"), {{2, 2, 4, 0}, {2, 2, 4, 0}, 1}},
	{COMPARE_EXACT, BYTES("a\n"), BYTES("a"), {{1, 0, 2, 0}, {1, 0, 1, 0}, 1}},
	{COMPARE_EXACT, BYTES("a\n"), BYTES("a\n\n"), {{2, 2, 0, 1}, {2, 2, 1, 0}, 0}},
	{COMPARE_RSTRIP, BYTES("a\nb\nc"), BYTES("a \r\nb \n"), {{3, 4, 1, 0}, {3, 7, 0, 1}, 0}},
	{COMPARE_RSTRIP, BYTES("a\nb\n\n"), BYTES("a\n\nb"), {{2, 2, 1, 0}, {2, 2, 0, 0}, 0}},
	{COMPARE_RSTRIP, BYTES(""), BYTES("\n\na"), {{1, 0, 0, 1}, {1, 0, 0, 0}, 0}},
	{COMPARE_LINES, BYTES("  ab\n"), BYTES("\tac\n"), {{1, 2, 2, 0}, {1, 1, 2, 0}, 1}},
	{COMPARE_TOKENS, BYTES("1 2 345"), BYTES("1\n2\n346\n"), {{1, 4, 3, 0}, {3, 4, 3, 0}, 2}},
	{COMPARE_TOKENS, BYTES("1 2"), BYTES("1\n\n"), {{1, 2, 1, 0}, {1, 3, 0, 1}, 0}},
	{COMPARE_TOKENS_CI, BYTES("A b"), BYTES("a c"), {{1, 2, 1, 0}, {1, 2, 1, 0}, 0}},
	{COMPARE_FLOAT, BYTES("1.0 2.5"), BYTES("1 2.75"), {{1, 4, 3, 0}, {1, 2, 4, 0}, 2}},
	{COMPARE_DECIMAL, BYTES("1.0 2.5"), BYTES("1 2.75"), {{1, 4, 3, 0}, {1, 2, 4, 0}, 2}},
	{COMPARE_SET, BYTES("c\na\nb"), BYTES("x\nb\ny\nc"), {{2, 2, 1, 0}, {1, 0, 1, 0}, 0}},
	{COMPARE_SET, BYTES("a\na\na\n"), BYTES("a\n\na"), {{3, 4, 1, 0}, {4, 4, 0, 1}, 0}},
	{COMPARE_SET, BYTES("a\nb\n"), BYTES("b\na\n b"), {{3, 4, 0, 1}, {3, 5, 1, 0}, 0}},
	{COMPARE_SET, BYTES("c\nb\na"), BYTES("c\nx"), {{2, 2, 1, 0}, {2, 2, 1, 0}, 0}},
	{COMPARE_SET, BYTES(""), BYTES("a"), {{1, 0, 0, 1}, {1, 0, 1, 0}, 0}},
};

static void check_place(struct piece found, struct piece expected, const char *which, size_t i)
{
	if (found.line != expected.line || found.offset != expected.offset ||
	    found.len != expected.len || found.is_end != expected.is_end)
		fail_msg("difference %zu, %s: line %zu, offset %zu, %zu bytes%s", i, which,
			 found.line, found.offset, found.len, found.is_end ? ", the end" : "");
}

static void test_differences(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(differences); i++) {
		const struct difference_case *one = &differences[i];
		struct difference found;

		assert_false(compare_holds(one->comparator, millionth, one->expected, one->actual,
					   &found));
		check_place(found.expected, one->difference.expected, "expected", i);
		check_place(found.actual, one->difference.actual, "actual", i);
		assert_int_equal(found.n_same_bytes, one->difference.n_same_bytes);
	}
}

static void test_null_bytes(void **state)
{
	const struct slice none = {0};
	const struct slice text = BYTES("a");

	(void)state;
	for (int i = 0; i < COMPARATORS; i++) {
		assert_true(compare_holds((enum comparator)i, millionth, none, none, NULL));
		assert_false(compare_holds((enum comparator)i, millionth, none, text, NULL));
		assert_false(compare_holds((enum comparator)i, millionth, text, none, NULL));
	}
}

/* ------------------------------------------------------------------ hostile outputs */

/* `head`, then copies of `filling` up to `len` bytes, then `tail`; the caller frees the bytes. */
static struct slice fill(const char *head, const char *filling, size_t len, const char *tail)
{
	size_t n = strlen(head);
	size_t filling_len = strlen(filling);
	uint8_t *bytes = malloc(len + strlen(tail));

	assert_non_null(bytes);
	memcpy(bytes, head, n);
	for (size_t i = 0; n < len; i++)
		bytes[n++] = (uint8_t)filling[i % filling_len];
	memcpy(bytes + n, tail, strlen(tail));
	return (struct slice){.bytes = bytes, .len = n + strlen(tail)};
}

static void test_garbage_behind_blanks(void **state)
{
	static const char *const blanks[] = {" ", "\n", "\r\n", "\t\v\f"};
	static const char *const garbage[] = {"x", "0", "\n0\n", "42\n"};
	const struct slice answer = BYTES("42\n");

	(void)state;
	for (size_t i = 0; i < COUNT(blanks) * COUNT(garbage); i++) {
		struct slice attack =
			fill("42\n", blanks[i % COUNT(blanks)], 65536, garbage[i / COUNT(blanks)]);

		for (int j = 0; j < COMPARATORS; j++) {
			assert_false(
				compare_holds((enum comparator)j, millionth, answer, attack, NULL));
			assert_false(
				compare_holds((enum comparator)j, millionth, attack, answer, NULL));
		}
		free((void *)(uintptr_t)attack.bytes);
	}
}

/* Sizes at which anything quadratic would take hours; the runner's limit of time is the check. */
static void test_large_outputs(void **state)
{
	static const char *const fillings[] = {
		" ", "\n", " \n", "a", "a\n", "1 ", "0", "1\n2\n", "ab\nba\n", "\n ", ".", "9e",
	};
	enum { LARGE_BYTES = 1 << 20 };

	(void)state;
	for (size_t i = 0; i < COUNT(fillings); i++) {
		struct slice one = fill("1", fillings[i], LARGE_BYTES, "x");
		struct slice other = fill("1", fillings[i], LARGE_BYTES, "y");

		for (int j = 0; j < COMPARATORS; j++) {
			enum comparator comparator = (enum comparator)j;

			assert_true(compare_holds(comparator, millionth, one, one, NULL));
			assert_false(compare_holds(comparator, millionth, one, other, NULL));
		}
		free((void *)(uintptr_t)one.bytes);
		free((void *)(uintptr_t)other.bytes);
	}
}

static void test_large_numbers(void **state)
{
	enum { LARGE_BYTES = 1 << 20 };
	struct slice zeros = fill("1.", "0", LARGE_BYTES, "");
	struct slice nearly = fill("1.", "0", LARGE_BYTES, "1");
	struct slice exponent = fill("1e", "0", LARGE_BYTES, "");
	const struct slice one = BYTES("1");
	const struct tolerance none = {0};

	(void)state;
	assert_true(compare_holds(COMPARE_DECIMAL, none, one, zeros, NULL));
	assert_true(compare_holds(COMPARE_DECIMAL, none, exponent, zeros, NULL));
	assert_false(compare_holds(COMPARE_DECIMAL, none, one, nearly, NULL));
	assert_false(compare_holds(COMPARE_DECIMAL, none, zeros, nearly, NULL));
	assert_true(compare_holds(COMPARE_FLOAT, none, one, nearly, NULL));
	free((void *)(uintptr_t)zeros.bytes);
	free((void *)(uintptr_t)nearly.bytes);
	free((void *)(uintptr_t)exponent.bytes);
}

/* ------------------------------------------------------------------ laws */

static size_t make_text(uint64_t *random, uint8_t *bytes, size_t max)
{
	static const char letters[] = "  \n\n\r\t01110.-eEaAbBnN";
	size_t len;

	*random = *random * 6364136223846793005 + 1442695040888963407;
	len = (*random >> 33) % (max + 1);
	for (size_t i = 0; i < len; i++) {
		*random = *random * 6364136223846793005 + 1442695040888963407;
		bytes[i] = (uint8_t)letters[(*random >> 33) % (sizeof(letters) - 1)];
	}
	return len;
}

static void check_laws(struct slice a, struct slice b, const bool *holds)
{
	const struct tolerance none = {0};

	for (int i = 0; i < COMPARATORS; i++)
		assert_int_equal(compare_holds((enum comparator)i, none, b, a, NULL), holds[i]);
	assert_true(!holds[COMPARE_EXACT] || holds[COMPARE_RSTRIP]);
	assert_true(!holds[COMPARE_RSTRIP] || holds[COMPARE_LINES]);
	assert_true(!holds[COMPARE_LINES] || (holds[COMPARE_TOKENS] && holds[COMPARE_SET]));
	assert_true(!holds[COMPARE_TOKENS] || holds[COMPARE_TOKENS_CI]);
	assert_true(!holds[COMPARE_TOKENS] || holds[COMPARE_DECIMAL]);
	assert_true(!holds[COMPARE_DECIMAL] || holds[COMPARE_FLOAT]);
	assert_int_equal(holds[COMPARE_EXACT],
			 a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0);
}

static void test_laws(void **state)
{
	const struct tolerance none = {0};
	size_t n_holding[COMPARATORS] = {0};
	uint64_t random = 42;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		uint8_t bytes[2][8];
		struct slice a = {.bytes = bytes[0], .len = make_text(&random, bytes[0], 6)};
		struct slice b = {.bytes = bytes[1], .len = make_text(&random, bytes[1], 6)};
		bool holds[COMPARATORS];

		for (int j = 0; j < COMPARATORS; j++) {
			holds[j] = compare_holds((enum comparator)j, none, a, b, NULL);
			n_holding[j] += holds[j];
		}
		check_laws(a, b, holds);
		bytes[0][a.len] = '\n';
		b = (struct slice){.bytes = bytes[0], .len = a.len + 1};
		for (int j = COMPARE_EXACT + 1; j < COMPARATORS; j++)
			assert_true(compare_holds((enum comparator)j, none, a, b, NULL));
	}
	for (int j = 0; j < COMPARATORS; j++)
		assert_true(n_holding[j] > 100);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_pairs_the_other_way),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_tolerance),
		cmocka_unit_test(test_tolerance_of_nonsense),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_null_bytes),
		cmocka_unit_test(test_garbage_behind_blanks),
		cmocka_unit_test(test_large_outputs),
		cmocka_unit_test(test_large_numbers),
		cmocka_unit_test(test_laws),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
