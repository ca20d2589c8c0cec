/*
 * The texts of values that did not please: what is told of a failed assertion. In the judging
 * process.
 */
#pragma once

#include <Python.h>
#include <stdint.h>

/* Bytes objects, owned; each may be NULL. */
struct told {
	PyObject *expected;
	PyObject *actual;
	PyObject *call; /* NULL: the one that the test has */
};
void told_clear(struct told *told);

/* Who makes texts, both kept: one(value, limit) -> bytes, both(expected, actual, limit) -> (bytes,
 * bytes). */
void telling_start(PyObject *one, PyObject *both);

/* Texts have at most so many bytes from now on. */
void telling_limit(uint32_t limit);

/* note(test, line, column, end_line, end_column, value), for the module's table: what a call in the
 * present assertion gave, and where that stands. Returns the value. */
PyObject *telling_note(PyObject *module, PyObject *arguments);

/* compared(test, line, column, end_line, end_column, actual, expected), for the module's table:
 * whether they are equal; if not, that is what is told of the assertion that raises next. */
PyObject *telling_compared(PyObject *module, PyObject *arguments);

/* The assertion is over: lets go of what was noted. */
void telling_forget(void);

/*
 * Of an assertion that does not hold: the two values or, where they say little (that
 * `abs(f(1) - 2) < 1e-6` is False), what the call in it gave and what was asserted of it.
 * Fails by telling nothing.
 */
void tell_values(uint32_t index, PyObject *expected, PyObject *actual, struct told *told);

/* Of an assertion that raised: what it had compared, or what a call in it had given before, if that
 * was noted. */
void tell_noted(uint32_t index, struct told *told);
