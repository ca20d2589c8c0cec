/* The plan of a cell, told step by step. */
#pragma once

#include "core/policy.h"

/* Prints the "step" lines of describe.h for a cell of `policy`, in the order in which it is built.
 */
void explain_plan(const struct policy *policy);
