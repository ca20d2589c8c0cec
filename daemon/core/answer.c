/*
 * The final answer of a text and its comparison. Pure; used by broker/answers.c. The rules are in
 * the header; core/amount.c reads numbers, core/latex.c normalizes formulas.
 *
 * Of all that a text offers, one place is taken, by its position alone and before the expected
 * answer is looked at: a text that lists every possible answer has guessed once.
 */
#include "core/answer.h"

#include <string.h>

#include "core/amount.h"
#include "core/ascii.h"
#include "core/latex.h"

static const char *const names[ANSWER_COMPARATORS] = {
	[ANSWER_NUMBER] = "number",
	[ANSWER_EXACT] = "exact",
	[ANSWER_CHOICE] = "choice",
	[ANSWER_MATH] = "math",
};

int answer_find_comparator(const char *name)
{
	if (name[0] == '\0')
		return ANSWER_NUMBER;
	for (int i = 0; i < ANSWER_COMPARATORS; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

const char *answer_comparator_name(enum answer_comparator comparator)
{
	return names[comparator];
}

/* ---------------------------------------------------------------- bytes */

static bool is_word_byte(uint8_t byte)
{
	return ascii_is_letter(byte) || ascii_is_digit(byte) || byte == '_' || byte >= 0x80;
}

static struct slice part(struct slice text, size_t from, size_t to)
{
	return (struct slice){.bytes = text.bytes + from, .len = to - from};
}

static struct slice stripped(struct slice text)
{
	size_t from = 0, to = text.len;

	while (from < to && ascii_is_space(text.bytes[from]))
		from++;
	while (to > from && ascii_is_space(text.bytes[to - 1]))
		to--;
	return text.len == 0 ? text : part(text, from, to);
}

static bool has_at(struct slice text, size_t at, const char *wanted)
{
	size_t len = strlen(wanted);

	return text.len - at >= len && strncasecmp((const char *)text.bytes + at, wanted, len) == 0;
}

static size_t end_of_line(struct slice text, size_t at)
{
	const uint8_t *end = at < text.len ? memchr(text.bytes + at, '\n', text.len - at) : NULL;

	return end != NULL ? (size_t)(end - text.bytes) : text.len;
}

static struct slice last_line(struct slice text)
{
	struct slice all = stripped(text);
	size_t from = all.len;

	while (from > 0 && all.bytes[from - 1] != '\n')
		from--;
	return all.len == 0 ? all : stripped(part(all, from, all.len));
}

/* ---------------------------------------------------------------- marks */

/* "ANSWER}" from behind the opening brace; false: it is not closed. */
static bool find_box_end(struct slice text, size_t from, size_t *to)
{
	size_t depth = 1;

	for (size_t at = from; at < text.len; at++) {
		if (text.bytes[at] == '\\')
			at++;
		else if (text.bytes[at] == '{')
			depth++;
		else if (text.bytes[at] == '}' && --depth == 0) {
			*to = at;
			return true;
		}
	}
	return false;
}

/* Whether a box begins at `at`: then *inside is where its content does. */
static bool is_box(struct slice text, size_t at, size_t *inside)
{
	const char *const boxes[] = {"\\boxed{", "\\boxed {", "\\fbox{"};

	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		if (text.bytes[at] != '\\' || !has_at(text, at, boxes[i]))
			continue;
		*inside = at + strlen(boxes[i]);
		return true;
	}
	return false;
}

static size_t skip_blanks(struct slice text, size_t at)
{
	while (at < text.len &&
	       (text.bytes[at] == ' ' || text.bytes[at] == '\t' || text.bytes[at] == '*'))
		at++;
	return at;
}

/* "answer is", "Answer: ", "**answer** =": then *inside is where the answer begins. */
static bool is_phrase(struct slice text, size_t at, size_t *inside)
{
	const char *const links[] = {"is:", "is", ":", "="};

	if ((text.bytes[at] | 0x20) != 'a' || !has_at(text, at, "answer") ||
	    (at > 0 && is_word_byte(text.bytes[at - 1])))
		return false;
	at = skip_blanks(text, at + strlen("answer"));
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		size_t behind = at + strlen(links[i]);

		if (!has_at(text, at, links[i]) ||
		    (behind < text.len && ascii_is_letter(links[i][strlen(links[i]) - 1]) &&
		     is_word_byte(text.bytes[behind])))
			continue;
		*inside = skip_blanks(text, behind);
		return true;
	}
	return false;
}

/* To the end of the sentence or of the line; what is bold is so for the eye alone. */
static struct slice behind_phrase(struct slice text, size_t from)
{
	size_t to;

	while (from < text.len && ascii_is_space(text.bytes[from]))
		from++;
	to = end_of_line(text, from);
	for (size_t at = from; at < to; at++)
		if (text.bytes[at] == '.' && (at + 1 == to || ascii_is_space(text.bytes[at + 1])))
			to = at;
	while (to > from && (ascii_is_space(text.bytes[to - 1]) || text.bytes[to - 1] == '*'))
		to--;
	return stripped(part(text, from, to));
}

enum mark { MARK_NONE, MARK_LINE, MARK_BOX, MARK_PHRASE };

/* The last mark; false: there is none. What it gives is cut out at the end, once. */
static bool find_marked(struct slice text, struct slice *found)
{
	enum mark mark = MARK_NONE;
	size_t inside = 0, box_end = 0, next;
	bool has_boxes = true;

	for (size_t at = 0; at < text.len; at++) {
		if (text.bytes[at] == '#' && has_at(text, at, "####")) {
			mark = MARK_LINE;
			inside = at + 4;
		} else if (has_boxes && is_box(text, at, &next)) {
			has_boxes = find_box_end(text, next, &box_end);
			if (!has_boxes) /* nor is any behind it closed outside of it */
				continue;
			mark = MARK_BOX;
			inside = next;
			at = box_end;
		} else if (is_phrase(text, at, &next)) {
			mark = MARK_PHRASE;
			inside = next;
		}
	}
	if (mark == MARK_BOX)
		*found = stripped(part(text, inside, box_end));
	else if (mark == MARK_LINE)
		*found = stripped(part(text, inside, end_of_line(text, inside)));
	else if (mark == MARK_PHRASE)
		*found = behind_phrase(text, inside);
	return mark != MARK_NONE;
}

