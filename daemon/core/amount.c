/*
 * Reading numbers out of prose. Pure; used by core/answer.c in the broker.
 *
 * Everything is exact: a number is a numerator and a denominator of at most 18 digits, and two are
 * compared by multiplying crosswise in 128 bits. What does not fit has no value, so it equals
 * nothing; a double would round 0.1 + 0.2 questions into a pass.
 *
 * The text is a model's. Looking ahead never skips more than one space, so all scanning together is
 * linear in it.
 */
#include "core/amount.h"

#include <string.h>

#include "core/ascii.h"

#define VALUE_MAX 1000000000000000000u /* 10^18: products of two fit into 128 bits */

struct scan {
	struct slice text;
	size_t at;
};

struct ratio {
	uint64_t numerator;
	uint64_t denominator; /* 0: it did not fit, or is none */
};

/* ---------------------------------------------------------------- bytes */

static bool is_word_byte(uint8_t byte)
{
	return ascii_is_digit(byte) || byte == '_' || ascii_is_letter(byte);
}

static bool has_digit(const struct scan *scan, size_t at)
{
	return at < scan->text.len && ascii_is_digit(scan->text.bytes[at]);
}

static bool has_word_byte(const struct scan *scan, size_t at)
{
	return at < scan->text.len && is_word_byte(scan->text.bytes[at]);
}

/* Whether `wanted`, in small letters, stands at `at`. */
static bool has(const struct scan *scan, size_t at, const char *wanted)
{
	size_t len = strlen(wanted);

	if (at > scan->text.len || scan->text.len - at < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = scan->text.bytes[at + i];

		if (byte >= 'A' && byte <= 'Z')
			byte |= 0x20;
		if (byte != (uint8_t)wanted[i])
			return false;
	}
	return true;
}

static bool take(struct scan *scan, const char *wanted)
{
	if (!has(scan, scan->at, wanted))
		return false;
	scan->at += strlen(wanted);
	return true;
}

static bool take_any(struct scan *scan, const char *const *wanted)
{
	for (; *wanted != NULL; wanted++)
		if (take(scan, *wanted))
			return true;
	return false;
}

/* ---------------------------------------------------------------- arithmetic */

static struct ratio reduce_or_none(unsigned __int128 numerator, unsigned __int128 denominator)
{
	if (numerator > VALUE_MAX || denominator > VALUE_MAX)
		return (struct ratio){0};
	return (struct ratio){.numerator = (uint64_t)numerator,
			      .denominator = (uint64_t)denominator};
}

static struct ratio times(struct ratio a, struct ratio b)
{
	return reduce_or_none((unsigned __int128)a.numerator * b.numerator,
			      (unsigned __int128)a.denominator * b.denominator);
}

static struct ratio plus(struct ratio a, struct ratio b)
{
	if (a.denominator == 0 || b.denominator == 0)
		return (struct ratio){0};
	return reduce_or_none((unsigned __int128)a.numerator * b.denominator +
				      (unsigned __int128)b.numerator * a.denominator,
			      (unsigned __int128)a.denominator * b.denominator);
}

static struct ratio over(struct ratio a, struct ratio b)
{
	if (a.denominator == 0 || b.denominator == 0 || b.numerator == 0)
		return (struct ratio){0};
	return reduce_or_none((unsigned __int128)a.numerator * b.denominator,
			      (unsigned __int128)a.denominator * b.numerator);
}

static struct ratio power_of_ten(uint64_t exponent)
{
	struct ratio power = {.numerator = 1, .denominator = 1};

	if (exponent > 18)
		return (struct ratio){0};
	while (exponent-- > 0)
		power.numerator *= 10;
	return power;
}

/* ---------------------------------------------------------------- digits */

static const char *const separators[] = {"{,}", "\\,", "\\!", ",\\!", ",", NULL};

/* Behind a group of digits: a separator and exactly three digits more. */
static bool take_separator(struct scan *scan)
{
	struct scan ahead = *scan;

	if (!take_any(&ahead, separators))
		return false;
	if (!has_digit(&ahead, ahead.at) || !has_digit(&ahead, ahead.at + 1) ||
	    !has_digit(&ahead, ahead.at + 2) || has_digit(&ahead, ahead.at + 3))
		return false;
	scan->at = ahead.at;
	return true;
}

