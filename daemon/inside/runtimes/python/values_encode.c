/*
 * Writes a value (values.h): the containers. In both locked processes; on the candidate's side what
 * is encoded may lie about itself, on the examiner's side it may not. Scalars and the classes of
 * the standard library are in values_plain.c.
 *
 * An instance of a class derived from a plain one is sent as the plain value that it holds, read
 * with the base class's own C functions: what the derived class overrides is never called. A dict
 * or set with a key that is not plain goes as a handle, whole: the receiver hashes keys, and must
 * not have to ask anybody for that.
 *
 * export() and finalizers may run Python in between, and change what is being sent. So every item
 * is held while it is written, and numbers of items are compared again at the end.
 */
#include "inside/runtimes/python/values_encode.h"

#include "inside/runtimes/python/scalars.h"
#include "inside/runtimes/python/values_encoder.h"
#include "inside/runtimes/python/values_plain.h"
#include "inside/runtimes/python/values_types.h"

static int encode_value(struct value_encoder *encoder, PyObject *value);

static int refuse(const char *why)
{
	PyErr_SetString(PyExc_ValueError, why);
	return -1;
}

int value_put_tag(struct value_encoder *encoder, enum value_tag tag)
{
	encoder->n_nodes += value_weight(tag);
	if (encoder->n_nodes > VALUE_NODES_MAX)
		return refuse("a value of so many parts is too large to be sent");
	return value_put_number(&encoder->output, tag, 1);
}

int value_put_part(struct value_encoder *encoder, PyObject *part)
{
	int err;

	if (encoder->depth >= VALUE_DEPTH_MAX)
		return refuse("a value nested so deep is too large to be sent");
	Py_INCREF(part);
	encoder->depth++;
	err = encode_value(encoder, part);
	encoder->depth--;
	Py_DECREF(part);
	return err;
}

int value_put_new_part(struct value_encoder *encoder, PyObject *part)
{
	int err = part != NULL ? value_put_part(encoder, part) : -1;

	Py_XDECREF(part);
	return err;
}

static int put_head(struct value_encoder *encoder, enum value_tag tag, Py_ssize_t n)
{
	if (n < 0)
		return -1;
	if ((size_t)n > VALUE_NODES_MAX)
		return refuse("a value of so many parts is too large to be sent");
	return value_put_tag(encoder, tag) < 0 ? -1
					       : value_put_number(&encoder->output, (uint64_t)n, 4);
}

/* The items are `n`, as announced. */
static int expect(Py_ssize_t found, Py_ssize_t n)
{
	return found == n ? 0 : refuse("a value that changes cannot be sent");
}

static int put_list(struct value_encoder *encoder, PyObject *list)
{
	Py_ssize_t i, n = PyList_Size(list);

	if (put_head(encoder, VALUE_LIST, n) < 0)
		return -1;
	for (i = 0; i < n && i < PyList_Size(list); i++)
		if (value_put_part(encoder, PyList_GetItem(list, i)) < 0)
			return -1;
	return expect(i + PyList_Size(list), n + n);
}

static int put_tuple(struct value_encoder *encoder, PyObject *tuple)
{
	Py_ssize_t n = PyTuple_Size(tuple);
	int is_named = PyTuple_CheckExact(tuple) ? 0 : value_put_named_head(encoder, tuple);

	if (is_named < 0 || (!is_named && put_head(encoder, VALUE_TUPLE, n) < 0))
		return -1;
	for (Py_ssize_t i = 0; i < n; i++)
		if (value_put_part(encoder, PyTuple_GetItem(tuple, i)) < 0)
			return -1;
	return 0;
}

/* What `iterator` (taken) gives. */
static int put_items(struct value_encoder *encoder, PyObject *iterator, Py_ssize_t n)
{
	Py_ssize_t found = 0;
	PyObject *item;

	if (iterator == NULL)
		return -1;
	for (int err = 0; (item = PyIter_Next(iterator)) != NULL; found++) {
		err = value_put_part(encoder, item);
		Py_DECREF(item);
		if (err < 0) {
			Py_DECREF(iterator);
			return -1;
		}
	}
	Py_DECREF(iterator);
	return PyErr_Occurred() ? -1 : expect(found, n);
}

