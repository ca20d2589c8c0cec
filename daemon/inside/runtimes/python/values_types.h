/*
 * What the value codec (values.h) must know of Python's standard library: its classes, the methods
 * and attributes that read an instance without asking its own class, and the builtins that travel
 * by name. Taken once, when the module is made, before any test or candidate.
 */
#pragma once

#include <Python.h>
#include <stdbool.h>

/* Type `name` of `module`, kept in `field`. */
#define VALUE_CLASSES(X)                              \
	X(counter, "collections", "Counter")          \
	X(ordered_dict, "collections", "OrderedDict") \
	X(default_dict, "collections", "defaultdict") \
	X(deque, "collections", "deque")              \
	X(decimal, "decimal", "Decimal")              \
	X(fraction, "fractions", "Fraction")          \
	X(date, "datetime", "date")                   \
	X(time, "datetime", "time")                   \
	X(datetime, "datetime", "datetime")           \
	X(timedelta, "datetime", "timedelta")         \
	X(timezone, "datetime", "timezone")           \
	X(range, "builtins", "range")                 \
	X(slice, "builtins", "slice")                 \
	X(type, "builtins", "type")                   \
	X(int, "builtins", "int")                     \
	X(str, "builtins", "str")

/* What `attribute` of that class gives, kept in `field`: called with an instance. */
#define VALUE_ACCESSORS(X)                                       \
	X(ordered_dict_items, ordered_dict, "items")             \
	X(default_dict_factory, default_dict, "default_factory") \
	X(deque_iterate, deque, "__iter__")                      \
	X(deque_length, deque, "__len__")                        \
	X(deque_maxlen, deque, "maxlen")                         \
	X(decimal_text, decimal, "__str__")                      \
	X(fraction_numerator, fraction, "_numerator")            \
	X(fraction_denominator, fraction, "_denominator")        \
	X(date_state, date, "__reduce__")                        \
	X(time_state, time, "__reduce_ex__")                     \
	X(datetime_state, datetime, "__reduce_ex__")             \
	X(timedelta_state, timedelta, "__reduce__")              \
	X(timezone_state, timezone, "__getinitargs__")           \
	X(range_start, range, "start")                           \
	X(range_stop, range, "stop")                             \
	X(range_step, range, "step")                             \
	X(slice_start, slice, "start")                           \
	X(slice_stop, slice, "stop")                             \
	X(slice_step, slice, "step")                             \
	X(type_attribute, type, "__getattribute__")              \
	X(int_bit_length, int, "bit_length")                     \
	X(int_to_bytes, int, "to_bytes")                         \
	X(int_from_bytes, int, "from_bytes")                     \
	X(str_is_identifier, str, "isidentifier")

struct value_types {
#define X(field, module, name) PyObject *field##_type;
	VALUE_CLASSES(X)
#undef X
#define X(field, class, attribute) PyObject *field;
	VALUE_ACCESSORS(X)
#undef X
	PyObject *named_tuple; /* collections.namedtuple */
	PyObject *is_keyword;  /* keyword.iskeyword */
	PyObject *names;       /* address of a builtin -> its name, bytes */
	PyObject *builtins;    /* name, bytes -> builtin */
};

/* Borrowed by everybody, written by value_types_prepare() only. */
extern struct value_types value_types;

/* 0, or -1 with an exception. */
int value_types_prepare(void);

/* An instance of `type` (one of the classes above) or of a class derived from it, whatever it says
 * of itself. */
bool value_is(PyObject *value, PyObject *type);

/* What the accessor, an attribute with a value, says of `value`; a new reference. */
PyObject *value_attribute(PyObject *accessor, PyObject *value);

/* The name (bytes, borrowed) under which the builtin travels; NULL without an exception: none. */
PyObject *value_builtin_name(PyObject *value);
