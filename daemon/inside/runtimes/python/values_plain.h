/*
 * The encoder's values without parts, or with a few.
 */
#pragma once

#include <Python.h>

#include "inside/runtimes/python/values_encoder.h"

#define VALUE_NOT_PLAIN 1

/* 0: written; -1 with an exception; VALUE_NOT_PLAIN: is none of these, nothing was written. */
int value_put_plain(struct value_encoder *encoder, PyObject *value);

/* 1: the tag and the names of a named tuple are written, its values must follow; 0: is none, or
 * none that the receiver could make; -1 with an exception. */
int value_put_named_head(struct value_encoder *encoder, PyObject *tuple);

int value_put_bytearray(struct value_encoder *encoder, PyObject *array);

/* Asks `export`. */
int value_put_handle(struct value_encoder *encoder, PyObject *value);

/* The receiver can hash all keys of `container`, a dict or frozenset, by itself: 1, 0, or -1 with
 * an exception. */
int value_has_plain_keys(PyObject *container);