/* ---------------------------------------------------------------- which part of it */

static struct slice behind_last_equals(struct slice text)
{
	size_t from = text.len;

	while (from > 0 && text.bytes[from - 1] != '=')
		from--;
	return from > 0 ? part(text, from, text.len) : text;
}

/* The last $...$ of a line, else all of it. */
static struct slice formula_of(struct slice line)
{
	size_t signs[2] = {0}, n = 0;

	for (size_t at = 0; at < line.len; at++) {
		if (line.bytes[at] != '$' || (at > 0 && line.bytes[at - 1] == '\\'))
			continue;
		signs[n % 2] = at;
		n++;
	}
	if (n < 2 || n % 2 != 0)
		return line;
	return stripped(part(line, signs[0] + 1, signs[1]));
}

static bool stands_alone(struct slice text, size_t at)
{
	return ascii_is_letter(text.bytes[at]) && (at == 0 || !is_word_byte(text.bytes[at - 1])) &&
	       (at + 1 == text.len || !is_word_byte(text.bytes[at + 1])) &&
	       !(at + 1 < text.len && text.bytes[at + 1] == '\'');
}

/* The only letter of a text that is otherwise brackets, stars and stops. */
static struct slice lone_letter(struct slice text)
{
	struct slice found = {.bytes = text.bytes};

	for (size_t at = 0; at < text.len; at++) {
		if (found.len == 0 && stands_alone(text, at))
			found = part(text, at, at + 1);
		else if (!ascii_is_space(text.bytes[at]) &&
			 memchr("()[]{}*.:,$", text.bytes[at], 11) == NULL)
			return (struct slice){.bytes = text.bytes};
	}
	return found;
}

/* A small letter is an option only before a bracket: "a" is a word. */
static struct slice first_option(struct slice text)
{
	struct slice found = lone_letter(text);

	for (size_t at = 0; at < text.len && found.len == 0; at++) {
		bool is_large = text.bytes[at] >= 'A' && text.bytes[at] <= 'Z';

		if (stands_alone(text, at) &&
		    (is_large || (at + 1 < text.len && text.bytes[at + 1] == ')')))
			found = part(text, at, at + 1);
	}
	return found;
}

static struct slice last_option(struct slice text)
{
	struct slice found = lone_letter(last_line(text));

	for (size_t at = text.len; at >= 3 && found.len == 0; at--)
		if (text.bytes[at - 1] == ')' && text.bytes[at - 3] == '(' &&
		    ascii_is_letter(text.bytes[at - 2]))
			found = part(text, at - 2, at - 1);
	return found;
}

static struct slice or_else(struct slice found, struct slice otherwise)
{
	return found.len > 0 ? found : otherwise;
}

static struct slice of_mark(enum answer_comparator comparator, struct slice marked)
{
	switch (comparator) {
	case ANSWER_NUMBER:
		return or_else(amount_first(behind_last_equals(marked)).text, marked);
	case ANSWER_CHOICE:
		return or_else(first_option(marked), marked);
	case ANSWER_MATH:
		return formula_of(marked);
	default:
		return marked;
	}
}

struct slice answer_of_text(enum answer_comparator comparator, struct slice text)
{
	struct slice marked = text;

	if (text.len == 0)
		return text;
	if (find_marked(text, &marked))
		return of_mark(comparator, marked);
	switch (comparator) {
	case ANSWER_NUMBER:
		return or_else(amount_last(text).text, last_line(text));
	case ANSWER_CHOICE:
		return or_else(last_option(text), last_line(text));
	case ANSWER_MATH:
		return formula_of(last_line(text));
	default:
		return stripped(text);
	}
}

/* ---------------------------------------------------------------- whether it holds */

static bool is_same(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0);
}

static bool same_number(struct slice expected, struct slice answer)
{
	struct amount a = amount_first(behind_last_equals(expected)), b = amount_first(answer);

	if (a.text.len > 0 && is_same(a.text, b.text))
		return true; /* also of more digits than are reckoned with */
	return amount_equals(&a, &b);
}

static bool same_option(struct slice expected, struct slice answer)
{
	struct slice a = first_option(expected), b = first_option(answer);

	return a.len == 1 && b.len == 1 && (a.bytes[0] | 0x20) == (b.bytes[0] | 0x20);
}

bool answer_is_usable(enum answer_comparator comparator, struct slice expected)
{
	switch (comparator) {
	case ANSWER_NUMBER:
		return amount_first(behind_last_equals(expected)).text.len > 0;
	case ANSWER_CHOICE:
		return first_option(expected).len == 1;
	case ANSWER_MATH:
		return stripped(expected).len > 0 && expected.len <= ANSWER_MATH_MAX;
	default:
		return stripped(expected).len > 0;
	}
}

bool answer_holds(enum answer_comparator comparator, struct slice expected, struct slice answer)
{
	switch (comparator) {
	case ANSWER_NUMBER:
		return same_number(expected, answer);
	case ANSWER_CHOICE:
		return same_option(expected, answer);
	case ANSWER_MATH:
		return latex_is_same(formula_of(stripped(expected)), answer);
	default:
		return is_same(stripped(expected), stripped(answer));
	}
}
