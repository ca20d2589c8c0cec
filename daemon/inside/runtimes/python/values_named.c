/*
 * Writes a value (values.h): the head of a named tuple, handles; and says what can be a key. In
 * both locked processes.
 */
#include <string.h>

#include "inside/runtimes/python/scalars.h"
#include "inside/runtimes/python/values_plain.h"
#include "inside/runtimes/python/values_types.h"

static PyObject *type_attribute(PyObject *type, const char *name)
{
	return PyObject_CallFunction(value_types.type_attribute, "Os", type, name);
}

/* namedtuple() would take it: its UTF-8 in new bytes, None if not, NULL with an exception. */
static PyObject *name_bytes(PyObject *name, bool may_be_private)
{
	PyObject *is_identifier, *is_keyword, *bytes;
	bool fits;

	if (!PyUnicode_CheckExact(name))
		Py_RETURN_NONE;
	is_identifier = PyObject_CallFunctionObjArgs(value_types.str_is_identifier, name, NULL);
	is_keyword = PyObject_CallFunctionObjArgs(value_types.is_keyword, name, NULL);
	fits = is_identifier == Py_True && is_keyword == Py_False;
	Py_XDECREF(is_identifier);
	Py_XDECREF(is_keyword);
	if (is_identifier == NULL || is_keyword == NULL)
		return NULL;
	bytes = fits ? PyUnicode_AsUTF8String(name) : NULL;
	if (bytes == NULL && fits)
		return NULL;
	if (bytes != NULL && PyBytes_Size(bytes) <= VALUE_NAME_BYTES_MAX &&
	    (may_be_private || PyBytes_AsString(bytes)[0] != '_'))
		return bytes;
	Py_XDECREF(bytes);
	Py_RETURN_NONE;
}

/* 1: written; 0: the name is none; -1 with an exception. */
static int put_name(struct value_output *head, PyObject *name, bool may_be_private)
{
	PyObject *bytes = name_bytes(name, may_be_private);
	int written = bytes != NULL ? 0 : -1;

	if (bytes != NULL && bytes != Py_None) {
		size_t n = (size_t)PyBytes_Size(bytes);

		written = value_put_number(head, n, 1) < 0 ||
					  value_put(head, PyBytes_AsString(bytes), n) < 0
				  ? -1
				  : 1;
	}
	Py_XDECREF(bytes);
	return written;
}

static bool has_equal(PyObject *fields, Py_ssize_t n, PyObject *name)
{
	for (Py_ssize_t i = 0; i < n; i++)
		if (PyUnicode_Compare(PyTuple_GetItem(fields, i), name) == 0)
			return true;
	return false;
}

/* `fields`: a tuple. As put_name(). */
static int put_names(struct value_output *head, PyObject *type_name, PyObject *fields)
{
	Py_ssize_t n = PyTuple_Size(fields);
	int written;

	if ((size_t)n > VALUE_FIELDS_MAX)
		return 0;
	if (value_put_number(head, (uint64_t)n, 2) < 0)
		return -1;
	written = put_name(head, type_name, true);
	for (Py_ssize_t i = 0; written > 0 && i < n; i++) {
		written = put_name(head, PyTuple_GetItem(fields, i), false);
		if (written > 0 && has_equal(fields, i, PyTuple_GetItem(fields, i)))
			written = 0;
	}
	return written;
}

/* What goes before the values of instances of `type`: new bytes, None if it is no named tuple. */
static PyObject *new_head(PyObject *type)
{
	PyObject *fields = type_attribute(type, "_fields");
	PyObject *name = fields != NULL ? type_attribute(type, "__name__") : NULL;
	struct value_output output = {.bytes = NULL};
	PyObject *head = NULL;
	int written = -1;

	if (name == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
		PyErr_Clear();
		written = 0;
	} else if (name != NULL) {
		written = PyTuple_CheckExact(fields) ? put_names(&output, name, fields) : 0;
	}
	if (written > 0)
		head = PyBytes_FromStringAndSize((const char *)output.bytes,
						 (Py_ssize_t)output.len);
	Py_XDECREF(fields);
	Py_XDECREF(name);
	value_output_deinit(&output);
	if (written != 0)
		return head;
	Py_RETURN_NONE;
}

/* Keeps the head of the last class: rows of one class come in lists. */
static int find_head(struct value_encoder *encoder, PyObject *type)
{
	PyObject *head;

	if (encoder->named_type == type)
		return 0;
	head = new_head(type);
	if (head == NULL)
		return -1;
	Py_XDECREF(encoder->named_type);
	Py_XDECREF(encoder->named_head);
	Py_INCREF(type);
	encoder->named_type = type;
	encoder->named_head = head;
	return 0;
}

int value_put_named_head(struct value_encoder *encoder, PyObject *tuple)
{
	const uint8_t *head;

	if (find_head(encoder, (PyObject *)Py_TYPE(tuple)) < 0)
		return -1;
	if (encoder->named_head == Py_None)
		return 0;
	head = (const uint8_t *)PyBytes_AsString(encoder->named_head);
	if ((head[0] | head[1] << 8) != PyTuple_Size(tuple))
		return 0;
	if (value_put_tag(encoder, VALUE_NAMED) < 0 ||
	    value_put(&encoder->output, head, (size_t)PyBytes_Size(encoder->named_head)) < 0)
		return -1;
	return 1;
}

