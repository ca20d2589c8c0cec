/*
 * A function that computes with numpy returns numpy.int64 and numpy.bool_ where its tests expect
 * 3 and True, and `==` says that they are equal. So they count as the plain number: where values
 * are compared, and where they leave the process. (numpy.float64 is a float anyway.)
 *
 * What is taken for one must not be an object of the candidate's, whose method would be asked for
 * the answer in the judging process. Classes that Python code makes are heap types, those of numpy
 * are not and cannot be changed; so only a static type is asked, and its own method. Inside; in all
 * processes of a run.
 */
#include "inside/runtimes/python/scalars.h"

#include <string.h>

/* Static types of numpy that have item() and are no numbers. */
static const char *const others[] = {"ndarray", "datetime64", "timedelta64"};

static bool is_text(PyObject *text, const char *wanted)
{
	return text != NULL && PyUnicode_Check(text) &&
	       PyUnicode_CompareWithASCIIString(text, wanted) == 0;
}

static bool is_of_numpy(PyTypeObject *type)
{
	PyObject *module = PyObject_GetAttrString((PyObject *)type, "__module__");
	PyObject *name = PyObject_GetAttrString((PyObject *)type, "__name__");
	bool is_one = name != NULL && is_text(module, "numpy");

	for (size_t i = 0; is_one && i < sizeof(others) / sizeof(others[0]); i++)
		is_one = !is_text(name, others[i]);
	Py_XDECREF(module);
	Py_XDECREF(name);
	PyErr_Clear();
	return is_one;
}

bool scalar_is_foreign(PyObject *value)
{
	PyObject *plain = scalar_plain(value);

	Py_XDECREF(plain);
	return plain != NULL;
}

PyObject *scalar_plain(PyObject *value)
{
	PyTypeObject *type = Py_TYPE(value);
	PyObject *plain;

	if ((PyType_GetFlags(type) & Py_TPFLAGS_HEAPTYPE) != 0 || !is_of_numpy(type))
		return NULL;
	plain = PyObject_CallMethod(value, "item", NULL);
	PyErr_Clear();
	if (plain != NULL && (PyLong_CheckExact(plain) || PyBool_Check(plain) ||
			      PyFloat_CheckExact(plain) || PyComplex_CheckExact(plain)))
		return plain;
	Py_XDECREF(plain);
	return NULL;
}