static void add_digits(struct scan *scan, struct ratio *value, bool is_fraction)
{
	for (; has_digit(scan, scan->at); scan->at++) {
		uint64_t digit = scan->text.bytes[scan->at] - (uint8_t)'0';

		if (value->denominator == 0)
			continue;
		*value = reduce_or_none((unsigned __int128)value->numerator * 10 + digit,
					value->denominator *
						(unsigned __int128)(is_fraction ? 10 : 1));
	}
}

/* Digits with separators; nothing is taken where there is no digit. */
static struct ratio take_whole(struct scan *scan)
{
	struct ratio value = {.denominator = 1};
	size_t begin = scan->at;

	add_digits(scan, &value, false);
	if (scan->at - begin <= 3)
		while (scan->at > begin && take_separator(scan))
			add_digits(scan, &value, false);
	return value;
}

/* "e5" is an exponent only where the word ends with it. */
static void take_exponent(struct scan *scan, struct ratio *value)
{
	struct scan ahead = *scan;
	struct ratio exponent = {.denominator = 1};
	bool is_negative;

	if (!take(&ahead, "e"))
		return;
	is_negative = take(&ahead, "-");
	if (!is_negative)
		take(&ahead, "+");
	if (!has_digit(&ahead, ahead.at))
		return;
	add_digits(&ahead, &exponent, false);
	if (has_word_byte(&ahead, ahead.at))
		return;
	scan->at = ahead.at;
	if (exponent.denominator == 0)
		*value = exponent;
	else if (is_negative)
		*value = over(*value, power_of_ten(exponent.numerator));
	else
		*value = times(*value, power_of_ten(exponent.numerator));
}

static struct ratio take_decimal(struct scan *scan)
{
	struct ratio value = take_whole(scan);

	if (has(scan, scan->at, ".") && has_digit(scan, scan->at + 1)) {
		scan->at++;
		add_digits(scan, &value, true);
	}
	take_exponent(scan, &value);
	return value;
}

/* ---------------------------------------------------------------- fractions */

static const char *const fractions[] = {"\\frac", "\\dfrac", "\\tfrac", NULL};

/* "{12}", or the one digit of \frac12. */
static bool take_argument(struct scan *scan, struct ratio *value)
{
	if (!take(scan, "{")) {
		if (!has_digit(scan, scan->at))
			return false;
		*value = (struct ratio){scan->text.bytes[scan->at++] - (uint64_t)'0', 1};
		return true;
	}
	if (!has_digit(scan, scan->at))
		return false;
	*value = take_decimal(scan);
	return take(scan, "}");
}

static bool take_latex_fraction(struct scan *scan, struct ratio *value)
{
	struct scan ahead = *scan;
	struct ratio numerator, denominator;

	if (!take_any(&ahead, fractions) || !take_argument(&ahead, &numerator) ||
	    !take_argument(&ahead, &denominator))
		return false;
	scan->at = ahead.at;
	*value = over(numerator, denominator);
	return true;
}

static bool take_slash(struct scan *scan)
{
	struct scan ahead = *scan;

	take(&ahead, " ");
	if (!take(&ahead, "/"))
		return false;
	take(&ahead, " ");
	if (!has_digit(&ahead, ahead.at))
		return false;
	scan->at = ahead.at;
	return true;
}

/* The fraction of a mixed number, behind its whole part. */
static bool take_mixed(struct scan *scan, struct ratio *value)
{
	struct scan ahead = *scan;
	struct ratio numerator;

	if (take_latex_fraction(scan, value))
		return true;
	if (!take(&ahead, " "))
		return false;
	if (!take_latex_fraction(&ahead, value)) {
		if (!has_digit(&ahead, ahead.at))
			return false;
		numerator = take_whole(&ahead);
		if (!take_slash(&ahead))
			return false;
		*value = over(numerator, take_whole(&ahead));
	}
	scan->at = ahead.at;
	return true;
}