static int put_exported(struct value_encoder *encoder, long kind, long long ident, PyObject *label)
{
	size_t n = (size_t)PyBytes_Size(label);

	if (kind < 0 || kind > UINT8_MAX || ident < 0 || n > VALUE_LABEL_BYTES_MAX) {
		PyErr_SetString(PyExc_ValueError, "export() returned a handle out of bounds");
		return -1;
	}
	if (value_put_tag(encoder, VALUE_HANDLE) < 0 ||
	    value_put_number(&encoder->output, (uint64_t)kind, 1) < 0 ||
	    value_put_number(&encoder->output, (uint64_t)ident, 8) < 0 ||
	    value_put_number(&encoder->output, n, 2) < 0)
		return -1;
	return value_put(&encoder->output, PyBytes_AsString(label), n);
}

int value_put_handle(struct value_encoder *encoder, PyObject *value)
{
	PyObject *handle = PyObject_CallFunctionObjArgs(encoder->export, value, NULL);
	PyObject *label;
	long long ident;
	long kind;
	int err = -1;

	if (handle == NULL)
		return -1;
	if (!PyTuple_Check(handle))
		PyErr_SetString(PyExc_TypeError, "export() must return (kind, ident, label)");
	else if (PyArg_ParseTuple(handle, "lLS;export() must return (kind, ident, label)", &kind,
				  &ident, &label))
		err = put_exported(encoder, kind, ident, label);
	Py_DECREF(handle);
	return err;
}

static int is_plain_key(PyObject *key, unsigned depth);

static int are_plain_keys(PyObject *iterator, unsigned depth)
{
	int plain = iterator != NULL ? 1 : -1;
	PyObject *key;

	while (plain > 0 && (key = PyIter_Next(iterator)) != NULL) {
		plain = is_plain_key(key, depth);
		Py_DECREF(key);
	}
	Py_XDECREF(iterator);
	return PyErr_Occurred() ? -1 : plain;
}

static int is_plain_tuple(PyObject *tuple, unsigned depth)
{
	int plain = 1;

	for (Py_ssize_t i = 0; plain > 0 && i < PyTuple_Size(tuple); i++)
		plain = is_plain_key(PyTuple_GetItem(tuple, i), depth);
	return plain;
}

static int is_plain_frozenset(PyObject *set, unsigned depth)
{
	PyObject *copy = PyFrozenSet_New(set);
	int plain = copy != NULL ? are_plain_keys(PyObject_GetIter(copy), depth) : -1;

	Py_XDECREF(copy);
	return plain;
}

/* A time is asked for its time zone, which may be any object. */
static int is_plain_time(PyObject *accessor, PyObject *value)
{
	PyObject *reduced = PyObject_CallFunction(accessor, "Oi", value, 4);
	PyObject *state = reduced != NULL ? PyTuple_GetItem(reduced, 1) : NULL;
	int plain = state != NULL ? 1 : -1;

	if (state != NULL && PyTuple_Size(state) > 1)
		plain = (PyObject *)Py_TYPE(PyTuple_GetItem(state, 1)) == value_types.timezone_type;
	Py_XDECREF(reduced);
	return plain;
}

static int is_plain_standard(PyObject *key)
{
	PyObject *const classes[] = {
		value_types.decimal_type, value_types.fraction_type,  value_types.date_type,
		value_types.range_type,   value_types.timedelta_type, value_types.timezone_type,
	};

	if (value_is(key, value_types.datetime_type))
		return is_plain_time(value_types.datetime_state, key);
	if (value_is(key, value_types.time_type))
		return is_plain_time(value_types.time_state, key);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (value_is(key, classes[i]))
			return 1;
	if (value_builtin_name(key) != NULL)
		return 1;
	return PyErr_Occurred() ? -1 : scalar_is_foreign(key);
}

static int is_plain_key(PyObject *key, unsigned depth)
{
	if (PyUnicode_Check(key) || PyLong_Check(key) || key == Py_None || PyFloat_Check(key) ||
	    PyBytes_Check(key) || PyComplex_Check(key) || key == Py_Ellipsis ||
	    key == Py_NotImplemented)
		return 1;
	if (depth >= VALUE_DEPTH_MAX)
		return 0;
	if (PyTuple_Check(key))
		return is_plain_tuple(key, depth + 1);
	if (PyFrozenSet_Check(key))
		return is_plain_frozenset(key, depth + 1);
	return is_plain_standard(key);
}

int value_has_plain_keys(PyObject *container)
{
	PyObject *key, *value;
	Py_ssize_t at = 0;
	int plain = 1;

	if (!PyDict_Check(container))
		return are_plain_keys(PyObject_GetIter(container), 0);
	while (plain > 0 && PyDict_Next(container, &at, &key, &value)) {
		Py_INCREF(key);
		plain = is_plain_key(key, 0);
		Py_DECREF(key);
	}
	return plain;
}
