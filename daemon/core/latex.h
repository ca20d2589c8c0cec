/*
 * Whether two formulas say the same, as far as spelling goes. Pure. What is taken out and what is
 * equal: core/answer.h, `math`.
 */
#pragma once

#include <stdbool.h>

#include "core/job.h"

/* False, too, if either is longer than ANSWER_MATH_MAX bytes, or empty. */
bool latex_is_same(struct slice expected, struct slice answer);
