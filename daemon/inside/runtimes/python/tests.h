/*
 * The tests of a run as the examiner found them in the sources: where each one stands.
 */
#pragma once

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "inside/cell/records.h"

/*
 * `sources`: list of bytes. `tests`: list of tuples (source, line, column, end line, end column,
 * call line, call column, call end line, call end column, name, flags), lines from 1, columns in
 * bytes of UTF-8 from 0, as the ast module has them. 0, or -1 with an exception set. Once only.
 */
#define TESTS_FLAG_SWAPPED 1u /* the expected value stands on the left */
#define TESTS_FLAG_MESSAGE 2u /* the assertion has a message */
#define TESTS_FLAG_NOTED 4u   /* the value noted on the way says more than the compared one */
int tests_load(PyObject *sources, PyObject *tests);

/* In texts of calls the name on the left (bytes) is told as the one on the right; empty: as
 * written. */
void tests_name_call(PyObject *parameter, PyObject *entry_point);

/* Others can be loaded. What became of these has been forgotten (outcomes_start). */
void tests_forget(void);

uint32_t tests_count(void);
bool tests_has_message(uint32_t index);
bool tests_is_swapped(uint32_t index);
bool tests_tells_noted(uint32_t index);

/* Does the test stand at or behind that line of that source? */
bool tests_is_behind(uint32_t index, uint32_t source, uint32_t line);

/* Lines from 1, columns in bytes from 0; line 0: no place. */
struct tests_span {
	unsigned int line, column, end_line, end_column;
};

/* Texts, borrowed until the next call, at most `limit` bytes of them. */
struct records_field tests_name(uint32_t index);
struct records_field tests_source(uint32_t index, size_t limit);
struct records_field tests_call(uint32_t index, size_t limit);
/* A call at that place of the test's source. */
struct records_field tests_call_at(uint32_t index, const struct tests_span *span, size_t limit);
/* What the assertion asserts, with its message if it has one. */
struct records_field tests_condition(uint32_t index, size_t limit);