/* `copy` is a frozenset of our own. */
static int put_set(struct value_encoder *encoder, enum value_tag tag, PyObject *copy)
{
	Py_ssize_t n = PySet_Size(copy);

	return put_head(encoder, tag, n) < 0 ? -1 : put_items(encoder, PyObject_GetIter(copy), n);
}

static int put_deque(struct value_encoder *encoder, PyObject *deque)
{
	PyObject *length = PyObject_CallFunctionObjArgs(value_types.deque_length, deque, NULL);
	PyObject *maxlen = value_attribute(value_types.deque_maxlen, deque);
	Py_ssize_t n = length != NULL ? PyLong_AsSsize_t(length) : -1;
	uint64_t limit = 0;
	int err = -1;

	if (maxlen != NULL && maxlen != Py_None)
		limit = (uint64_t)PyLong_AsSsize_t(maxlen) + 1;
	if (maxlen != NULL && put_head(encoder, VALUE_DEQUE, n) == 0 &&
	    value_put_number(&encoder->output, limit, 8) == 0)
		err = put_items(
			encoder,
			PyObject_CallFunctionObjArgs(value_types.deque_iterate, deque, NULL), n);
	Py_XDECREF(length);
	Py_XDECREF(maxlen);
	return err;
}

static int put_pair(struct value_encoder *encoder, PyObject *key, PyObject *value)
{
	int err;

	Py_INCREF(key);
	Py_INCREF(value);
	err = value_put_part(encoder, key) < 0 ? -1 : value_put_part(encoder, value);
	Py_DECREF(key);
	Py_DECREF(value);
	return err;
}

static int put_pairs(struct value_encoder *encoder, PyObject *dict, Py_ssize_t n)
{
	Py_ssize_t at = 0, found = 0;
	PyObject *key, *value;

	for (; PyDict_Next(dict, &at, &key, &value); found++)
		if (found == n || put_pair(encoder, key, value) < 0)
			return PyErr_Occurred() ? -1 : expect(found + 1, n);
	return expect(found, n);
}

/* An OrderedDict keeps its order beside the dict that it is. */
static int put_ordered_pairs(struct value_encoder *encoder, PyObject *dict, Py_ssize_t n)
{
	PyObject *view = PyObject_CallFunctionObjArgs(value_types.ordered_dict_items, dict, NULL);
	PyObject *iterator = view != NULL ? PyObject_GetIter(view) : NULL;
	PyObject *pair;
	Py_ssize_t found = 0;
	int err = iterator != NULL ? 0 : -1;

	while (err == 0 && (pair = PyIter_Next(iterator)) != NULL) {
		err = put_pair(encoder, PyTuple_GetItem(pair, 0), PyTuple_GetItem(pair, 1));
		Py_DECREF(pair);
		found++;
	}
	Py_XDECREF(view);
	Py_XDECREF(iterator);
	return err < 0 || PyErr_Occurred() ? -1 : expect(found + PyDict_Size(dict), n + n);
}

/* The default factory, if it is a class that travels by name; None otherwise. */
static int put_factory(struct value_encoder *encoder, PyObject *dict)
{
	PyObject *factory = value_attribute(value_types.default_dict_factory, dict);
	int err;

	if (factory == NULL)
		return -1;
	err = value_put_part(encoder, PyType_Check(factory) && value_builtin_name(factory) != NULL
					      ? factory
					      : Py_None);
	Py_DECREF(factory);
	return err;
}

