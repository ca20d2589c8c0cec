/*
 * The comparators of outputs. Pure; run by the broker, which alone knows what is expected: the
 * candidate's cell sends bytes and never sees what they are compared with.
 *
 * All but `set` are one walk: both texts are cut into pieces (core/piece.h) and each pair of pieces
 * must match. So a comparator is a row of the table below, a way to cut and a way to match, and the
 * first pair that does not match is the difference, with the end of a text as a last piece that
 * matches nothing but the other end.
 *
 * `set` sorts the expected lines and looks up each actual line among them. It does not sort the
 * actual ones: memory that a candidate can make grow would have to be charged to somebody. Lines
 * are ordered by length first, so two lines are only compared byte by byte if they are equally
 * long, and all comparisons of one level of the sort or the search together cost at most the text.
 *
 * Equal bytes are equal for every comparator; that is settled at once, since it is by far the most
 * frequent case of an honest candidate.
 */
#include "core/compare.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/number.h"

struct pair {
	struct slice expected;
	struct slice actual;
};

static bool is_same(struct pair pair, struct tolerance tolerance)
{
	(void)tolerance;
	return pair.expected.len == pair.actual.len &&
	       memcmp(pair.expected.bytes, pair.actual.bytes, pair.actual.len) == 0;
}

static uint8_t fold_case(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

static bool is_same_folded(struct pair pair, struct tolerance tolerance)
{
	(void)tolerance;
	if (pair.expected.len != pair.actual.len)
		return false;
	for (size_t i = 0; i < pair.actual.len; i++)
		if (fold_case(pair.expected.bytes[i]) != fold_case(pair.actual.bytes[i]))
			return false;
	return true;
}

/* Written so that a NaN, wherever it came from, is never within. Both ends are checked for being
 * finite, or else relative * |1e999| would be a tolerance for everything. */
static bool is_within(const struct number *expected, const struct number *actual,
		      struct tolerance tolerance)
{
	double wanted = number_to_double(expected);
	double found = number_to_double(actual);
	double distance = fabs(found - wanted);

	return isfinite(wanted) && isfinite(found) &&
	       (distance <= tolerance.absolute || distance <= tolerance.relative * fabs(wanted));
}

static bool is_near(struct pair pair, struct tolerance tolerance)
{
	struct number expected;
	struct number actual;

	if (is_same(pair, tolerance))
		return true;
	expected = number_read(pair.expected);
	actual = number_read(pair.actual);
	if (expected.kind != actual.kind)
		return false;
	switch (expected.kind) {
	case NUMBER_NONE:
		return false;
	case NUMBER_NAN:
		return true;
	case NUMBER_INFINITE:
		return expected.is_negative == actual.is_negative;
	case NUMBER_FINITE:
		break;
	}
	return number_equals(&expected, &actual) || is_within(&expected, &actual, tolerance);
}

static bool is_same_value(struct pair pair, struct tolerance tolerance)
{
	struct number expected;
	struct number actual;

	if (is_same(pair, tolerance))
		return true;
	expected = number_read(pair.expected);
	actual = number_read(pair.actual);
	return expected.kind == NUMBER_FINITE && actual.kind == NUMBER_FINITE &&
	       number_equals(&expected, &actual);
}

static const struct rule {
	const char *name;
	enum piece_cut cut;
	bool (*matches)(struct pair pair, struct tolerance tolerance); /* NULL: in any order */
} rules[COMPARATORS] = {
	[COMPARE_EXACT] = {"exact", PIECE_WHOLE_LINE, is_same},
	[COMPARE_RSTRIP] = {"rstrip", PIECE_RSTRIPPED_LINE, is_same},
	[COMPARE_LINES] = {"lines", PIECE_STRIPPED_LINE, is_same},
	[COMPARE_TOKENS] = {"tokens", PIECE_TOKEN, is_same},
	[COMPARE_TOKENS_CI] = {"tokens_ci", PIECE_TOKEN, is_same_folded},
	[COMPARE_FLOAT] = {"float", PIECE_TOKEN, is_near},
	[COMPARE_DECIMAL] = {"decimal", PIECE_TOKEN, is_same_value},
	[COMPARE_SET] = {"set", PIECE_STRIPPED_LINE, NULL},
};

int compare_find(const char *name)
{
	if (name[0] == '\0')
		return COMPARE_RSTRIP;
	for (int i = 0; i < COMPARATORS; i++)
		if (strcmp(rules[i].name, name) == 0)
			return i;
	return -1;
}

const char *compare_name(enum comparator comparator)
{
	assert((unsigned)comparator < COMPARATORS);
	return rules[comparator].name;
}

/* ------------------------------------------------------------------ piece by piece */

static size_t count_same_bytes(struct pair pair)
{
	size_t n = 0;

	while (n < pair.expected.len && n < pair.actual.len &&
	       pair.expected.bytes[n] == pair.actual.bytes[n])
		n++;
	return n;
}

static bool walk(const struct rule *rule, struct tolerance tolerance, struct pair texts,
		 struct difference *difference)
{
	struct piece_cursor expected = piece_open(texts.expected, rule->cut);
	struct piece_cursor actual = piece_open(texts.actual, rule->cut);

	for (;;) {
		struct piece wanted = piece_next(&expected);
		struct piece found = piece_next(&actual);
		struct pair pair = {.expected = piece_bytes(texts.expected, &wanted),
				    .actual = piece_bytes(texts.actual, &found)};

		if (wanted.is_end && found.is_end)
			return true;
		if (wanted.is_end || found.is_end || !rule->matches(pair, tolerance)) {
			*difference = (struct difference){.expected = wanted,
							  .actual = found,
							  .n_same_bytes = count_same_bytes(pair)};
			return false;
		}
	}
}

/* ------------------------------------------------------------------ in any order */

struct wanted_line {
	const uint8_t *bytes;
	size_t is_found : 1;
	size_t len : 63;
};

struct wanted_lines {
	struct wanted_line *lines; /* in order of content; the same lines as in the text */
	size_t n;
	struct piece end;
};

static int order_content(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return memcmp(a, b, a_len);
}

static int order_lines(const void *one, const void *other)
{
	const struct wanted_line *a = one;
	const struct wanted_line *b = other;
	int order = order_content(a->bytes, a->len, b->bytes, b->len);

	return order != 0 ? order : (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

static struct piece next_filled(struct piece_cursor *cursor)
{
	struct piece piece;

	do {
		piece = piece_next(cursor);
	} while (!piece.is_end && piece.len == 0);
	return piece;
}

static struct wanted_lines sort_lines(struct slice text)
{
	struct piece_cursor cursor = piece_open(text, PIECE_STRIPPED_LINE);
	struct wanted_lines wanted = {.n = 0};
	struct piece piece;

	while (!next_filled(&cursor).is_end)
		wanted.n++;
	wanted.lines = xcalloc(wanted.n + 1, sizeof(*wanted.lines));
	cursor = piece_open(text, PIECE_STRIPPED_LINE);
	for (size_t i = 0; !(piece = next_filled(&cursor)).is_end; i++) {
		wanted.lines[i].bytes = text.bytes + piece.offset;
		wanted.lines[i].len = piece.len;
	}
	wanted.end = piece;
	qsort(wanted.lines, wanted.n, sizeof(*wanted.lines), order_lines);
	return wanted;
}

/* Marks the first of the same lines that was not found yet; false if there is none. Those found are
 * a prefix of the same lines, so that one bisection finds the place. */
static bool mark_found(struct wanted_lines *wanted, struct slice line)
{
	size_t low = 0;
	size_t high = wanted->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct wanted_line *at = &wanted->lines[middle];
		int order = order_content(at->bytes, at->len, line.bytes, line.len);

		if (order < 0 || (order == 0 && at->is_found))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == wanted->n || order_content(wanted->lines[low].bytes, wanted->lines[low].len,
					      line.bytes, line.len) != 0)
		return false;
	wanted->lines[low].is_found = 1;
	return true;
}

/* The first line of the text that was not found, or its end. */
static struct piece find_missing(const struct wanted_lines *wanted, struct slice text)
{
	const struct wanted_line *first = NULL;
	struct piece piece = {.line = 1};

	for (size_t i = 0; i < wanted->n; i++)
		if (!wanted->lines[i].is_found &&
		    (first == NULL || wanted->lines[i].bytes < first->bytes))
			first = &wanted->lines[i];
	if (first == NULL)
		return wanted->end;
	piece.offset = (size_t)(first->bytes - text.bytes);
	piece.len = first->len;
	for (size_t i = 0; i < piece.offset; i++)
		piece.line += text.bytes[i] == '\n';
	return piece;
}

static bool match_lines(struct pair texts, struct difference *difference)
{
	struct wanted_lines wanted = sort_lines(texts.expected);
	struct piece_cursor cursor = piece_open(texts.actual, PIECE_STRIPPED_LINE);
	struct difference found = {.actual.is_end = true};
	struct piece piece;

	while (!(piece = next_filled(&cursor)).is_end)
		if (!mark_found(&wanted, piece_bytes(texts.actual, &piece)) && found.actual.is_end)
			found.actual = piece;
	if (found.actual.is_end)
		found.actual = piece;
	found.expected = find_missing(&wanted, texts.expected);
	free(wanted.lines);
	if (found.expected.is_end && found.actual.is_end)
		return true;
	*difference = found;
	return false;
}

/* ------------------------------------------------------------------ all of them */

bool compare_holds(enum comparator comparator, struct tolerance tolerance, struct slice expected,
		   struct slice actual, struct difference *difference)
{
	static const uint8_t nothing[1];
	struct pair texts = {.expected = expected, .actual = actual};
	struct difference unwanted;

	assert((unsigned)comparator < COMPARATORS);
	if (expected.len == 0)
		texts.expected.bytes = nothing;
	if (actual.len == 0)
		texts.actual.bytes = nothing;
	if (difference == NULL)
		difference = &unwanted;
	if (is_same(texts, tolerance))
		return true;
	return rules[comparator].matches != NULL
		       ? walk(&rules[comparator], tolerance, texts, difference)
		       : match_lines(texts, difference);
}
