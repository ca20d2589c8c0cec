/*
 * Writes a value (values.h): scalars, the classes of the standard library, builtins by name and
 * handles; and says what can be a key. In both locked processes.
 *
 * Instances are read with functions of their base classes that were taken before any candidate
 * (values_types.h); dates by the state that they would be pickled with, which is bytes.
 */
#include "inside/runtimes/python/values_plain.h"

#include <string.h>

#include "inside/runtimes/python/values_types.h"

static int refuse(const char *why)
{
	PyErr_SetString(PyExc_ValueError, why);
	return -1;
}

static int put_tagged(struct value_encoder *encoder, enum value_tag tag, const void *bytes,
		      size_t n)
{
	return value_put_tag(encoder, tag) < 0 ? -1 : value_put(&encoder->output, bytes, n);
}

static int put_blob(struct value_encoder *encoder, enum value_tag tag, const char *bytes,
		    Py_ssize_t n)
{
	if (bytes == NULL)
		return -1;
	if ((size_t)n > VALUE_BYTES_MAX)
		return refuse("a value of so many bytes is too large to be sent");
	if (value_put_tag(encoder, tag) < 0 ||
	    value_put_number(&encoder->output, (uint64_t)n, 4) < 0)
		return -1;
	return value_put(&encoder->output, bytes, (size_t)n);
}

static PyObject *text_bytes(PyObject *text)
{
	return PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
}

static int put_text(struct value_encoder *encoder, enum value_tag tag, PyObject *text)
{
	PyObject *bytes;
	int err;

	if ((size_t)PyUnicode_GetLength(text) > VALUE_BYTES_MAX)
		return refuse("a value of so many bytes is too large to be sent");
	bytes = text_bytes(text);
	if (bytes == NULL)
		return -1;
	err = put_blob(encoder, tag, PyBytes_AsString(bytes), PyBytes_Size(bytes));
	Py_DECREF(bytes);
	return err;
}

int value_put_bytearray(struct value_encoder *encoder, PyObject *array)
{
	return put_blob(encoder, VALUE_BYTEARRAY, PyByteArray_AsString(array),
			PyByteArray_Size(array));
}

/* Two's complement, the low byte first: as short as it can be. */
static int put_int_bytes(struct value_encoder *encoder, const uint8_t *bytes, size_t n)
{
	while (n > 1 && bytes[n - 1] == (bytes[n - 2] & 0x80 ? 0xff : 0))
		n--;
	if (value_put_tag(encoder, n > 8 ? VALUE_BIG_INT : VALUE_INT) < 0 ||
	    value_put_number(&encoder->output, n, n > 8 ? 4 : 1) < 0)
		return -1;
	return value_put(&encoder->output, bytes, n);
}

static PyObject *big_int_bytes(PyObject *value)
{
	PyObject *bits = PyObject_CallFunctionObjArgs(value_types.int_bit_length, value, NULL);
	size_t n_bits = bits != NULL ? PyLong_AsSize_t(bits) : 0;
	PyObject *bytes = NULL, *arguments, *options;

	Py_XDECREF(bits);
	if (PyErr_Occurred())
		return NULL;
	if (n_bits / 8 >= VALUE_BYTES_MAX) {
		refuse("a value of so many bytes is too large to be sent");
		return NULL;
	}
	arguments = Py_BuildValue("O,n,s", value, (Py_ssize_t)(n_bits / 8 + 1), "little");
	options = Py_BuildValue("{sO}", "signed", Py_True);
	if (arguments != NULL && options != NULL)
		bytes = PyObject_Call(value_types.int_to_bytes, arguments, options);
	Py_XDECREF(arguments);
	Py_XDECREF(options);
	return bytes;
}

static int put_int(struct value_encoder *encoder, PyObject *value)
{
	int overflow, err;
	long long small = PyLong_AsLongLongAndOverflow(value, &overflow);
	uint8_t bytes[8];
	PyObject *big;

	if (!overflow) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)((unsigned long long)small >> (8 * i));
		return put_int_bytes(encoder, bytes, sizeof(bytes));
	}
	big = big_int_bytes(value);
	if (big == NULL)
		return -1;
	err = put_int_bytes(encoder, (const uint8_t *)PyBytes_AsString(big),
			    (size_t)PyBytes_Size(big));
	Py_DECREF(big);
	return err;
}

static int put_float(struct value_encoder *encoder, PyObject *value)
{
	double number = PyFloat_AsDouble(value);

	return put_tagged(encoder, VALUE_FLOAT, &number, sizeof(number));
}

