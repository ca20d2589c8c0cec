/*
 * Python's repr() of a value, for feedback. Broker.
 *
 * What repr() says is known here for plain ASCII text, numbers and containers of them. All else has
 * no text here, and the evaluation is told by an examiner, which is Python.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/value.h"

/* Deeper nesting is abbreviated by the examiner: texts.py. */
#define DEPTH_MAX 12
#define BIG_INT_BYTES_MAX 400

struct output {
	const struct value_tree *tree;
	char *text;
	size_t size;
	size_t len;
};

static bool put_value(struct output *output, const struct value *value, unsigned depth);

static bool put(struct output *output, const char *text, size_t len)
{
	if (len > output->size - output->len)
		return false;
	memcpy(output->text + output->len, text, len);
	output->len += len;
	return true;
}

static bool put_text(struct output *output, const char *text)
{
	return put(output, text, strlen(text));
}

/* ---------------------------------------------------------------- numbers */

static bool put_int(struct output *output, int64_t integer)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, integer);
	return put_text(output, text);
}

/* Divides a magnitude of `n` bytes, low byte first, by 10^9; the remainder. */
static uint32_t divide(uint8_t *magnitude, size_t n)
{
	const uint32_t divisor = 1000000000;
	uint64_t rest = 0;

	for (size_t i = n; i-- > 0;) {
		rest = rest << 8 | magnitude[i];
		magnitude[i] = (uint8_t)(rest / divisor);
		rest %= divisor;
	}
	return (uint32_t)rest;
}

static bool put_big_int(struct output *output, const struct value *value)
{
	uint32_t groups[BIG_INT_BYTES_MAX / 3];
	uint8_t magnitude[BIG_INT_BYTES_MAX];
	bool is_negative = (value->bytes[value->n - 1] & 0x80) != 0;
	unsigned int carry = is_negative;
	size_t n = value->n, n_groups = 0;
	char text[16];

	if (n > sizeof(magnitude))
		return false;
	for (size_t i = 0; i < n; i++) {
		carry += is_negative ? (uint8_t)~value->bytes[i] : value->bytes[i];
		magnitude[i] = (uint8_t)carry;
		carry >>= 8;
	}
	do {
		groups[n_groups++] = divide(magnitude, n);
		while (n > 0 && magnitude[n - 1] == 0)
			n--;
	} while (n > 0);
	snprintf(text, sizeof(text), "%s%" PRIu32, is_negative ? "-" : "", groups[--n_groups]);
	if (!put_text(output, text))
		return false;
	while (n_groups > 0) {
		snprintf(text, sizeof(text), "%09" PRIu32, groups[--n_groups]);
		if (!put_text(output, text))
			return false;
	}
	return true;
}

