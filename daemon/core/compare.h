/*
 * Whether a program's output is the expected one. Pure functions on bytes; this is the
 * specification of the comparators that a request names (StdioTests.comparator).
 *
 * Words used below. A *line* ends with '\n' or with the end of the text. *White space* is ASCII's:
 * space, \t, \n, \v, \f, \r; so CRLF and LF are the same to everybody but `exact`. Every other byte
 * is ordinary: NUL, control bytes, bytes beyond 127. *Stripped* means: of white space at both ends;
 * *empty*: nothing is left after that. A *token* is a longest run of bytes without white space. A
 * *number* is what core/number.h describes.
 *
 *   exact      The same bytes.
 *   rstrip     The same lines, in order, when trailing white space of each line and empty lines at
 *              the end do not count. Leading white space and empty lines before others do. The
 *              default.
 *   lines      As rstrip, and leading white space of each line does not count either.
 *   tokens     The same tokens, in order. Where lines end does not count.
 *   tokens_ci  As tokens, with A-Z equal to a-z; no other letters are folded.
 *   float      As many tokens, in order; each of them
 *              - is the same bytes, or
 *              - where the expected one is a finite number: a finite number of exactly the same
 *                value, or with |actual - expected| <= max(absolute, relative * |expected|),
 *                reckoned with the nearest doubles, none of them beyond the range of double, or
 *              - where the expected one is infinite: infinite with the same sign, however spelled,
 * or
 *              - where the expected one is a NaN: a NaN, however spelled, of any sign.
 *              So with both tolerances 0, numbers are equal if their nearest doubles are.
 *   decimal    As many tokens, in order; each of them is the same bytes, or both are finite numbers
 *              of exactly the same value, with no rounding at any length: 1, +1.00, 01, 10e-1 are
 *              the same, and so are 0 and -0. "inf" and "nan" are words here.
 *   set        The same stripped lines, each as often, in any order; empty lines do not count.
 *
 * What follows from that, and is tested: each comparator holds for a text and itself. All but
 * float are symmetric (relative is relative to the expected number), and float is if relative is 0.
 * exact implies rstrip implies lines implies tokens and set; tokens implies tokens_ci and
 * decimal; decimal implies float. But for exact, a missing '\n' at the end and empty lines at the
 * end never count.
 *
 * Nothing is cut off before comparing: `answer`, 64 KiB of blanks and garbage is not `answer`. The
 * caller must not compare an output that was cut at its limit.
 *
 * Time is linear in both texts, times log(lines of `expected`) for set. Only set allocates: 16
 * bytes for each line of `expected` that is not empty, and as much again within qsort(); nothing
 * that grows with `actual`.
 */
#pragma once

#include "core/piece.h"

enum comparator {
	COMPARE_EXACT,
	COMPARE_RSTRIP,
	COMPARE_LINES,
	COMPARE_TOKENS,
	COMPARE_TOKENS_CI,
	COMPARE_FLOAT,
	COMPARE_DECIMAL,
	COMPARE_SET,
	COMPARATORS,
};

/* Of float; the others ignore it. Finite and >= 0; a NaN or less than 0 tolerates nothing. */
struct tolerance {
	double absolute;
	double relative;
};

/*
 * The first lines or tokens that do not match, or the end of one of the texts. For set: the first
 * line of each that the other one lacks, or the end if there is none.
 */
struct difference {
	struct piece expected;
	struct piece actual;
	size_t n_same_bytes; /* at the beginning of both pieces; 0 for set */
};

/* The enum comparator of that name, COMPARE_RSTRIP for "", or -1. */
int compare_find(const char *name);

/* The name of a comparator, for results and messages. */
const char *compare_name(enum comparator comparator);

/* Whether the comparator holds. If not, `difference` (NULL: not wanted) says where. Bytes may be
 * NULL where the length is 0. */
bool compare_holds(enum comparator comparator, struct tolerance tolerance, struct slice expected,
		   struct slice actual, struct difference *difference);
