/* core/number: the grammar, exact equality, the nearest double. */
#include "core/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) ((struct slice){.bytes = (const uint8_t *)(text), .len = sizeof(text) - 1})

static struct slice slice_of(const char *text)
{
	return (struct slice){.bytes = (const uint8_t *)text, .len = strlen(text)};
}

static struct number read_text(const char *text)
{
	return number_read(slice_of(text));
}

static void test_numbers(void **state)
{
	static const char *const numbers[] = {
		"0",        "-0",    "+5",       "007",
		"1.",       ".5",    "1.50",     "1e5",
		"1E+5",     "1e0",   "1.e1",     "-.5e-3",
		"00.00e00", "1e-05", "1e000007", "1e0999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_int_equal(read_text(numbers[i]).kind, NUMBER_FINITE);
}

static void test_words(void **state)
{
	static const struct slice words[] = {
		BYTES(""),
		BYTES("+"),
		BYTES("."),
		BYTES("-."),
		BYTES("e5"),
		BYTES(".e5"),
		BYTES("1e"),
		BYTES("1e+"),
		BYTES("1e5.0"),
		BYTES("1e5e5"),
		BYTES("--1"),
		BYTES("+-1"),
		BYTES("0x10"),
		BYTES("0x1p3"),
		BYTES("1_0"),
		BYTES("1,5"),
		BYTES("1.2.3"),
		BYTES("1f"),
		BYTES("1L"),
		BYTES(" 1"),
		BYTES("1 "),
		BYTES("1\0"),
		BYTES("1\0002"),
		BYTES("1e5\0"),
		BYTES("nan(0x1)"),
		BYTES("infinite"),
		BYTES("in"),
		BYTES("NaNs"),
		BYTES("1e\xb2"),
		BYTES("1.#INF"),
		BYTES("i\0f"),
		BYTES("\xd9\xa3"),
		BYTES("\xef\xbc\x91"),
		BYTES("1e1000000000000000"),
		BYTES("1e-99999999999999999999"),
		BYTES("\x09\x0e\x06"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(number_read(words[i]).kind, NUMBER_NONE);
}

static void test_infinite_and_nan(void **state)
{
	static const char *const infinite[] = {"inf", "+Inf", "INF", "infinity", "Infinity"};
	static const char *const nan[] = {"nan", "NaN", "-nan", "+NAN"};

	(void)state;
	for (size_t i = 0; i < sizeof(infinite) / sizeof(infinite[0]); i++) {
		assert_int_equal(read_text(infinite[i]).kind, NUMBER_INFINITE);
		assert_false(read_text(infinite[i]).is_negative);
	}
	assert_true(read_text("-inf").is_negative);
	for (size_t i = 0; i < sizeof(nan) / sizeof(nan[0]); i++)
		assert_int_equal(read_text(nan[i]).kind, NUMBER_NAN);
}

static bool are_equal(const char *a, const char *b)
{
	struct number one = read_text(a);
	struct number other = read_text(b);
	bool is_equal = number_equals(&one, &other);

	assert_int_equal(number_equals(&other, &one), is_equal);
	return is_equal;
}

static void test_equal_values(void **state)
{
	static const char *const groups[][8] = {
		{"1", "1.0", "1.00", "1e0", "+01", "10e-1", ".1e1", "0.001e3"},
		{"0", "-0", "0.000", "0e5", ".0e-9", "00", "+0", "-0.e999999999999999"},
		{"-120", "-1.2e2", "-0.12E+3", "-120.000", "-12e1", "-1200e-1", "-0120", "-120."},
		{"1e999999999999999", "10e999999999999998", "0.1e+0999999999999999",
		 "0.01e0999999999999999", "1e999999999999998", "1e-999999999999999", "1.1", "10"},
		{"100000000000000000001", "1.00000000000000000001e20", "100000000000000000001.0",
		 "100000000000000000000", "100000000000000000002", "-100000000000000000001",
		 "1000000000000000000010", "1.00000000000000000001e21"},
	};
	static const size_t n_equal[] = {8, 8, 8, 2, 3};

	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (size_t j = 0; j < 8; j++)
			assert_int_equal(are_equal(groups[i][0], groups[i][j]), j < n_equal[i]);
	assert_false(are_equal("1", "-1"));
	assert_false(are_equal("12", "1.3e1"));
	assert_false(are_equal("1.2", "1.23"));
	assert_false(are_equal("0", "1e-999999999999999"));
	assert_false(are_equal("0.1", "0.1000000000000000055511151231257827"));
}

static void check_double(const char *text)
{
	struct number number = read_text(text);
	double expected = strtod(text, NULL);
	double value = number_to_double(&number);

	assert_int_equal(number.kind, NUMBER_FINITE);
	assert_true(value == expected);
}

static void test_nearest_double(void **state)
{
	static const char *const texts[] = {
		"0",
		"1",
		"-1.5",
		"0.1",
		"123456.789e-3",
		"1e23",
		"9007199254740993",
		"1.7976931348623157e308",
		"4.9e-324",
		"2.4703282292062327e-324",
		"2.4703282292062328e-324",
		"-2.2250738585072011e-308",
		"000000.0000000001234500000",
		"1e400",
		"-1e400",
		"1e-400",
		"1e999999999999999",
		"1e-999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_double(texts[i]);
}

/* Half way between two doubles until the last of many digits. */
static void test_nearest_double_of_many_digits(void **state)
{
	enum { ZEROS = 5000 };
	char text[ZEROS + 40];
	size_t n = (size_t)snprintf(text, sizeof(text), "9007199254740993.");

	(void)state;
	memset(text + n, '0', ZEROS);
	memcpy(text + n + ZEROS, "1", 2);
	check_double(text);
	assert_true(strtod(text, NULL) == 9007199254740994.0);
	text[n + ZEROS] = '0';
	check_double(text);
	assert_true(strtod(text, NULL) == 9007199254740992.0);
}

static void test_random_doubles(void **state)
{
	uint64_t bits = 0x9e3779b97f4a7c15;
	char text[64];
	double value;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		bits = bits * 6364136223846793005 + 1442695040888963407;
		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		snprintf(text, sizeof(text), "%.*e", i % 20, value);
		check_double(text);
	}
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_infinite_and_nan),
		cmocka_unit_test(test_equal_values),
		cmocka_unit_test(test_nearest_double),
		cmocka_unit_test(test_nearest_double_of_many_digits),
		cmocka_unit_test(test_random_doubles),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