/* The digits of "d.ddde+xx" as Python writes them: without an exponent from -4 to 15. */
static bool put_digits(struct output *output, const char *digits, int n, int exponent)
{
	char text[32];

	if (exponent < -4 || exponent >= 16) {
		if (!put(output, digits, 1) || (n > 1 && !put_text(output, ".")) ||
		    !put(output, digits + 1, (size_t)n - 1))
			return false;
		snprintf(text, sizeof(text), "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
		return put_text(output, text);
	}
	if (exponent < 0)
		return put_text(output, "0.") && put(output, "0000", (size_t)(-exponent - 1)) &&
		       put(output, digits, (size_t)n);
	for (int i = 0; i <= exponent || i < n; i++) {
		if (i == exponent + 1 && !put_text(output, "."))
			return false;
		if (!put(output, i < n ? &digits[i] : "0", 1))
			return false;
	}
	return n > exponent + 1 || put_text(output, ".0");
}

/* The shortest decimal that gives the same double again. */
static bool put_float(struct output *output, double real)
{
	char text[40], digits[20];
	int n = 0, exponent, precision = 0;

	if (isnan(real))
		return put_text(output, "nan");
	if (isinf(real))
		return put_text(output, real < 0 ? "-inf" : "inf");
	do {
		snprintf(text, sizeof(text), "%.*e", precision, fabs(real));
	} while (strtod(text, NULL) != fabs(real) && ++precision < 17);
	exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	for (const char *at = text; *at != 'e'; at++)
		if (*at != '.')
			digits[n++] = *at;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	return (!signbit(real) || put_text(output, "-")) && put_digits(output, digits, n, exponent);
}

/* ---------------------------------------------------------------- texts */

static bool put_character(struct output *output, uint8_t character, char quote)
{
	static const char escaped[] = "\t\n\r\\";
	static const char letters[] = "tnr\\";
	const char *found = character != 0 ? strchr(escaped, character) : NULL;
	char text[8];

	if (found != NULL)
		snprintf(text, sizeof(text), "\\%c", letters[found - escaped]);
	else if (character == (uint8_t)quote)
		snprintf(text, sizeof(text), "\\%c", quote);
	else if (character < 0x20 || character >= 0x7f)
		snprintf(text, sizeof(text), "\\x%02x", character);
	else
		snprintf(text, sizeof(text), "%c", character);
	return put_text(output, text);
}

static bool put_quoted(struct output *output, const struct value *value)
{
	bool has_single = value->n > 0 && memchr(value->bytes, '\'', value->n) != NULL;
	bool has_double = value->n > 0 && memchr(value->bytes, '"', value->n) != NULL;
	char quote = has_single && !has_double ? '"' : '\'';

	if (value->n > output->size || !put(output, &quote, 1))
		return false;
	for (uint32_t i = 0; i < value->n; i++) {
		/* Which characters are printable is Python's to say. */
		if (value->tag == VALUE_TEXT && value->bytes[i] >= 0x80)
			return false;
		if (!put_character(output, value->bytes[i], quote))
			return false;
	}
	return put(output, &quote, 1);
}

/* ---------------------------------------------------------------- containers */

static bool put_parts(struct output *output, const struct value *value, const char *open,
		      const char *close, unsigned depth)
{
	uint32_t each = value->tag == VALUE_DICT ? 2 : 1;
	const struct value *parts = &output->tree->values[value->first];

	if (depth >= DEPTH_MAX || !put_text(output, open))
		return false;
	for (uint32_t i = 0; i < value->n; i++) {
		if ((i > 0 && !put_text(output, ", ")) ||
		    !put_value(output, &parts[i * each], depth + 1))
			return false;
		if (each == 2 &&
		    (!put_text(output, ": ") || !put_value(output, &parts[2 * i + 1], depth + 1)))
			return false;
	}
	return put_text(output, close);
}

/* The order of more than one element is that of an interpreter's set. */
static bool put_set(struct output *output, const struct value *value, unsigned depth)
{
	bool is_frozen = value->tag == VALUE_FROZENSET;

	if (value->n == 0)
		return put_text(output, is_frozen ? "frozenset()" : "set()");
	return value->n == 1 && put_parts(output, value, is_frozen ? "frozenset({" : "{",
					  is_frozen ? "})" : "}", depth);
}

static bool put_value(struct output *output, const struct value *value, unsigned depth)
{
	switch ((enum value_tag)value->tag) {
	case VALUE_NONE:
		return put_text(output, "None");
	case VALUE_FALSE:
		return put_text(output, "False");
	case VALUE_TRUE:
		return put_text(output, "True");
	case VALUE_ELLIPSIS:
		return put_text(output, "Ellipsis");
	case VALUE_INT:
		return put_int(output, value->integer);
	case VALUE_BIG_INT:
		return put_big_int(output, value);
	case VALUE_FLOAT:
		return put_float(output, value->real);
	case VALUE_TEXT:
		return put_quoted(output, value);
	case VALUE_BYTES:
		return put_text(output, "b") && put_quoted(output, value);
	case VALUE_LIST:
		return put_parts(output, value, "[", "]", depth);
	case VALUE_TUPLE:
		return put_parts(output, value, "(", value->n == 1 ? ",)" : ")", depth);
	case VALUE_SET:
	case VALUE_FROZENSET:
		return put_set(output, value, depth);
	case VALUE_DICT:
		return put_parts(output, value, "{", "}", depth);
	default:
		return false;
	}
}

bool value_text(const struct value_tree *tree, char *text, size_t size, size_t *len)
{
	struct output output = {.tree = tree, .text = text, .size = size};

	if (!put_value(&output, &tree->values[0], 0))
		return false;
	*len = output.len;
	return true;
}

size_t value_text_in_part(const struct value_tree *tree, char *text, size_t size)
{
	static const char mark[] = "...";
	const size_t mark_len = sizeof(mark) - 1;
	struct output output = {.tree = tree, .text = text, .size = size - mark_len};

	if (!put_value(&output, &tree->values[0], 0)) {
		memcpy(text + output.len, mark, mark_len);
		output.len += mark_len;
	}
	return output.len;
}
