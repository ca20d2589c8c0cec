/*
 * Makes a value of bytes (values.h): the containers. In both locked processes. In the examiner the
 * bytes are hostile: values_check() has gone over all of them before the first object is made, so
 * that this trusts numbers, nesting and references, and only asks Python what only Python knows.
 *
 * Only exact builtin and standard types are made, and only such are hashed: no code of the other
 * side runs here. `resolve` is ours; keys never come from it.
 */
#define PY_SSIZE_T_CLEAN /* y# takes Py_ssize_t */
#include "inside/runtimes/python/values_decode.h"

#include <stdlib.h>

#include "inside/runtimes/python/values_decoder.h"
#include "inside/runtimes/python/values_types.h"

#define CROWDS 65536u
#define CROWD_MAX 200u /* keys of one container with the same hash */

PyObject *value_malformed(const char *why)
{
	PyErr_Format(PyExc_ValueError, "malformed value: %s", why);
	return NULL;
}

PyObject *value_made(PyObject *object, const char *why)
{
	if (object != NULL)
		return object;
	if (PyErr_ExceptionMatches(PyExc_ValueError) || PyErr_ExceptionMatches(PyExc_TypeError) ||
	    PyErr_ExceptionMatches(PyExc_ArithmeticError) ||
	    PyErr_ExceptionMatches(PyExc_SyntaxError))
		return value_malformed(why);
	return NULL;
}

uint64_t value_take_size(struct value_decoder *decoder, size_t n)
{
	uint64_t number = 0;

	value_take_number(&decoder->reader, n, &number);
	return number;
}

/* Takes `object`; keeps it if `err` is none. */
static PyObject *keep(PyObject *object, int err)
{
	if (err == 0)
		return object;
	Py_DECREF(object);
	return NULL;
}

/* `n` values appended to `list`. */
static int take_items(struct value_decoder *decoder, PyObject *list, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		PyObject *item = value_take_part(decoder);
		int err = item != NULL ? PyList_Append(list, item) : -1;

		Py_XDECREF(item);
		if (err < 0)
			return -1;
	}
	return 0;
}

static PyObject *take_list(struct value_decoder *decoder, uint64_t n)
{
	PyObject *list = PyList_New(0);

	return list != NULL ? keep(list, take_items(decoder, list, n)) : NULL;
}

static PyObject *take_tuple(struct value_decoder *decoder, uint64_t n)
{
	PyObject *tuple = PyTuple_New((Py_ssize_t)n);

	for (uint64_t i = 0; tuple != NULL && i < n; i++) {
		PyObject *item = value_take_part(decoder);

		if (item == NULL || PyTuple_SetItem(tuple, (Py_ssize_t)i, item) < 0)
			return keep(tuple, -1);
	}
	return tuple;
}

static PyObject *take_named(struct value_decoder *decoder)
{
	uint64_t n = 0;
	PyObject *type = value_take_named_type(decoder, &n);
	PyObject *values = type != NULL ? take_tuple(decoder, n) : NULL;
	PyObject *make = values != NULL ? PyObject_GetAttrString(type, "_make") : NULL;
	PyObject *named = make != NULL ? PyObject_CallFunctionObjArgs(make, values, NULL) : NULL;

	Py_XDECREF(type);
	Py_XDECREF(values);
	Py_XDECREF(make);
	return named;
}

/*
 * Keys with one hash take quadratic time to insert, and nothing in Python interrupts that. So a
 * container of more than CROWD_MAX keys counts them by hash, roughly: 3,000,000 keys that nobody
 * chose for it are some 46 in each crowd.
 */
struct crowds {
	uint16_t *sizes; /* NULL: too few keys to count */
};

static int crowds_init(struct crowds *crowds, uint64_t n)
{
	crowds->sizes = n > CROWD_MAX ? calloc(CROWDS, sizeof(*crowds->sizes)) : NULL;
	if (n <= CROWD_MAX || crowds->sizes != NULL)
		return 0;
	PyErr_NoMemory();
	return -1;
}

