/*
 * Numbers as people write them in an answer: with currency, thousands separators, fractions,
 * percent. Pure. What is read as what: core/answer.h, `number`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/job.h"

/* Numerator and denominator of at most 18 digits each; longer ones have no value here. */
struct amount {
	bool is_negative;
	bool is_percent;
	uint64_t numerator;
	uint64_t denominator; /* 0: there is no amount */
	struct slice text;    /* what was read, from its sign to its percent sign or scale */
};

/* The first number of the text, with what stands behind it as `text` tells. */
struct amount amount_first(struct slice text);

/* The last number of the text. */
struct amount amount_last(struct slice text);

/* Exactly; percent as core/answer.h says. False if either is none. */
bool amount_equals(const struct amount *a, const struct amount *b);
