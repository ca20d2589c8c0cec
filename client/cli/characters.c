/*
 * UTF-8, for the command line's two uses: results become JSON, which must be UTF-8, and results are
 * shown on a terminal, which must not get what candidates would like to send to it. Runs in
 * `assay`.
 *
 * Texts of results are bytes: a candidate prints what it likes, and Python's strings may hold lone
 * surrogates, which no JSON parser but Python's takes. Each byte that is not part of a valid
 * character is replaced by U+FFFD, one for one, so that the length of damage stays visible.
 *
 * Unsafe for a terminal are the control characters of both sets (C0 without line feed and tab, DEL,
 * C1: some terminals obey 0x9b like ESC [), and the characters that reorder text, with which a
 * failed test could be made to read like a passed one.
 */
#include "client/cli/characters.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

size_t character_decode(const char *bytes, size_t len, uint32_t *code_point)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)bytes[0];
	size_t n = first < 0x80             ? 1
		   : (first & 0xe0) == 0xc0 ? 2
		   : (first & 0xf0) == 0xe0 ? 3
		   : (first & 0xf8) == 0xf0 ? 4
					    : 0;
	uint32_t value = n == 1 ? first : first & (0x7fu >> n);

	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | ((unsigned char)bytes[i] & 0x3f);
	}
	if (value < smallest[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code_point = value;
	return n;
}

bool characters_are_valid(const char *bytes, size_t len)
{
	uint32_t ignored;

	for (size_t at = 0; at < len;) {
		size_t n = character_decode(bytes + at, len - at, &ignored);

		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

char *characters_replace_invalid(const char *bytes, size_t len, size_t *copy_len)
{
	char *copy = malloc(len * 3 + 1);
	size_t to = 0;
	uint32_t ignored;

	if (copy == NULL)
		return NULL;
	for (size_t at = 0; at < len;) {
		size_t n = character_decode(bytes + at, len - at, &ignored);

		if (n == 0) {
			memcpy(copy + to, "\xef\xbf\xbd", 3);
			to += 3;
			at++;
		} else {
			memcpy(copy + to, bytes + at, n);
			to += n;
			at += n;
		}
	}
	copy[to] = '\0';
	*copy_len = to;
	return copy;
}

bool character_is_unsafe(uint32_t code_point)
{
	if (code_point == '\n' || code_point == '\t')
		return false;
	return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) ||
	       code_point == 0x061c || (code_point >= 0x200b && code_point <= 0x200f) ||
	       (code_point >= 0x2028 && code_point <= 0x202e) ||
	       (code_point >= 0x2060 && code_point <= 0x2069) || code_point == 0xfeff;
}

/* The number of the escape \\uXXXX at `at`; -1 if there is none. */
static int escaped_unit(const char *text, size_t len, size_t at)
{
	int number = 0;

	if (len - at < 6 || text[at] != '\\' || text[at + 1] != 'u')
		return -1;
	for (size_t i = at + 2; i < at + 6; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return -1;
		number = number * 16 + (isdigit((unsigned char)text[i])
						? text[i] - '0'
						: (text[i] | 0x20) - 'a' + 10);
	}
	return number;
}

static bool is_high_surrogate(int unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(int unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

void characters_mend_json(char *text, size_t len)
{
	size_t at = 0;

	while (at + 1 < len) {
		int unit;

		if (text[at] != '\\') {
			at++;
			continue;
		}
		unit = escaped_unit(text, len, at);
		if (is_high_surrogate(unit) && is_low_surrogate(escaped_unit(text, len, at + 6))) {
			at += 12;
			continue;
		}
		if (is_high_surrogate(unit) || is_low_surrogate(unit))
			memcpy(text + at + 2, "fffd", 4);
		at += 2; /* an escape, or the rest of one that holds no backslash */
	}
}