static int crowds_join(struct crowds *crowds, PyObject *key)
{
	Py_hash_t hash = PyObject_Hash(key);
	uint64_t mixed = (uint64_t)hash ^ (uint64_t)hash >> 32;

	if (hash == -1) {
		value_made(NULL, "a key cannot be hashed");
		return -1;
	}
	if (++crowds->sizes[(mixed * UINT64_C(0x9e3779b97f4a7c15)) >> 48] <= CROWD_MAX)
		return 0;
	value_malformed("has too many keys with the same hash");
	return -1;
}

static PyObject *take_key(struct value_decoder *decoder, struct crowds *crowds)
{
	PyObject *key = value_take_part(decoder);

	if (key != NULL && crowds->sizes != NULL && crowds_join(crowds, key) < 0)
		Py_CLEAR(key);
	return key;
}

/* The outcome of an insertion that should have made the container `wanted` keys large. */
static int inserted(int err, Py_ssize_t size, uint64_t wanted)
{
	if (err < 0)
		value_made(NULL, "a key cannot be hashed");
	else if ((uint64_t)size != wanted)
		value_malformed("a key comes twice");
	else
		return 0;
	return -1;
}

/* Into a set or frozenset that nobody else has seen. */
static int take_elements(struct value_decoder *decoder, PyObject *set, uint64_t n)
{
	struct crowds crowds;
	int err = crowds_init(&crowds, n);

	for (uint64_t i = 0; err == 0 && i < n; i++) {
		PyObject *key = take_key(decoder, &crowds);

		err = key != NULL ? PySet_Add(set, key) : -1;
		if (key != NULL)
			err = inserted(err, PySet_Size(set), i + 1);
		Py_XDECREF(key);
	}
	free(crowds.sizes);
	return err;
}

static int take_pairs(struct value_decoder *decoder, PyObject *dict, uint64_t n,
		      int (*set_item)(PyObject *, PyObject *, PyObject *))
{
	struct crowds crowds;
	int err = crowds_init(&crowds, n);

	for (uint64_t i = 0; err == 0 && i < n; i++) {
		PyObject *key = take_key(decoder, &crowds);
		PyObject *value = key != NULL ? value_take_part(decoder) : NULL;

		err = value != NULL ? set_item(dict, key, value) : -1;
		if (value != NULL)
			err = inserted(err, PyDict_Size(dict), i + 1);
		Py_XDECREF(key);
		Py_XDECREF(value);
	}
	free(crowds.sizes);
	return err;
}

static PyObject *take_set(struct value_decoder *decoder, uint64_t n, bool is_frozen)
{
	PyObject *set = is_frozen ? PyFrozenSet_New(NULL) : PySet_New(NULL);

	return set != NULL ? keep(set, take_elements(decoder, set, n)) : NULL;
}

static PyObject *new_default_dict(struct value_decoder *decoder)
{
	PyObject *factory = value_take_part(decoder);
	PyObject *dict = NULL;

	if (factory != NULL && factory != Py_None && !PyType_Check(factory))
		value_malformed("a default factory is no class");
	else if (factory != NULL)
		dict = PyObject_CallFunctionObjArgs(value_types.default_dict_type, factory, NULL);
	Py_XDECREF(factory);
	return dict;
}

/* An OrderedDict must be asked itself: it keeps its order beside the dict that it is. */
static PyObject *take_dict(struct value_decoder *decoder, enum value_tag tag, uint64_t n)
{
	PyObject *dict = tag == VALUE_DICT ? PyDict_New()
			 : tag == VALUE_COUNTER
				 ? PyObject_CallFunctionObjArgs(value_types.counter_type, NULL)
			 : tag == VALUE_ORDERED
				 ? PyObject_CallFunctionObjArgs(value_types.ordered_dict_type, NULL)
				 : new_default_dict(decoder);

	if (dict == NULL)
		return NULL;
	return keep(dict, take_pairs(decoder, dict, n,
				     tag == VALUE_ORDERED ? PyObject_SetItem : PyDict_SetItem));
}

