/*
 * Numbers of numpy: objects that stand for a plain number or truth value and are no instances of
 * Python's classes.
 */
#pragma once

#include <Python.h>
#include <stdbool.h>

/* Whether it is one. Hashing and comparing it runs nothing of a candidate. */
bool scalar_is_foreign(PyObject *value);

/* The plain number that it stands for, a new reference; NULL without an exception: it is none. */
PyObject *scalar_plain(PyObject *value);