static int put_complex(struct value_encoder *encoder, PyObject *value)
{
	double parts[] = {PyComplex_RealAsDouble(value), PyComplex_ImagAsDouble(value)};

	return put_tagged(encoder, VALUE_COMPLEX, parts, sizeof(parts));
}

/* Takes `part`, an int: a bool is written as one, too. */
static int put_int_part(struct value_encoder *encoder, PyObject *part)
{
	int err;

	if (part == NULL)
		return -1;
	encoder->depth++;
	err = encoder->depth > VALUE_DEPTH_MAX
		      ? refuse("a value nested so deep is too large to be sent")
		      : put_int(encoder, part);
	encoder->depth--;
	Py_DECREF(part);
	return err;
}

static int put_range(struct value_encoder *encoder, PyObject *value)
{
	if (value_put_tag(encoder, VALUE_RANGE) < 0 ||
	    put_int_part(encoder, value_attribute(value_types.range_start, value)) < 0 ||
	    put_int_part(encoder, value_attribute(value_types.range_stop, value)) < 0)
		return -1;
	return put_int_part(encoder, value_attribute(value_types.range_step, value));
}

static int put_slice(struct value_encoder *encoder, PyObject *value)
{
	if (value_put_tag(encoder, VALUE_SLICE) < 0 ||
	    value_put_new_part(encoder, value_attribute(value_types.slice_start, value)) < 0 ||
	    value_put_new_part(encoder, value_attribute(value_types.slice_stop, value)) < 0)
		return -1;
	return value_put_new_part(encoder, value_attribute(value_types.slice_step, value));
}

static int put_decimal(struct value_encoder *encoder, PyObject *value)
{
	PyObject *text = PyObject_CallFunctionObjArgs(value_types.decimal_text, value, NULL);
	int err = text != NULL ? put_text(encoder, VALUE_DECIMAL, text) : -1;

	Py_XDECREF(text);
	return err;
}

/* An attribute that Python code may have set to anything: an int, or an exception. */
static PyObject *fraction_part(PyObject *accessor, PyObject *value)
{
	PyObject *part = value_attribute(accessor, value);
	PyObject *bits;
	size_t n_bits;

	if (part == NULL)
		return NULL;
	bits = PyLong_Check(part)
		       ? PyObject_CallFunctionObjArgs(value_types.int_bit_length, part, NULL)
		       : NULL;
	n_bits = bits != NULL ? PyLong_AsSize_t(bits) : 0;
	Py_XDECREF(bits);
	if (bits != NULL && n_bits < 8 * (size_t)VALUE_FRACTION_BYTES_MAX)
		return part;
	Py_DECREF(part);
	if (!PyErr_Occurred())
		refuse(bits == NULL ? "a fraction that is none cannot be sent"
				    : "a fraction is too large to be sent");
	return NULL;
}

static int put_fraction(struct value_encoder *encoder, PyObject *value)
{
	if (value_put_tag(encoder, VALUE_FRACTION) < 0 ||
	    put_int_part(encoder, fraction_part(value_types.fraction_numerator, value)) < 0)
		return -1;
	return put_int_part(encoder, fraction_part(value_types.fraction_denominator, value));
}

/* The state that `value` is pickled with: (bytes) or (bytes, tzinfo); a new reference. */
static PyObject *dated_state(PyObject *accessor, PyObject *value, bool has_protocol)
{
	PyObject *reduced = has_protocol ? PyObject_CallFunction(accessor, "Oi", value, 4)
					 : PyObject_CallFunctionObjArgs(accessor, value, NULL);
	PyObject *state = reduced != NULL ? PyTuple_GetItem(reduced, 1) : NULL;

	Py_XINCREF(state);
	Py_XDECREF(reduced);
	return state;
}

/* VALUE_NOT_PLAIN: its time zone is an object with behaviour. */
static int put_time(struct value_encoder *encoder, enum value_tag tag, PyObject *accessor,
		    PyObject *value)
{
	PyObject *state = dated_state(accessor, value, true);
	PyObject *zone =
		state != NULL && PyTuple_Size(state) > 1 ? PyTuple_GetItem(state, 1) : Py_None;
	PyObject *bytes = state != NULL ? PyTuple_GetItem(state, 0) : NULL;
	int err = -1;

	if (zone != Py_None && (PyObject *)Py_TYPE(zone) != value_types.timezone_type)
		err = VALUE_NOT_PLAIN;
	else if (bytes != NULL && put_tagged(encoder, tag, PyBytes_AsString(bytes),
					     (size_t)PyBytes_Size(bytes)) == 0)
		err = value_put_part(encoder, zone);
	Py_XDECREF(state);
	return err;
}

