/*
 * Decimal numbers as text. Pure; used by core/compare.c in the broker.
 *
 * strtod() alone would not do: it accepts hexadecimal and "nan(…)", its decimal point depends on
 * the locale, and it wants a C string. Here the token passes the grammar first; what strtod() then
 * gets is digits and an exponent written by us, without a point.
 *
 * A number keeps pointing into its token, from the first digit that is not '0' to the last.
 * Equality of values is then equality of sign, magnitude and digits, with no arithmetic on the
 * digits, so it is exact and linear for tokens of any length.
 */
#include "core/number.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	EXPONENT_DIGITS_MAX = 15,
	/*
	 * A value half way between two doubles has at most 768 significant digits; of more than
	 * that it only matters whether they are all zero.
	 */
	DOUBLE_DIGITS_MAX = 800,
};

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_at(struct slice text, size_t at, char wanted)
{
	return at < text.len && text.bytes[at] == (uint8_t)wanted;
}

static size_t skip_digits(struct slice text, size_t at)
{
	while (at < text.len && is_digit(text.bytes[at]))
		at++;
	return at;
}

static size_t skip_sign(struct slice text, size_t at)
{
	return is_at(text, at, '+') || is_at(text, at, '-') ? at + 1 : at;
}

/* Letters of ASCII in any case; strncasecmp() would ask the locale. */
static bool is_word(struct slice text, size_t at, const char *word, size_t len)
{
	if (text.len - at != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((text.bytes[at + i] | 0x20) != (uint8_t)word[i])
			return false;
	return true;
}

static enum number_kind read_word(struct slice text, size_t at)
{
	if (is_word(text, at, "inf", 3) || is_word(text, at, "infinity", 8))
		return NUMBER_INFINITE;
	return is_word(text, at, "nan", 3) ? NUMBER_NAN : NUMBER_NONE;
}

/* The exponent that stands at `at`, up to the end of the token; false if there is none. */
static bool read_exponent(struct slice text, size_t at, int64_t *exponent)
{
	size_t digits = skip_sign(text, at + 1);
	int64_t value = 0;

	if (!(is_at(text, at, 'e') || is_at(text, at, 'E')) || digits == text.len ||
	    skip_digits(text, digits) != text.len)
		return false;
	while (is_at(text, digits, '0'))
		digits++;
	if (text.len - digits > EXPONENT_DIGITS_MAX)
		return false;
	for (size_t i = digits; i < text.len; i++)
		value = value * 10 + (text.bytes[i] - '0');
	*exponent = is_at(text, at + 1, '-') ? -value : value;
	return true;
}

/* Digits, and maybe a point, from `begin` to `end`; the point is at `point`, or would be. */
static void set_digits(struct number *number, struct slice text, size_t begin, size_t point,
		       size_t end)
{
	while (begin < end && (text.bytes[begin] == '0' || text.bytes[begin] == '.'))
		begin++;
	while (end > begin && (text.bytes[end - 1] == '0' || text.bytes[end - 1] == '.'))
		end--;
	if (begin == end) {
		number->is_negative = false;
		number->magnitude = 0;
		return;
	}
	number->digits = (struct slice){.bytes = text.bytes + begin, .len = end - begin};
	if (begin < point)
		number->magnitude += (int64_t)(point - begin);
	else
		number->magnitude -= (int64_t)(begin - point - 1);
}

struct number number_read(struct slice token)
{
	struct number number = {.is_negative = is_at(token, 0, '-')};
	size_t begin = skip_sign(token, 0);
	size_t point = skip_digits(token, begin);
	size_t end = is_at(token, point, '.') ? skip_digits(token, point + 1) : point;
	bool has_digits = point > begin || end > point + 1;

	if (end == begin) {
		number.kind = read_word(token, begin);
	} else if (has_digits &&
		   (end == token.len || read_exponent(token, end, &number.magnitude))) {
		number.kind = NUMBER_FINITE;
		set_digits(&number, token, begin, point, end);
	}
	return number;
}

/* The digit at or behind `*at`, which moves behind it; -1 at the end. */
static int next_digit(struct slice digits, size_t *at)
{
	if (is_at(digits, *at, '.'))
		++*at;
	return *at < digits.len ? digits.bytes[(*at)++] : -1;
}

bool number_equals(const struct number *a, const struct number *b)
{
	size_t a_at = 0;
	size_t b_at = 0;
	int digit;

	assert(a->kind == NUMBER_FINITE && b->kind == NUMBER_FINITE);
	if (a->is_negative != b->is_negative || a->magnitude != b->magnitude)
		return false;
	do {
		digit = next_digit(a->digits, &a_at);
		if (digit != next_digit(b->digits, &b_at))
			return false;
	} while (digit >= 0);
	return true;
}

double number_to_double(const struct number *number)
{
	char text[DOUBLE_DIGITS_MAX + 32];
	size_t n = 0;
	size_t at = 0;
	int digit = -1;
	double value;

	assert(number->kind == NUMBER_FINITE);
	if (number->digits.len == 0)
		return 0;
	while (n < DOUBLE_DIGITS_MAX && (digit = next_digit(number->digits, &at)) >= 0)
		text[n++] = (char)digit;
	if (digit >= 0 && next_digit(number->digits, &at) >= 0)
		text[n++] = '1'; /* for all that follows: the last digit is not '0' */
	snprintf(text + n, sizeof(text) - n, "e%" PRId64, number->magnitude - (int64_t)n);
	value = strtod(text, NULL);
	return number->is_negative ? -value : value;
}
