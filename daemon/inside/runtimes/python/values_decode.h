/*
 * Bytes to a Python value: see values.h.
 */
#pragma once

#include <Python.h>

/*
 * A new reference, or NULL with an exception: ValueError("malformed value: ...") for whatever is
 * wrong with `data` (bytes), else what `resolve` raised. resolve(kind, ident, label) gives the
 * object of a handle.
 */
PyObject *values_decode(PyObject *data, PyObject *resolve);