static int put_date(struct value_encoder *encoder, PyObject *value)
{
	PyObject *state = dated_state(value_types.date_state, value, false);
	PyObject *bytes = state != NULL ? PyTuple_GetItem(state, 0) : NULL;
	int err = bytes != NULL ? put_tagged(encoder, VALUE_DATE, PyBytes_AsString(bytes),
					     (size_t)PyBytes_Size(bytes))
				: -1;

	Py_XDECREF(state);
	return err;
}

static int put_duration(struct value_encoder *encoder, enum value_tag tag, PyObject *value)
{
	PyObject *state = dated_state(value_types.timedelta_state, value, false);
	int err = state != NULL ? value_put_tag(encoder, tag) : -1;

	for (Py_ssize_t i = 0; err == 0 && i < 3; i++)
		err = value_put_number(&encoder->output,
				       (uint64_t)PyLong_AsLong(PyTuple_GetItem(state, i)), 4);
	Py_XDECREF(state);
	return err;
}

static int put_timezone(struct value_encoder *encoder, PyObject *value)
{
	PyObject *state = PyObject_CallFunctionObjArgs(value_types.timezone_state, value, NULL);
	int err = -1;

	if (state != NULL && put_duration(encoder, VALUE_TIMEZONE, PyTuple_GetItem(state, 0)) == 0)
		err = value_put_part(encoder,
				     PyTuple_Size(state) > 1 ? PyTuple_GetItem(state, 1) : Py_None);
	Py_XDECREF(state);
	return err;
}

/* Instances of the standard library's classes, and builtins. */
static int put_standard(struct value_encoder *encoder, PyObject *value)
{
	PyObject *name;

	if (value_is(value, value_types.range_type))
		return put_range(encoder, value);
	if (value_is(value, value_types.slice_type))
		return put_slice(encoder, value);
	if (value_is(value, value_types.decimal_type))
		return put_decimal(encoder, value);
	if (value_is(value, value_types.fraction_type))
		return put_fraction(encoder, value);
	if (value_is(value, value_types.datetime_type))
		return put_time(encoder, VALUE_DATETIME, value_types.datetime_state, value);
	if (value_is(value, value_types.date_type))
		return put_date(encoder, value);
	if (value_is(value, value_types.time_type))
		return put_time(encoder, VALUE_TIME, value_types.time_state, value);
	if (value_is(value, value_types.timedelta_type))
		return put_duration(encoder, VALUE_TIMEDELTA, value);
	if (value_is(value, value_types.timezone_type))
		return put_timezone(encoder, value);
	name = value_builtin_name(value);
	if (name == NULL)
		return PyErr_Occurred() ? -1 : VALUE_NOT_PLAIN;
	if (value_put_tag(encoder, VALUE_BUILTIN) < 0 ||
	    value_put_number(&encoder->output, (uint64_t)PyBytes_Size(name), 1) < 0)
		return -1;
	return value_put(&encoder->output, PyBytes_AsString(name), (size_t)PyBytes_Size(name));
}

int value_put_plain(struct value_encoder *encoder, PyObject *value)
{
	if (value == Py_None)
		return value_put_tag(encoder, VALUE_NONE);
	if (PyBool_Check(value))
		return value_put_tag(encoder, value == Py_True ? VALUE_TRUE : VALUE_FALSE);
	if (PyLong_Check(value))
		return put_int(encoder, value);
	if (PyUnicode_Check(value))
		return put_text(encoder, VALUE_TEXT, value);
	if (PyFloat_Check(value))
		return put_float(encoder, value);
	if (PyList_Check(value) || PyTuple_Check(value) || PyDict_Check(value))
		return VALUE_NOT_PLAIN;
	if (PyBytes_Check(value))
		return put_blob(encoder, VALUE_BYTES, PyBytes_AsString(value), PyBytes_Size(value));
	if (PyComplex_Check(value))
		return put_complex(encoder, value);
	if (value == Py_Ellipsis)
		return value_put_tag(encoder, VALUE_ELLIPSIS);
	if (value == Py_NotImplemented)
		return value_put_tag(encoder, VALUE_NOT_IMPLEMENTED);
	return put_standard(encoder, value);
}
