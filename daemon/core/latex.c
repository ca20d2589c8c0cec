/*
 * Formulas as text: spelled in one way, then compared part by part. Pure; used by core/answer.c.
 *
 * This is no algebra: x+1 and 1+x differ. What a person would not call a difference is taken out
 * (spaces, sizes of brackets, names of the same fraction), and numbers are compared as numbers.
 */
#include "core/latex.h"

#include <string.h>

#include "core/amount.h"
#include "core/ascii.h"
#include "core/answer.h"

/* Spelling out adds a brace pair for each argument. */
#define SPELLED_MAX (3 * ANSWER_MATH_MAX)
#define DEPTH_MAX 16

struct spelling {
	struct slice from;
	size_t at;
	uint8_t bytes[SPELLED_MAX];
	size_t len;
};

static void put(struct spelling *spelling, const char *text)
{
	size_t len = strlen(text);

	if (len > SPELLED_MAX - spelling->len)
		len = SPELLED_MAX - spelling->len;
	memcpy(spelling->bytes + spelling->len, text, len);
	spelling->len += len;
}

static void put_byte(struct spelling *spelling, uint8_t byte)
{
	if (spelling->len < SPELLED_MAX)
		spelling->bytes[spelling->len++] = byte;
}

/* A command is not the beginning of a longer one: \left is none in \leftarrow. */
static bool take(struct spelling *spelling, const char *wanted)
{
	struct slice from = spelling->from;
	size_t len = strlen(wanted), behind = spelling->at + len;

	if (from.len - spelling->at < len || memcmp(from.bytes + spelling->at, wanted, len) != 0)
		return false;
	if (wanted[0] == '\\' && ascii_is_letter((uint8_t)wanted[len - 1]) && behind < from.len &&
	    ascii_is_letter(from.bytes[behind]))
		return false;
	spelling->at = behind;
	return true;
}

/* ---------------------------------------------------------------- one spelling */

/* What means nothing, and what is spelled in another way. Longer ones before their beginnings. */
static const struct {
	const char *from;
	const char *to;
} spellings[] = {
	{"\\left", ""},
	{"\\right", ""},
	{"\\!", ""},
	{"\\,", ""},
	{"\\;", ""},
	{"\\:", ""},
	{"\\ ", ""},
	{"\\qquad", ""},
	{"\\quad", ""},
	{"\\$", ""},
	{"$", ""},
	{"^{\\circ}", ""},
	{"^\\circ", ""},
	{"\\degree", ""},
	{"\xc2\xb0", ""},
	{"\\dfrac", "\\frac"},
	{"\\tfrac", "\\frac"},
	{"\\cdot", "*"},
	{"\\times", "*"},
	{"\\%", "%"},
	{"\\leq", "\\le"},
	{"\\geq", "\\ge"},
	{"\\neq", "\\ne"},
	{"\xe2\x88\x92", "-"},
	{"\\lbrace", "\\{"},
	{"\\rbrace", "\\}"},
	{"\\infty", "\\infty"},
};

static const char *const texts[] = {"\\text", "\\textbf", "\\mathrm", "\\mbox", "\\mathbf"};

/* \text{...}: units behind a value, else the answer itself. */
static bool take_text(struct spelling *spelling)
{
	struct slice from = spelling->from;
	const uint8_t *end;
	bool is_taken = false;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !is_taken; i++)
		is_taken = take(spelling, texts[i]);
	if (!is_taken)
		return false;
	while (spelling->at < from.len && from.bytes[spelling->at] == ' ')
		spelling->at++;
	if (spelling->at == from.len || from.bytes[spelling->at] != '{')
		return true;
	end = memchr(from.bytes + spelling->at, '}', from.len - spelling->at);
	if (end == NULL)
		return true;
	if (spelling->len == 0)
		for (const uint8_t *byte = from.bytes + spelling->at + 1; byte < end; byte++)
			if (*byte > ' ')
				put_byte(spelling, *byte);
	spelling->at = (size_t)(end - from.bytes) + 1;
	return true;
}

/* The arguments of \frac12 and \sqrt2 get their braces. */
static void put_arguments(struct spelling *spelling, size_t n)
{
	struct slice from = spelling->from;

	while (n-- > 0) {
		while (spelling->at < from.len && from.bytes[spelling->at] == ' ')
			spelling->at++;
		if (spelling->at == from.len || !(ascii_is_digit(from.bytes[spelling->at]) ||
						  ascii_is_letter(from.bytes[spelling->at])))
			return;
		put_byte(spelling, '{');
		put_byte(spelling, from.bytes[spelling->at++]);
		put_byte(spelling, '}');
	}
}

static bool take_spelling(struct spelling *spelling)
{
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		if (!take(spelling, spellings[i].from))
			continue;
		put(spelling, spellings[i].to);
		if (strcmp(spellings[i].to, "\\frac") == 0)
			put_arguments(spelling, 2);
		return true;
	}
	return false;
}

static bool take_command(struct spelling *spelling)
{
	/* take() wants a command's end, but \frac12 and \sqrt2 are followed by no letter. */
	if (take(spelling, "\\frac")) {
		put(spelling, "\\frac");
		put_arguments(spelling, 2);
		return true;
	}
	if (take(spelling, "\\sqrt")) {
		put(spelling, "\\sqrt");
		put_arguments(spelling, 1);
		return true;
	}
	return false;
}

