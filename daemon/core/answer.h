/*
 * The final answer of a text, and whether it is the expected one. Pure functions on bytes; this is
 * the specification of kind `answer` and of the comparators that it names (AnswerTest.comparator).
 *
 * Which part of the text is its answer. The last of these marks that the text has, because the last
 * word counts, and just one answer is taken however many are offered:
 *
 *   #### ANSWER            to the end of the line, as the data of GSM8K has it (Cobbe et al. 2021)
 *   \boxed{ANSWER}         or \fbox; braces within are balanced
 *   answer is ANSWER       "answer", in any case, followed by "is", ":" or "="; to the end of the
 *                          sentence or line, or the next line that is not empty if nothing is left
 *
 * A box within what a mark gives is the answer. Without any mark: `exact` takes the whole text,
 * `math` the last line that is not empty, of that the last $...$ if it has one, `number` the last
 * number of the text, `choice` a last line that is nothing but a letter, else the last "(X)".
 * White space around an answer never counts.
 *
 *   exact   The same bytes.
 *   number  The same value, exactly: nothing is rounded. Taken is the first number of the marked
 *           answer; if it is an equation, the first behind the last "=". A number is
 *           [sign] [$ or another currency sign] digits, with "," (or LaTeX's "{,}", "\,", "\!")
 *           between groups of three, a decimal point, an exponent; or a fraction a/b or
 * \frac{a}{b}, also behind a whole number (1 3/4); then perhaps thousand, million or billion. Units
 *           behind it are not read and not converted. Where one side has a percent sign and the
 *           other none, 50% is equal to 0.5 and to 50, because the sign is a unit in one kind of
 *           question and a value in the other.
 *   choice  The same letter A to Z, in any case: "B", "(b)", "B.", "B) because ...", "option B".
 *   math    The same value as for `number`, where each side is a number and nothing else but units
 *           in \text{...}; else the same text after what does not change the meaning is taken out
 *           of the LaTeX: white space, $, \left and \right, spaces such as \, and \!, \text{...},
 *           \dfrac for \frac, \frac12 for \frac{1}{2}, \sqrt2 for \sqrt{2}, a/b for \frac{a}{b},
 *           \cdot and \times for *, degrees, a final period, and "x =" before a value. Of tuples,
 *           intervals and lists (commas outside brackets) each part is compared so.
 *
 * Time is linear in both texts, `math` apart, which looks at no more than ANSWER_MATH_MAX bytes of
 * an answer and says of longer ones that they differ. Nothing is allocated.
 */
#pragma once

#include <stdbool.h>

#include "core/job.h"

#define ANSWER_MATH_MAX 4096

enum answer_comparator {
	ANSWER_NUMBER,
	ANSWER_EXACT,
	ANSWER_CHOICE,
	ANSWER_MATH,
	ANSWER_COMPARATORS
};

/* The enum answer_comparator of that name, ANSWER_NUMBER for "", or -1. */
int answer_find_comparator(const char *name);

const char *answer_comparator_name(enum answer_comparator comparator);

/* Whether an expected answer can be one at all: a number, a letter, something. */
bool answer_is_usable(enum answer_comparator comparator, struct slice expected);

/* The final answer of a text, as above; empty if there is none. Points into `text`. */
struct slice answer_of_text(enum answer_comparator comparator, struct slice text);

/* Whether `answer`, from answer_of_text, is the expected one. */
bool answer_holds(enum answer_comparator comparator, struct slice expected, struct slice answer);
