/*
 * Cutting out where two texts differ, and lines of a source. Broker; pure.
 *
 * Positions are told in characters, because readers count those, and found in bytes. A text that is
 * no UTF-8 has as many characters as bytes that do not continue one.
 */
#include "core/excerpt.h"

#include <stdint.h>
#include <string.h>

static bool continues_character(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* The beginning of the character at or before `at`. */
static size_t character_start(struct slice text, size_t at)
{
	while (at > 0 && at < text.len && continues_character(text.bytes[at]))
		at--;
	return at;
}

static size_t count_characters(const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += !continues_character(bytes[i]);
	return n;
}

static size_t first_difference(struct slice one, struct slice other)
{
	size_t len = one.len < other.len ? one.len : other.len;
	size_t at = 0;

	while (at < len && one.bytes[at] == other.bytes[at])
		at++;
	return at;
}

/* The number in "790) ... ", and how long that is; 0: it is something else. */
static size_t read_gap(const uint8_t *bytes, size_t len, size_t *number)
{
	static const char closes[] = EXCERPT_GAP_CLOSES;
	size_t at = 0;

	*number = 0;
	while (at < len && at < 9 && bytes[at] >= '0' && bytes[at] <= '9')
		*number = *number * 10 + (size_t)(bytes[at++] - '0');
	if (at == 0 || len - at < sizeof(closes) - 1 ||
	    memcmp(bytes + at, closes, sizeof(closes) - 1) != 0)
		return 0;
	return at + sizeof(closes) - 1;
}

/* The mark of a gap in front of byte `at`: where it begins and ends and what number it tells. */
static bool find_gap(struct slice text, size_t at, size_t *begins, size_t *ends, size_t *number)
{
	static const char opens[] = EXCERPT_GAP_OPENS;
	const uint8_t *gap = NULL;
	size_t behind, len;

	if (at > 0)
		gap = memmem(text.bytes, at, opens, sizeof(opens) - 1);
	if (gap == NULL)
		return false;
	*begins = (size_t)(gap - text.bytes);
	behind = *begins + sizeof(opens) - 1;
	len = read_gap(text.bytes + behind, at - behind, number);
	*ends = behind + len;
	return len > 0;
}

/* Number of the character at byte `at`, a gap before it counted in. */
static size_t character_at(struct slice text, size_t at)
{
	size_t begins, ends, number;

	if (find_gap(text, at, &begins, &ends, &number))
		return number + count_characters(text.bytes + ends, at - ends);
	return count_characters(text.bytes, at) + 1;
}

/* Where to begin so that byte `at` is shown and something before it; not within a mark. */
static size_t start_before(struct slice text, size_t at, size_t before)
{
	size_t start = at > before ? character_start(text, at - before) : 0;
	size_t begins, ends, number;

	if (find_gap(text, at, &begins, &ends, &number) && start > begins && start < ends)
		start = ends;
	return start;
}

static struct slice part_of(struct slice text, size_t start, size_t max, bool *has_more)
{
	size_t end = text.len - start > max ? character_start(text, start + max) : text.len;

	*has_more = end < text.len;
	return (struct slice){.bytes = text.bytes + start, .len = end - start};
}

struct excerpt excerpt_of_difference(struct slice expected, struct slice actual, size_t max)
{
	struct excerpt excerpt = {0};
	size_t at = first_difference(expected, actual);
	bool is_same = at == expected.len && at == actual.len;
	size_t start = 0;

	if (!is_same && (expected.len > max || actual.len > max)) {
		at = character_start(expected.len > actual.len ? expected : actual, at);
		start = start_before(expected, at, max / 4);
	}
	if (!is_same)
		excerpt.character = character_at(
			expected,
			character_start(expected.len > actual.len ? expected : actual, at));
	excerpt.expected = part_of(expected, start, max, &excerpt.has_more[0]);
	excerpt.actual = part_of(actual, start, max, &excerpt.has_more[1]);
	excerpt.is_behind = start > 0;
	return excerpt;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\f';
}

struct slice excerpt_line(struct slice source, size_t number)
{
	const uint8_t *at = source.bytes;
	size_t left = source.len;

	if (number == 0 || left == 0)
		return (struct slice){0};
	for (size_t line = 1;; line++) {
		const uint8_t *end = memchr(at, '\n', left);
		size_t len = end != NULL ? (size_t)(end - at) : left;

		if (line == number) {
			for (; len > 0 && is_blank(at[0]); len--)
				at++;
			for (; len > 0 && is_blank(at[len - 1]);)
				len--;
			return (struct slice){.bytes = at, .len = len};
		}
		if (end == NULL || left == len + 1)
			return (struct slice){0};
		at += len + 1;
		left -= len + 1;
	}
}
