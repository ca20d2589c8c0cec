/*
 * What is left of an examination in which a test took longer than a test may: the candidate is
 * started afresh, and its examiner leaves out what is decided. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/outcome.h"

/* Fresh starts of one evaluation at most. */
#define RESUME_MAX 16

/* Whether another run could find out more. `examination` is that of the last run alone. */
bool resume_is_wanted(const struct examination *examination);

/* The tests that it has to leave out, because they have failed in a run before it: their indices,
 * at most n_tests of them, in `decided`; how many. `examination` is that of all runs, joined. */
size_t resume_decided(const struct examination *examination, uint32_t *decided);

/*
 * Completes `later` by what the run before it has found of tests that `later` has not run. Text
 * stays borrowed from the records of both. Nothing happens if the two have other tests.
 */
void resume_join(const struct examination *earlier, struct examination *later);
