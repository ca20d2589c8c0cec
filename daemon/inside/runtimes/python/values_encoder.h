/*
 * What the files of the encoder share: its state, and the functions that write a tag and a part.
 */
#pragma once

#include <Python.h>

#include "inside/runtimes/python/values.h"
#include "inside/runtimes/python/values_output.h"

struct value_encoder {
	struct value_output output;
	struct value_memo memo;
	PyObject *export;     /* borrowed */
	PyObject *named_type; /* class of the last named tuple, and its head in bytes; both owned */
	PyObject *named_head;
	uint32_t n_nodes;
	uint32_t n_shared;
	unsigned depth;
};

/* All: 0, or -1 with an exception. */

/* Begins a value. */
int value_put_tag(struct value_encoder *encoder, enum value_tag tag);

/* A whole value, one level deeper. */
int value_put_part(struct value_encoder *encoder, PyObject *part);

/* Takes the reference; NULL: passes the exception on. */
int value_put_new_part(struct value_encoder *encoder, PyObject *part);
