/*
 * A Python value to bytes: see values.h.
 */
#pragma once

#include <Python.h>

/*
 * New bytes, or NULL with an exception: ValueError if the value contains itself or is too large,
 * else what `export` raised. export(object) gives (kind, ident, label) of what is no plain data.
 */
PyObject *values_encode(PyObject *value, PyObject *export);
