/*
 * Makes a value of bytes (values.h): scalars, instances of the standard library's classes, builtins
 * by name, classes of named tuples. In both locked processes, on bytes that values_check() has
 * seen.
 *
 * Constructors are given numbers and texts one by one, never a pickled state, and check them: there
 * is no 31st of February. The classes of named tuples are remembered by their names, so that equal
 * ones are one class, as long as there are not too many; making one costs as much as thousands of
 * values, so a message may bring few that are new.
 */
#define PY_SSIZE_T_CLEAN /* y# takes Py_ssize_t */
#include "inside/runtimes/python/values_decoder.h"

#include <string.h>

#include "inside/runtimes/python/values_types.h"

#define NAMED_TYPES_MAX 1000     /* remembered */
#define NAMED_TYPES_NEW_MAX 200u /* in one message */

static PyObject *named_types; /* names as on the wire, bytes -> class */

static PyObject *new_reference(PyObject *object)
{
	Py_INCREF(object);
	return object;
}

static const char *take_text(struct value_decoder *decoder, size_t n)
{
	return (const char *)value_take(&decoder->reader, n);
}

static PyObject *take_unicode(struct value_decoder *decoder, size_t n)
{
	const char *text = take_text(decoder, n);

	if (text == NULL)
		return value_malformed("ends too early");
	return value_made(PyUnicode_DecodeUTF8(text, (Py_ssize_t)n, "surrogatepass"),
			  "text is not UTF-8");
}

static PyObject *take_int(struct value_decoder *decoder)
{
	size_t n = value_take_size(decoder, 1);
	uint64_t number = value_take_size(decoder, n);

	if (n < 8 && number >> (8 * n - 1))
		number |= UINT64_MAX << (8 * n);
	return PyLong_FromLongLong((long long)number);
}

static PyObject *take_big_int(struct value_decoder *decoder)
{
	size_t n = value_take_size(decoder, 4);
	const char *bytes = take_text(decoder, n);
	PyObject *arguments = Py_BuildValue("(y#s)", bytes, (Py_ssize_t)n, "little");
	PyObject *options = Py_BuildValue("{sO}", "signed", Py_True);
	PyObject *number = NULL;

	if (arguments != NULL && options != NULL)
		number = PyObject_Call(value_types.int_from_bytes, arguments, options);
	Py_XDECREF(arguments);
	Py_XDECREF(options);
	return number;
}

