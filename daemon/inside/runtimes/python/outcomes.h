/*
 * The table of outcomes: what became of each test, and the records of it. In the judging process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "inside/cell/records.h"

/* Forgets the outcomes of another candidate examined before. Sources and calls of tests are told in
 * at most `value_bytes`. */
void outcomes_start(bool stops_at_failure, uint32_t value_bytes);

/* Something of the candidate or its tests runs from now on, and its CPU time counts. */
void outcomes_begin(void);
bool outcomes_have_begun(void);

/* Sets the outcome of a test and writes its record; empty fields are filled with what the plan says
 * of it. */
void outcomes_write(struct records_test *test);

/* The same of a test as a whole, unless its outcome stands: the first failure does, and a pass that
 * no failure follows. False: the examination is to stop. */
bool outcomes_take(struct records_test *test);

/* The test has passed, unless it has an outcome already. */
void outcomes_pass(uint32_t index);

bool outcomes_has_failed(uint32_t index);
bool outcomes_have_failure(void);

/* How many tests have one. */
uint32_t outcomes_reached(void);

/* Since the last outcome the candidate's code compared its objects. */
void outcomes_compared_by_candidate(void);

/* The other half of the examination is gone; and a test was told so. */
void outcomes_lost(void);
void outcomes_crashed(void);
bool outcomes_have_crashed(void);

/* Whether the examination ends at a failure: because it is to, or because it cannot go on. */
bool outcomes_end_at_failure(void);

/* The test to which an exception at `line` of a source of the tests belongs: the next that it kept
 * from running. */
uint32_t outcomes_place(uint32_t source, uint32_t line);
