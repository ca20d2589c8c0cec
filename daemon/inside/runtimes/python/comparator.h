/*
 * How the values of tests of kind calls are compared. In the judging process; set once a task,
 * before anything of the candidate.
 */
#pragma once

#include <Python.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Takes what JOB_COMPARATOR says: "exact", "unordered", or "float ABSOLUTE RELATIVE" or
 * "evalplus ABSOLUTE RELATIVE ORACLE". Without it a run compares as Python does. 0, or -1 if it
 * says anything else.
 */
int comparator_use(const char *text, size_t len);

/* Back to Python's. */
void comparator_forget(void);

/* Expected values are JSON's: a list stands for a tuple, too. */
bool comparator_takes_tuples(void);

/* Two numbers that are not equal: are they within the tolerances, or both NaN? Always 0 unless the
 * comparator is float. 1, 0, or -1 with an exception. */
int comparator_is_near(PyObject *actual, PyObject *expected);

/* Whether a test holds: equality_holds(), for the outer list in the comparator's order. 1, 0, or -1
 * with an exception. */
int comparator_holds(PyObject *actual, PyObject *expected);

/* For the runtime's Python part, as attributes of the module _assay: what evalplus.py needs to
 * know, and the function of it that decides with that comparator. */
PyObject *comparator_settings(PyObject *module, PyObject *nothing);
PyObject *comparator_compare_by(PyObject *module, PyObject *function);
