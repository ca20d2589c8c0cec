/*
 * Comparing what a candidate returned with what the tests expect. In the judging process, which in
 * a SHARED examination is the candidate's own.
 *
 * Python's `==` asks the left operand first, and that is an object of the candidate: one whose
 * `__eq__` says True passes every test. So plain data is compared here, with the C functions of the
 * builtin types on the values that subclasses inherit from them. `unittest`'s and pytest's own
 * objects (approx, ANY) are no plain data and keep their meaning.
 *
 * A run has one comparator (comparator.h), which only says what counts as equal besides: where
 * expected values come from JSON, a tuple is as good as a list.
 */
#include "inside/runtimes/python/equality.h"

#include <stdbool.h>

#include "inside/runtimes/python/comparator.h"
#include "inside/runtimes/python/scalars.h"

static struct {
	PyObject *trusted; /* tuple of types */
	PyObject *key_metaclass;
	PyObject *int_equal; /* int.__eq__ and so on, as they were before any candidate */
	PyObject *float_equal;
	PyObject *complex_equal;
	PyObject *text_equal;
	PyObject *bytes_equal;
	PyObject *bytearray_equal;
} equality;

static int remember(PyTypeObject *type, PyObject **equal)
{
	*equal = PyObject_GetAttrString((PyObject *)type, "__eq__");
	return *equal == NULL ? -1 : 0;
}

int equality_prepare(PyObject *trusted_types)
{
	Py_INCREF(trusted_types);
	equality.trusted = trusted_types;
	if (remember(&PyLong_Type, &equality.int_equal) < 0 ||
	    remember(&PyFloat_Type, &equality.float_equal) < 0 ||
	    remember(&PyComplex_Type, &equality.complex_equal) < 0 ||
	    remember(&PyUnicode_Type, &equality.text_equal) < 0 ||
	    remember(&PyBytes_Type, &equality.bytes_equal) < 0 ||
	    remember(&PyByteArray_Type, &equality.bytearray_equal) < 0)
		return -1;
	return 0;
}

static bool is_exact_scalar(PyObject *value)
{
	return value == Py_None || PyLong_CheckExact(value) || PyUnicode_CheckExact(value) ||
	       PyBool_Check(value) || PyFloat_CheckExact(value) || PyBytes_CheckExact(value) ||
	       PyComplex_CheckExact(value) || PyByteArray_CheckExact(value);
}

void equality_trust_keys(PyObject *metaclass)
{
	Py_INCREF(metaclass);
	Py_XDECREF(equality.key_metaclass);
	equality.key_metaclass = metaclass;
}

bool equality_trusts(PyObject *value)
{
	PyObject *type = (PyObject *)Py_TYPE(value);

	for (Py_ssize_t i = 0; i < PyTuple_Size(equality.trusted); i++)
		if (PyTuple_GetItem(equality.trusted, i) == type)
			return true;
	return false;
}

/* Hashing and comparing it runs nothing of the candidate. */
static bool is_plain_key(PyObject *value)
{
	if (!PyTuple_CheckExact(value))
		return is_exact_scalar(value) || equality_trusts(value) ||
		       scalar_is_foreign(value) ||
		       (PyObject *)Py_TYPE(Py_TYPE(value)) == equality.key_metaclass;
	for (Py_ssize_t i = 0; i < PyTuple_Size(value); i++)
		if (!is_plain_key(PyTuple_GetItem(value, i)))
			return false;
	return true;
}

static int as_python_says(PyObject *actual, PyObject *expected)
{
	PyObject *answer = PyObject_RichCompare(actual, expected, Py_EQ);
	int truth;

	if (answer == NULL)
		return -1;
	truth = PyObject_IsTrue(answer);
	Py_DECREF(answer);
	return truth;
}

/* Calls a remembered `__eq__`. 2: NotImplemented. */
static int ask(PyObject *equal, PyObject *one, PyObject *other)
{
	PyObject *answer = PyObject_CallFunctionObjArgs(equal, one, other, NULL);
	int truth;

	if (answer == NULL)
		return -1;
	truth = answer == Py_NotImplemented ? 2 : answer == Py_True;
	Py_DECREF(answer);
	return truth;
}

/* The comparison of the builtin type that the class of `value` derives from; NULL if from none. */
static PyObject *inherited_equal(PyObject *value)
{
	if (PyLong_Check(value))
		return equality.int_equal;
	if (PyUnicode_Check(value))
		return equality.text_equal;
	if (PyFloat_Check(value))
		return equality.float_equal;
	if (PyBytes_Check(value))
		return equality.bytes_equal;
	if (PyComplex_Check(value))
		return equality.complex_equal;
	return PyByteArray_Check(value) ? equality.bytearray_equal : NULL;
}