static PyObject *take_deque(struct value_decoder *decoder, uint64_t n)
{
	uint64_t limit = value_take_size(decoder, 8);
	PyObject *items = take_list(decoder, n);
	PyObject *deque = NULL;

	if (items != NULL && limit > 0)
		deque = PyObject_CallFunction(value_types.deque_type, "On", items,
					      (Py_ssize_t)(limit - 1));
	else if (items != NULL)
		deque = PyObject_CallFunctionObjArgs(value_types.deque_type, items, NULL);
	Py_XDECREF(items);
	return deque;
}

static PyObject *take_slice(struct value_decoder *decoder)
{
	PyObject *parts = take_tuple(decoder, 3);
	PyObject *slice =
		parts != NULL ? PySlice_New(PyTuple_GetItem(parts, 0), PyTuple_GetItem(parts, 1),
					    PyTuple_GetItem(parts, 2))
			      : NULL;

	Py_XDECREF(parts);
	return slice;
}

static PyObject *take_back(struct value_decoder *decoder)
{
	uint64_t index = value_take_size(decoder, 4);

	if (index >= decoder->n_shared)
		return value_malformed("refers to what is not finished");
	Py_INCREF(decoder->shared[index]);
	return decoder->shared[index];
}

static PyObject *take_handle(struct value_decoder *decoder)
{
	int kind = (int)value_take_size(decoder, 1);
	long long ident = (long long)value_take_size(decoder, 8);
	size_t n = value_take_size(decoder, 2);
	const char *label = (const char *)value_take(&decoder->reader, n);

	if (label == NULL)
		return value_malformed("ends too early");
	return PyObject_CallFunction(decoder->resolve, "iLy#", kind, ident, label, (Py_ssize_t)n);
}

static PyObject *take_value(struct value_decoder *decoder, enum value_tag tag)
{
	switch (tag) {
	case VALUE_LIST:
		return take_list(decoder, value_take_size(decoder, 4));
	case VALUE_TUPLE:
		return take_tuple(decoder, value_take_size(decoder, 4));
	case VALUE_SET:
	case VALUE_FROZENSET:
		return take_set(decoder, value_take_size(decoder, 4), tag == VALUE_FROZENSET);
	case VALUE_DICT:
	case VALUE_COUNTER:
	case VALUE_ORDERED:
	case VALUE_DEFAULT:
		return take_dict(decoder, tag, value_take_size(decoder, 4));
	case VALUE_DEQUE:
		return take_deque(decoder, value_take_size(decoder, 4));
	case VALUE_NAMED:
		return take_named(decoder);
	case VALUE_SLICE:
		return take_slice(decoder);
	case VALUE_BACK:
		return take_back(decoder);
	case VALUE_HANDLE:
		return take_handle(decoder);
	default:
		return value_take_plain(decoder, tag);
	}
}

PyObject *value_take_part(struct value_decoder *decoder)
{
	enum value_tag tag = (enum value_tag)value_take_size(decoder, 1);
	PyObject *value = take_value(decoder, tag);

	if (value != NULL && value_is_shared(tag)) {
		Py_INCREF(value);
		decoder->shared[decoder->n_shared++] = value;
	}
	return value;
}

PyObject *values_decode(PyObject *data, PyObject *resolve)
{
	struct value_decoder decoder = {
		.reader = {.bytes = (const uint8_t *)PyBytes_AsString(data),
			   .left = (size_t)PyBytes_Size(data)},
		.resolve = resolve,
	};
	struct value_needs needs = {0, 0};
	const char *wrong = values_check(decoder.reader.bytes, decoder.reader.left, &needs);
	PyObject *value;

	if (wrong != NULL)
		return value_malformed(wrong);
	decoder.shared = calloc(needs.n_shared + 1, sizeof(PyObject *));
	if (decoder.shared == NULL)
		return PyErr_NoMemory();
	value = value_take_part(&decoder);
	for (uint32_t i = 0; i < decoder.n_shared; i++)
		Py_DECREF(decoder.shared[i]);
	free(decoder.shared);
	return value;
}