static bool take_value(struct scan *scan, struct ratio *value)
{
	size_t begin = scan->at;
	struct ratio part;

	if (take_latex_fraction(scan, value))
		return true;
	*value = take_decimal(scan);
	if (scan->at == begin)
		return false;
	if (take_slash(scan))
		*value = over(*value, take_decimal(scan));
	else if (value->denominator == 1 && take_mixed(scan, &part))
		*value = plus(*value, part);
	return true;
}

/* ---------------------------------------------------------------- the whole */

static const char *const currencies[] = {"\\$", "$", "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5", NULL};
static const char *const minuses[] = {"-", "\xe2\x88\x92", NULL};

static const struct {
	const char *word;
	uint64_t factor;
} scales[] = {
	{"thousand", 1000},
	{"million", 1000000},
	{"billion", 1000000000},
	{"trillion", 1000000000000},
};

static void take_scale(struct scan *scan, struct ratio *value)
{
	struct scan ahead = *scan;

	if (!take(&ahead, " "))
		return;
	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
		struct scan word = ahead;

		if (!take(&word, scales[i].word) || has_word_byte(&word, word.at))
			continue;
		scan->at = word.at;
		*value = times(*value, (struct ratio){scales[i].factor, 1});
		return;
	}
}

static bool take_percent(struct scan *scan)
{
	static const char *const signs[] = {"\\%", "%", "percent", NULL};
	struct scan ahead = *scan;

	take(&ahead, " ");
	if (!take_any(&ahead, signs))
		return false;
	scan->at = ahead.at;
	return true;
}

/* Signs and a currency may precede the digits. */
static bool take_prefix(struct scan *scan)
{
	bool is_negative = take_any(scan, minuses);

	if (!is_negative)
		take(scan, "+");
	if (take_any(scan, currencies) && !is_negative)
		is_negative = take_any(scan, minuses);
	return is_negative;
}

/* A number that begins at `at`; false: none does. */
static bool read_at(struct slice text, size_t at, struct amount *amount)
{
	struct scan scan = {.text = text, .at = at};
	struct ratio value;

	*amount = (struct amount){.is_negative = take_prefix(&scan)};
	if (!take_value(&scan, &value))
		return false;
	take_scale(&scan, &value);
	amount->is_percent = take_percent(&scan);
	amount->numerator = value.numerator;
	amount->denominator = value.denominator;
	amount->text = (struct slice){.bytes = text.bytes + at, .len = scan.at - at};
	return true;
}

/* In "16-3" the minus is no sign, and in "x2" the 2 no number. */
static bool may_begin(struct slice text, size_t at)
{
	uint8_t before = at > 0 ? text.bytes[at - 1] : ' ';

	if (ascii_is_digit(text.bytes[at]) || text.bytes[at] == '.')
		return !is_word_byte(before) && before != '.';
	return !is_word_byte(before) && before != ')';
}

static bool next_amount(struct slice text, size_t *at, struct amount *amount)
{
	while (*at < text.len) {
		if (may_begin(text, *at) && read_at(text, *at, amount)) {
			*at += amount->text.len;
			return true;
		}
		++*at;
	}
	return false;
}

struct amount amount_first(struct slice text)
{
	struct amount amount;
	size_t at = 0;

	return next_amount(text, &at, &amount) ? amount : (struct amount){0};
}

struct amount amount_last(struct slice text)
{
	struct amount last = {0}, amount;

	for (size_t at = 0; next_amount(text, &at, &amount);)
		last = amount;
	return last;
}

static bool is_same(const struct amount *a, const struct amount *b, uint64_t divisor)
{
	unsigned __int128 left = (unsigned __int128)a->numerator * b->denominator;
	unsigned __int128 right = (unsigned __int128)b->numerator * a->denominator;

	return left % divisor == 0 && left / divisor == right;
}

bool amount_equals(const struct amount *a, const struct amount *b)
{
	if (a->denominator == 0 || b->denominator == 0)
		return false;
	if (a->is_negative != b->is_negative && (a->numerator != 0 || b->numerator != 0))
		return false;
	if (is_same(a, b, 1))
		return true;
	if (a->is_percent == b->is_percent)
		return false;
	return a->is_percent ? is_same(a, b, 100) : is_same(b, a, 100);
}
