/*
 * What the files of the decoder share. Everything here works on bytes that values_check() found to
 * be well formed.
 */
#pragma once

#include <Python.h>
#include <stdint.h>

#include "inside/runtimes/python/values.h"
#include "inside/runtimes/python/values_reader.h"

struct value_decoder {
	struct value_reader reader;
	PyObject *resolve; /* borrowed */
	PyObject **shared; /* finished containers, owned; room for all there are */
	uint32_t n_shared;
	uint32_t n_new_classes; /* of named tuples, made for this message */
};

/* All that return an object: a new reference, or NULL with an exception. */

/* The next value, whole. */
PyObject *value_take_part(struct value_decoder *decoder);

/* ValueError("malformed value: `why`"); NULL. */
PyObject *value_malformed(const char *why);

/* Passes on what a constructor made of numbers and texts. If it refused them, that becomes
 * ValueError("malformed value: `why`"); running out of memory or of time stays what it is. */
PyObject *value_made(PyObject *object, const char *why);

/* The next integer of `n` <= 8 bytes. */
uint64_t value_take_size(struct value_decoder *decoder, size_t n);

/* Values without parts and instances of the standard library's classes; `tag` was taken. */
PyObject *value_take_plain(struct value_decoder *decoder, enum value_tag tag);

/* The class of a named tuple, up to its values; `n_fields` is how many those are. */
PyObject *value_take_named_type(struct value_decoder *decoder, uint64_t *n_fields);