static double take_double(struct value_decoder *decoder)
{
	uint64_t bits = value_take_size(decoder, 8);
	double number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

static PyObject *take_complex(struct value_decoder *decoder)
{
	double real = take_double(decoder);

	return PyComplex_FromDoubles(real, take_double(decoder));
}

static PyObject *take_blob(struct value_decoder *decoder, enum value_tag tag)
{
	size_t n = value_take_size(decoder, 4);
	const char *bytes = take_text(decoder, n);

	if (bytes == NULL)
		return value_malformed("ends too early");
	return tag == VALUE_BYTES ? PyBytes_FromStringAndSize(bytes, (Py_ssize_t)n)
				  : PyByteArray_FromStringAndSize(bytes, (Py_ssize_t)n);
}

/* What `type` makes of the next `n` values; all were checked to be integers. */
static PyObject *take_call(struct value_decoder *decoder, PyObject *type, Py_ssize_t n,
			   const char *why)
{
	PyObject *arguments = PyTuple_New(n);
	PyObject *object;

	for (Py_ssize_t i = 0; arguments != NULL && i < n; i++) {
		PyObject *argument = value_take_part(decoder);

		if (argument == NULL || PyTuple_SetItem(arguments, i, argument) < 0) {
			Py_DECREF(arguments);
			return NULL;
		}
	}
	object = arguments != NULL ? PyObject_CallObject(type, arguments) : NULL;
	Py_XDECREF(arguments);
	return value_made(object, why);
}

static PyObject *take_decimal(struct value_decoder *decoder)
{
	PyObject *text = take_unicode(decoder, value_take_size(decoder, 4));
	PyObject *number;

	if (text == NULL)
		return NULL;
	number = PyObject_CallFunctionObjArgs(value_types.decimal_type, text, NULL);
	Py_DECREF(text);
	return value_made(number, "a decimal number is none");
}

/* An integer whose high byte comes first, as in pickled dates. */
static int take_field(struct value_decoder *decoder, size_t n)
{
	int field = 0;

	for (size_t i = 0; i < n; i++)
		field = field << 8 | (int)value_take_size(decoder, 1);
	return field;
}

static PyObject *take_date(struct value_decoder *decoder)
{
	int year = take_field(decoder, 2), month = take_field(decoder, 1);

	return value_made(PyObject_CallFunction(value_types.date_type, "iii", year, month,
						take_field(decoder, 1)),
			  "no such date");
}

/* The `n` fields up to the second, and `fold`, were taken. */
static PyObject *take_rest_of_time(struct value_decoder *decoder, PyObject *type,
				   const int fields[6], size_t n, int fold)
{
	int microsecond = take_field(decoder, 3);
	PyObject *zone = value_take_part(decoder);
	PyObject *arguments = PyTuple_New((Py_ssize_t)n + 2);
	PyObject *options = Py_BuildValue("{si}", "fold", fold);
	PyObject *time = NULL;
	int err = zone != NULL && arguments != NULL && options != NULL ? 0 : -1;

	for (size_t i = 0; err == 0 && i < n; i++)
		err = PyTuple_SetItem(arguments, (Py_ssize_t)i, PyLong_FromLong(fields[i]));
	if (err == 0 &&
	    PyTuple_SetItem(arguments, (Py_ssize_t)n, PyLong_FromLong(microsecond)) == 0 &&
	    PyTuple_SetItem(arguments, (Py_ssize_t)n + 1, new_reference(zone)) == 0)
		time = value_made(PyObject_Call(type, arguments, options), "no such time");
	Py_XDECREF(zone);
	Py_XDECREF(arguments);
	Py_XDECREF(options);
	return time;
}

static PyObject *take_time(struct value_decoder *decoder)
{
	int fields[6] = {take_field(decoder, 1)};
	int fold = fields[0] >> 7;

	fields[0] &= 0x7f;
	fields[1] = take_field(decoder, 1);
	fields[2] = take_field(decoder, 1);
	return take_rest_of_time(decoder, value_types.time_type, fields, 3, fold);
}

static PyObject *take_datetime(struct value_decoder *decoder)
{
	int fields[6] = {take_field(decoder, 2)};
	int fold;

	for (size_t i = 1; i < 6; i++)
		fields[i] = take_field(decoder, 1);
	fold = fields[1] >> 7;
	fields[1] &= 0x7f;
	return take_rest_of_time(decoder, value_types.datetime_type, fields, 6, fold);
}

static PyObject *take_timedelta(struct value_decoder *decoder)
{
	int32_t days = (int32_t)value_take_size(decoder, 4);
	unsigned int seconds = (unsigned int)value_take_size(decoder, 4);

	return value_made(PyObject_CallFunction(value_types.timedelta_type, "iII", days, seconds,
						(unsigned int)value_take_size(decoder, 4)),
			  "no such duration");
}

static PyObject *take_timezone(struct value_decoder *decoder)
{
	PyObject *offset = take_timedelta(decoder);
	PyObject *name = offset != NULL ? value_take_part(decoder) : NULL;
	PyObject *zone = NULL;

	if (name != NULL)
		zone = value_made(PyObject_CallFunctionObjArgs(value_types.timezone_type, offset,
							       name == Py_None ? NULL : name, NULL),
				  "no such time zone");
	Py_XDECREF(offset);
	Py_XDECREF(name);
	return zone;
}

static PyObject *take_builtin(struct value_decoder *decoder)
{
	size_t n = value_take_size(decoder, 1);
	PyObject *name = PyBytes_FromStringAndSize(take_text(decoder, n), (Py_ssize_t)n);
	PyObject *object;

	if (name == NULL)
		return NULL;
	object = PyDict_GetItemWithError(value_types.builtins, name);
	Py_DECREF(name);
	if (object == NULL)
		return PyErr_Occurred() ? NULL : value_malformed("an unknown builtin");
	return new_reference(object);
}

/* Calls namedtuple(): it evaluates the names, after seeing that they are identifiers and no
 * keywords. */
static PyObject *new_named_type(PyObject *name, PyObject *fields)
{
	PyObject *arguments = PyTuple_New(2);
	PyObject *options = Py_BuildValue("{ss}", "module", "namedtuple");
	PyObject *type = NULL;

	if (arguments != NULL && options != NULL &&
	    PyTuple_SetItem(arguments, 0, new_reference(name)) == 0 &&
	    PyTuple_SetItem(arguments, 1, new_reference(fields)) == 0)
		type = value_made(PyObject_Call(value_types.named_tuple, arguments, options),
				  "a named tuple has names that are none");
	Py_XDECREF(arguments);
	Py_XDECREF(options);
	return type;
}

static int remember_named_type(PyObject *key, PyObject *type)
{
	if (PyDict_Size(named_types) >= NAMED_TYPES_MAX)
		PyDict_Clear(named_types);
	return PyDict_SetItem(named_types, key, type);
}

/* `key` holds n + 1 names, each behind its length. */
static PyObject *make_named_type(struct value_decoder *decoder, PyObject *key, uint64_t n)
{
	struct value_decoder names = {
		.reader = {(const uint8_t *)PyBytes_AsString(key), (size_t)PyBytes_Size(key)}};
	PyObject *name, *fields, *type = NULL;

	if (decoder->n_new_classes++ >= NAMED_TYPES_NEW_MAX)
		return value_malformed("has too many classes of named tuples");
	name = take_unicode(&names, value_take_size(&names, 1));
	fields = PyTuple_New((Py_ssize_t)n);
	for (uint64_t i = 0; name != NULL && fields != NULL && i < n; i++) {
		PyObject *field = take_unicode(&names, value_take_size(&names, 1));

		if (field == NULL || PyTuple_SetItem(fields, (Py_ssize_t)i, field) < 0)
			Py_CLEAR(name);
	}
	if (name != NULL && fields != NULL)
		type = new_named_type(name, fields);
	Py_XDECREF(name);
	Py_XDECREF(fields);
	if (type != NULL && remember_named_type(key, type) < 0)
		Py_CLEAR(type);
	return type;
}

PyObject *value_take_named_type(struct value_decoder *decoder, uint64_t *n_fields)
{
	uint64_t n = value_take_size(decoder, 2);
	const char *names = (const char *)decoder->reader.bytes;
	PyObject *key, *type;

	for (uint64_t i = 0; i < n + 1; i++)
		value_take(&decoder->reader, value_take_size(decoder, 1));
	key = PyBytes_FromStringAndSize(names, (const char *)decoder->reader.bytes - names);
	if (named_types == NULL)
		named_types = PyDict_New();
	if (key == NULL || named_types == NULL) {
		Py_XDECREF(key);
		return NULL;
	}
	type = PyDict_GetItemWithError(named_types, key);
	if (type != NULL)
		Py_INCREF(type);
	else if (!PyErr_Occurred())
		type = make_named_type(decoder, key, n);
	Py_DECREF(key);
	*n_fields = n;
	return type;
}

PyObject *value_take_plain(struct value_decoder *decoder, enum value_tag tag)
{
	switch (tag) {
	case VALUE_NONE:
		return new_reference(Py_None);
	case VALUE_FALSE:
		return new_reference(Py_False);
	case VALUE_TRUE:
		return new_reference(Py_True);
	case VALUE_ELLIPSIS:
		return new_reference(Py_Ellipsis);
	case VALUE_NOT_IMPLEMENTED:
		return new_reference(Py_NotImplemented);
	case VALUE_INT:
		return take_int(decoder);
	case VALUE_BIG_INT:
		return take_big_int(decoder);
	case VALUE_FLOAT:
		return PyFloat_FromDouble(take_double(decoder));
	case VALUE_COMPLEX:
		return take_complex(decoder);
	case VALUE_TEXT:
		return take_unicode(decoder, value_take_size(decoder, 4));
	case VALUE_BYTES:
	case VALUE_BYTEARRAY:
		return take_blob(decoder, tag);
	case VALUE_RANGE:
		return take_call(decoder, value_types.range_type, 3, "no such range");
	case VALUE_DECIMAL:
		return take_decimal(decoder);
	case VALUE_FRACTION:
		return take_call(decoder, value_types.fraction_type, 2, "no such fraction");
	case VALUE_DATE:
		return take_date(decoder);
	case VALUE_TIME:
		return take_time(decoder);
	case VALUE_DATETIME:
		return take_datetime(decoder);
	case VALUE_TIMEDELTA:
		return take_timedelta(decoder);
	case VALUE_TIMEZONE:
		return take_timezone(decoder);
	case VALUE_BUILTIN:
		return take_builtin(decoder);
	default:
		return value_malformed("has an unknown tag");
	}
}