static int put_dict(struct value_encoder *encoder, PyObject *dict)
{
	Py_ssize_t n = PyDict_Size(dict);

	if (PyDict_CheckExact(dict))
		return put_head(encoder, VALUE_DICT, n) < 0 ? -1 : put_pairs(encoder, dict, n);
	if (value_is(dict, value_types.ordered_dict_type))
		return put_head(encoder, VALUE_ORDERED, n) < 0
			       ? -1
			       : put_ordered_pairs(encoder, dict, n);
	if (value_is(dict, value_types.default_dict_type))
		return put_head(encoder, VALUE_DEFAULT, n) < 0 || put_factory(encoder, dict) < 0
			       ? -1
			       : put_pairs(encoder, dict, n);
	if (value_is(dict, value_types.counter_type))
		return put_head(encoder, VALUE_COUNTER, n) < 0 ? -1 : put_pairs(encoder, dict, n);
	return put_head(encoder, VALUE_DICT, n) < 0 ? -1 : put_pairs(encoder, dict, n);
}

static int put_container(struct value_encoder *encoder, PyObject *container, PyObject *copy)
{
	if (PyList_Check(container))
		return put_list(encoder, container);
	if (PyDict_Check(container))
		return put_dict(encoder, container);
	if (copy != NULL)
		return put_set(encoder, VALUE_SET, copy);
	if (PyByteArray_Check(container))
		return value_put_bytearray(encoder, container);
	return put_deque(encoder, container);
}

/* `container` can be sent once and be referred to afterwards; `copy`: of a set. */
static int put_shared(struct value_encoder *encoder, PyObject *container, PyObject *copy)
{
	int64_t index = value_memo_find(&encoder->memo, container);

	if (index == VALUE_MEMO_OPEN)
		return refuse("a value that contains itself cannot be sent");
	if (index >= 0)
		return value_put_tag(encoder, VALUE_BACK) < 0
			       ? -1
			       : value_put_number(&encoder->output, (uint64_t)index, 4);
	if (value_memo_open(&encoder->memo, container) < 0 ||
	    put_container(encoder, container, copy) < 0)
		return -1;
	value_memo_close(&encoder->memo, container, encoder->n_shared++);
	return 0;
}

/* Sets, frozen or not. */
static int encode_set(struct value_encoder *encoder, PyObject *set)
{
	PyObject *copy = PyFrozenSet_New(set); /* of a set it asks no method of its class */
	int err = copy != NULL ? value_has_plain_keys(copy) : -1;

	if (err == 0)
		err = value_put_handle(encoder, set);
	else if (err > 0 && PyFrozenSet_Check(set))
		err = put_set(encoder, VALUE_FROZENSET, copy);
	else if (err > 0)
		err = put_shared(encoder, set, copy);
	Py_XDECREF(copy);
	return err;
}

static int encode_dict(struct value_encoder *encoder, PyObject *dict)
{
	int plain = value_has_plain_keys(dict);

	if (plain <= 0)
		return plain < 0 ? -1 : value_put_handle(encoder, dict);
	return put_shared(encoder, dict, NULL);
}

static int encode_value(struct value_encoder *encoder, PyObject *value)
{
	int outcome = value_put_plain(encoder, value);
	PyObject *plain;

	if (outcome != VALUE_NOT_PLAIN)
		return outcome;
	if (PyTuple_Check(value))
		return put_tuple(encoder, value);
	if (PyDict_Check(value))
		return encode_dict(encoder, value);
	if (PyAnySet_Check(value))
		return encode_set(encoder, value);
	if (PyList_Check(value) || PyByteArray_Check(value) ||
	    value_is(value, value_types.deque_type))
		return put_shared(encoder, value, NULL);
	plain = scalar_plain(value);
	outcome =
		plain != NULL ? value_put_plain(encoder, plain) : value_put_handle(encoder, value);
	Py_XDECREF(plain);
	return outcome;
}

PyObject *values_encode(PyObject *value, PyObject *export)
{
	struct value_encoder encoder = {.export = export};
	PyObject *bytes = NULL;

	if (value_put_part(&encoder, value) == 0)
		bytes = PyBytes_FromStringAndSize((const char *)encoder.output.bytes,
						  (Py_ssize_t)encoder.output.len);
	value_output_deinit(&encoder.output);
	value_memo_deinit(&encoder.memo);
	Py_XDECREF(encoder.named_type);
	Py_XDECREF(encoder.named_head);
	return bytes;
}