static void spell(struct spelling *spelling, struct slice from)
{
	spelling->from = from;
	spelling->at = 0;
	spelling->len = 0;
	while (spelling->at < from.len) {
		if (take_text(spelling) || take_command(spelling) || take_spelling(spelling))
			continue;
		if (from.bytes[spelling->at] > ' ')
			put_byte(spelling, from.bytes[spelling->at]);
		spelling->at++;
	}
	while (spelling->len > 0 && spelling->bytes[spelling->len - 1] == '.')
		spelling->len--;
}

/* ---------------------------------------------------------------- parts */

static struct slice part(struct slice text, size_t from, size_t to)
{
	return (struct slice){.bytes = text.bytes + from, .len = to - from};
}

static int depth_of(uint8_t byte)
{
	return strchr("([{", byte) != NULL ? 1 : strchr(")]}", byte) != NULL ? -1 : 0;
}

/* "x=5" says 5; "x+y=5" says more. */
static struct slice without_variable(struct slice text)
{
	if (text.len > 2 && ascii_is_letter(text.bytes[0]) && text.bytes[1] == '=')
		return part(text, 2, text.len);
	return text;
}

/* Braces around all of it only group. */
static struct slice without_braces(struct slice text)
{
	while (text.len >= 2 && text.bytes[0] == '{' && text.bytes[text.len - 1] == '}') {
		int depth = 0;

		for (size_t i = 0; i + 1 < text.len; i++) {
			depth += depth_of(text.bytes[i]);
			if (depth == 0)
				return text; /* {a}+{b} */
		}
		text = part(text, 1, text.len - 1);
	}
	return text;
}

/* a/b of two plain words, as \frac{a}{b} has them. */
static bool split_fraction(struct slice text, struct slice *over, struct slice *under)
{
	const uint8_t *slash = text.len > 0 ? memchr(text.bytes, '/', text.len) : NULL;
	size_t middle;

	if (slash != NULL) {
		middle = (size_t)(slash - text.bytes);
		*over = part(text, 0, middle);
		*under = part(text, middle + 1, text.len);
		for (size_t i = 0; i < text.len; i++)
			if (i != middle && !ascii_is_digit(text.bytes[i]) &&
			    !ascii_is_letter(text.bytes[i]) && text.bytes[i] != '\\' &&
			    text.bytes[i] != '-')
				return false;
		return over->len > 0 && under->len > 0;
	}
	if (text.len < 9 || memcmp(text.bytes, "\\frac{", 6) != 0)
		return false;
	for (middle = 6; middle < text.len && depth_of(text.bytes[middle]) == 0;)
		middle++;
	if (middle + 2 >= text.len || text.bytes[middle] != '}' || text.bytes[middle + 1] != '{' ||
	    text.bytes[text.len - 1] != '}')
		return false;
	*over = part(text, 6, middle);
	*under = part(text, middle + 2, text.len - 1);
	return true;
}

static bool is_amount(struct slice text, struct amount *amount)
{
	*amount = amount_first(text);
	return amount->text.len == text.len && amount->denominator != 0;
}

/* The part up to the next comma outside brackets; *at is behind it. */
static struct slice next_part(struct slice text, size_t *at)
{
	size_t from = *at, to = from;
	int depth = 0;

	while (to < text.len && !(depth == 0 && text.bytes[to] == ',')) {
		depth += depth_of(text.bytes[to]);
		to++;
	}
	*at = to + 1;
	return part(text, from, to);
}

static bool is_bracketed(struct slice text)
{
	return text.len >= 2 && depth_of(text.bytes[0]) == 1 &&
	       depth_of(text.bytes[text.len - 1]) == -1;
}

static bool is_same(struct slice a, struct slice b, int depth);

static bool are_same_parts(struct slice a, struct slice b, int depth)
{
	size_t at_a = 0, at_b = 0;

	while (at_a <= a.len && at_b <= b.len)
		if (!is_same(next_part(a, &at_a), next_part(b, &at_b), depth))
			return false;
	return at_a > a.len && at_b > b.len;
}

static bool has_parts(struct slice text)
{
	size_t at = 0;

	next_part(text, &at);
	return at <= text.len;
}

static bool is_same(struct slice a, struct slice b, int depth)
{
	struct amount x, y;
	struct slice over[2], under[2];

	a = without_braces(a);
	b = without_braces(b);
	if (a.len == b.len && (a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0))
		return true;
	if (is_amount(a, &x) && is_amount(b, &y))
		return amount_equals(&x, &y);
	if (depth == DEPTH_MAX)
		return false;
	if (split_fraction(a, &over[0], &under[0]) && split_fraction(b, &over[1], &under[1]))
		return is_same(over[0], over[1], depth + 1) &&
		       is_same(under[0], under[1], depth + 1);
	if (has_parts(a) && has_parts(b))
		return are_same_parts(a, b, depth + 1);
	if (!is_bracketed(a) || !is_bracketed(b) || a.bytes[0] != b.bytes[0] ||
	    a.bytes[a.len - 1] != b.bytes[b.len - 1])
		return false;
	return are_same_parts(part(a, 1, a.len - 1), part(b, 1, b.len - 1), depth + 1);
}

bool latex_is_same(struct slice expected, struct slice answer)
{
	static struct spelling a, b; /* too large for a stack; the broker has one thread */

	if (expected.len == 0 || expected.len > ANSWER_MATH_MAX || answer.len == 0 ||
	    answer.len > ANSWER_MATH_MAX)
		return false;
	spell(&a, expected);
	spell(&b, answer);
	if (a.len == 0 || b.len == 0)
		return false;
	return is_same(without_variable((struct slice){a.bytes, a.len}),
		       without_variable((struct slice){b.bytes, b.len}), 0);
}