static int same_scalar(PyObject *actual, PyObject *expected)
{
	PyObject *equal;
	int truth;

	if (is_exact_scalar(actual) || equality_trusts(actual))
		return as_python_says(actual, expected);
	equal = inherited_equal(actual);
	if (equal == NULL)
		return 0;
	truth = ask(equal, actual, expected);
	if (truth == 2 && (equal = inherited_equal(expected)) != NULL)
		truth = ask(equal, expected, actual);
	return truth == 2 ? 0 : truth;
}

static int scalar_holds(PyObject *actual, PyObject *expected)
{
	int truth = same_scalar(actual, expected);

	return truth == 0 ? comparator_is_near(actual, expected) : truth;
}

/* Within containers an object equals itself, as in Python: [nan] == [nan] for one nan. */
static int element_holds(PyObject *actual, PyObject *expected)
{
	return actual == expected ? 1 : equality_holds(actual, expected);
}

static int sequence_holds(PyObject *actual, PyObject *expected, Py_ssize_t (*size)(PyObject *),
			  PyObject *(*item)(PyObject *, Py_ssize_t))
{
	int truth = size(actual) == size(expected);

	for (Py_ssize_t i = 0; truth == 1 && i < size(expected); i++)
		truth = element_holds(item(actual, i), item(expected, i));
	return truth;
}

static int list_holds(PyObject *actual, PyObject *expected)
{
	Py_ssize_t n = PyList_Size(expected);
	int truth;

	if (PyList_Check(actual))
		return sequence_holds(actual, expected, PyList_Size, PyList_GetItem);
	if (!comparator_takes_tuples() || !PyTuple_Check(actual) || PyTuple_Size(actual) != n)
		return 0;
	truth = 1;
	for (Py_ssize_t i = 0; truth == 1 && i < n; i++)
		truth = element_holds(PyTuple_GetItem(actual, i), PyList_GetItem(expected, i));
	return truth;
}

static int dict_holds(PyObject *actual, PyObject *expected)
{
	PyObject *key, *value, *wanted;
	Py_ssize_t at = 0;
	int truth = PyDict_Size(actual) == PyDict_Size(expected);

	while (truth == 1 && PyDict_Next(actual, &at, &key, &value)) {
		wanted = is_plain_key(key) ? PyDict_GetItemWithError(expected, key) : NULL;
		if (wanted == NULL)
			return PyErr_Occurred() ? -1 : 0;
		truth = element_holds(value, wanted);
	}
	return truth;
}

static int set_holds(PyObject *actual, PyObject *expected)
{
	PyObject *copy = PyFrozenSet_New(actual); /* of a set it asks no method of its class */
	PyObject *iterator = copy != NULL ? PyObject_GetIter(copy) : NULL;
	PyObject *element;
	int truth = iterator != NULL ? 1 : -1;

	while (truth == 1 && (element = PyIter_Next(iterator)) != NULL) {
		truth = is_plain_key(element) || PyFrozenSet_CheckExact(element);
		Py_DECREF(element);
	}
	if (truth == 1)
		truth = as_python_says(copy, expected);
	Py_XDECREF(iterator);
	Py_XDECREF(copy);
	return truth;
}

static int plain_holds(PyObject *actual, PyObject *expected)
{
	if (is_exact_scalar(expected))
		return scalar_holds(actual, expected);
	if (PyList_CheckExact(expected))
		return list_holds(actual, expected);
	if (PyTuple_CheckExact(expected))
		return PyTuple_Check(actual)
			       ? sequence_holds(actual, expected, PyTuple_Size, PyTuple_GetItem)
			       : 0;
	if (PyDict_CheckExact(expected))
		return PyDict_Check(actual) ? dict_holds(actual, expected) : 0;
	return PyAnySet_Check(actual) || Py_TYPE(actual) == &PyDictKeys_Type
		       ? set_holds(actual, expected)
		       : 0;
}

static bool is_plain(PyObject *value)
{
	return is_exact_scalar(value) || PyList_CheckExact(value) || PyTuple_CheckExact(value) ||
	       PyDict_CheckExact(value) || PyAnySet_CheckExact(value);
}

int equality_holds(PyObject *actual, PyObject *expected)
{
	PyObject *plain = scalar_plain(actual);
	int truth;

	if (plain != NULL) {
		truth = equality_holds(plain, expected);
		Py_DECREF(plain);
		return truth;
	}
	if (!is_plain(expected)) {
		/* An object of the standard library equals plain data or its like, nothing else. */
		if (equality_trusts(expected) && !is_plain(actual) && !equality_trusts(actual))
			return 0;
		return as_python_says(actual, expected);
	}
	if (Py_EnterRecursiveCall(" in comparison"))
		return -1;
	truth = plain_holds(actual, expected);
	Py_LeaveRecursiveCall();
	return truth;
}
