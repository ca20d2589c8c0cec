/*
 * Numbers in a program's output, read by a grammar of our own. Pure.
 *
 *   number   = [ "+" | "-" ] ( decimal | "inf" | "infinity" | "nan" )
 *   decimal  = ( digits [ "." [ digits ] ] | "." digits ) [ ( "e" | "E" ) [ "+" | "-" ] digits ]
 *   digits   = ( "0" … "9" )+
 *
 * "inf", "infinity" and "nan" in any case. Nothing else is a number: no hexadecimal, no "1_0", no
 * "1,000", no "nan(…)", no digits beyond ASCII, no white space, no suffix. An exponent of more than
 * 15 digits (leading zeros apart) is none either; this keeps arithmetic on exponents exact.
 */
#pragma once

#include "core/job.h"

enum number_kind { NUMBER_NONE, NUMBER_FINITE, NUMBER_INFINITE, NUMBER_NAN };

/* A finite one is 0.DIGITS * 10^magnitude; zero has no digits, the magnitude 0 and no sign. */
struct number {
	enum number_kind kind;
	bool is_negative;
	struct slice digits; /* borrowed; first and last are not '0'; one '.' may be among them */
	int64_t magnitude;
};

/* Reads the whole token. Time linear in its length. */
struct number number_read(struct slice token);

/* Whether two finite numbers have the same value, exactly, whatever their lengths. */
bool number_equals(const struct number *a, const struct number *b);

/* The nearest double of a finite number; infinite beyond the range of double. */
double number_to_double(const struct number *number);
