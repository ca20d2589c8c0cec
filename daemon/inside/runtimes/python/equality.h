/*
 * Equality that the candidate has no say in, as far as it can be had within one process.
 */
#pragma once

#include <Python.h>
#include <stdbool.h>

/*
 * Remembers the comparisons of the builtin types and the types of the standard library whose own
 * `==` is trusted (a tuple of types), before any candidate runs. 0, or -1 with an exception.
 */
int equality_prepare(PyObject *trusted_types);

/*
 * Instances of classes of this metaclass may be keys and elements of sets: their `==` with plain
 * data is False whatever the candidate says. Only for who has no candidate's code in its process.
 */
void equality_trust_keys(PyObject *metaclass);

/* Is it of exactly one of those types? */
bool equality_trusts(PyObject *value);

/*
 * Whether actual == expected. Where `expected` is plain data (None, bool, numbers, text, bytes, and
 * lists, tuples, dicts and sets of such) no method of a class that the candidate wrote is called: a
 * subclass of a builtin type counts as its base value, any other object is not equal. Else as
 * Python says; and what the run's comparator adds (comparator.h), the order of an outer list
 * excepted. 1, 0, or -1 with an exception.
 */
int equality_holds(PyObject *actual, PyObject *expected);
