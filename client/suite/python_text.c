/*
 * Characters and floats as Python writes them in JSON. Part of the command line `assay`; the bottom
 * half of python_json.c.
 *
 * repr() of a float is the shortest text that reads back as the same number, in fixed notation for
 * exponents from -4 to 15. The shortest one is found by trying 1 to 17 digits, which is slow and
 * certain; samples hold few floats.
 */
#include "client/suite/python_text.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/suite/python_json.h"

size_t python_text_decode(const char *bytes, size_t len, uint32_t *code_point)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)bytes[0];
	size_t used = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : 4;
	if (used == 4 && first >> 3 != 30)
		return 0;
	if (used > len)
		return 0;
	uint32_t value = used == 1 ? first : first & (0x7fu >> used);
	for (size_t index = 1; index < used; index++) {
		unsigned char byte = (unsigned char)bytes[index];
		if (byte >> 6 != 2)
			return 0;
		value = value << 6 | (byte & 0x3f);
	}
	if (value < smallest[used] || value > 0x10ffff)
		return 0;
	*code_point = value;
	return used;
}

void python_text_escape(FILE *out, uint32_t code_point)
{
	static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *found =
		code_point && code_point < 0x80 ? strchr(special, (int)code_point) : NULL;
	if (found)
		fprintf(out, "\\%c", letters[found - special]);
	else if (code_point >= 0x20 && code_point < 0x7f)
		fputc((int)code_point, out);
	else if (code_point < 0x10000)
		fprintf(out, "\\u%04x", code_point);
	else
		fprintf(out, "\\u%04x\\u%04x", 0xd800 + ((code_point - 0x10000) >> 10),
			0xdc00 + ((code_point - 0x10000) & 0x3ff));
}

static void write_fixed(FILE *out, const char *digits, int n_digits, int exponent)
{
	if (exponent < 0) {
		fputs("0.", out);
		for (int zeros = -1; zeros > exponent; zeros--)
			fputc('0', out);
		fwrite(digits, 1, (size_t)n_digits, out);
		return;
	}
	for (int index = 0; index <= exponent || index < n_digits; index++) {
		fputc(index < n_digits ? digits[index] : '0', out);
		if (index == exponent)
			fputc('.', out);
	}
	if (n_digits <= exponent + 1)
		fputc('0', out);
}

void python_text_float(FILE *out, double value)
{
	if (isnan(value) || isinf(value)) {
		fputs(isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity", out);
		return;
	}
	char text[40], digits[24];
	for (int precision = 0; precision < 17; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, fabs(value));
		if (strtod(text, NULL) == fabs(value))
			break;
	}
	int n_digits = 0;
	const char *at = text;
	for (; *at != 'e'; at++)
		if (*at != '.')
			digits[n_digits++] = *at;
	assert(n_digits > 0); /* %e writes at least one */
	int exponent = (int)strtol(at + 1, NULL, 10);
	if (signbit(value))
		fputc('-', out);
	if (exponent >= -4 && exponent < 16) {
		write_fixed(out, digits, n_digits, exponent);
		return;
	}
	fputc(digits[0], out);
	if (n_digits > 1)
		fprintf(out, ".%.*s", n_digits - 1, digits + 1);
	fprintf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

char *python_string_quote(const char *bytes, size_t len)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	fputc('"', out);
	while (len > 0) {
		uint32_t code_point;
		size_t used = python_text_decode(bytes, len, &code_point);
		if (used == 0) {
			code_point = 0xfffd;
			used = 1;
		}
		python_text_escape(out, code_point);
		bytes += used;
		len -= used;
	}
	fputc('"', out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static size_t encode(char *bytes, uint32_t code_point)
{
	if (code_point < 0x80) {
		bytes[0] = (char)code_point;
		return 1;
	}
	size_t used = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
	for (size_t index = used - 1; index > 0; index--) {
		bytes[index] = (char)(0x80 | (code_point & 0x3f));
		code_point >>= 6;
	}
	bytes[0] = (char)((0xf00 >> used & 0xff) | code_point);
	return used;
}

static uint32_t hex4(const char *text)
{
	char digits[5] = {text[0], text[1], text[2], text[3], '\0'};
	return (uint32_t)strtoul(digits, NULL, 16);
}

/* At a backslash of text that python_text_escape() wrote: moves *at behind the escape. */
static uint32_t unescape(const char **at)
{
	static const char letters[] = "\"\\bfnrt", meanings[] = "\"\\\b\f\n\r\t";
	char letter = (*at)[1];
	if (letter != 'u') {
		*at += 2;
		return (unsigned char)meanings[strchr(letters, letter) - letters];
	}
	uint32_t unit = hex4(*at + 2);
	*at += 6;
	bool is_pair = unit >= 0xd800 && unit < 0xdc00 && (*at)[0] == '\\' && (*at)[1] == 'u';
	if (!is_pair)
		return unit;
	uint32_t low = hex4(*at + 2);
	if (low < 0xdc00 || low >= 0xe000)
		return unit;
	*at += 6;
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

int python_string_unquote(const char *value, char **bytes, size_t *len)
{
	if (value[0] != '"')
		return 1;
	char *text = malloc(strlen(value));
	if (!text)
		return -ENOMEM;
	size_t used = 0;
	for (const char *at = value + 1; *at != '"';) {
		if (*at == '\\')
			used += encode(text + used, unescape(&at));
		else
			text[used++] = *at++;
	}
	text[used] = '\0';
	*bytes = text;
	*len = used;
	return 0;
}
