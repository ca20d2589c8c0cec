/*
 * See values_types.h. In the zygote, before it is locked; what is kept here is only read later.
 *
 * Builtins travel by name only if they compute something of their arguments and nothing else: a
 * test may call what a candidate returned, with what the candidate returned, and must not come to
 * call eval() or setattr() in the examiner that way. All others are handles, which act where they
 * came from.
 */
#include "inside/runtimes/python/values_types.h"

#include <string.h>

struct value_types value_types;

static const char *const builtin_names[] = {
	"abs",        "all",        "any",    "ascii",     "bin",   "bool",   "bytearray",
	"bytes",      "callable",   "chr",    "complex",   "dict",  "divmod", "enumerate",
	"filter",     "float",      "format", "frozenset", "hash",  "hex",    "int",
	"isinstance", "issubclass", "iter",   "len",       "list",  "map",    "max",
	"min",        "next",       "object", "oct",       "ord",   "pow",    "range",
	"repr",       "reversed",   "round",  "set",       "slice", "sorted", "str",
	"sum",        "tuple",      "zip",
};

static PyObject *import_attribute(const char *module_name, const char *name)
{
	PyObject *module = PyImport_ImportModule(module_name);
	PyObject *object = module != NULL ? PyObject_GetAttrString(module, name) : NULL;

	Py_XDECREF(module);
	return object;
}

/* Takes over nothing; the tables keep references of their own. */
static int add_builtin(const char *name, PyObject *object)
{
	PyObject *text = PyBytes_FromString(name);
	PyObject *address = PyLong_FromVoidPtr(object);
	int err = -1;

	if (text != NULL && address != NULL &&
	    PyDict_SetItem(value_types.names, address, text) == 0 &&
	    PyDict_SetItem(value_types.builtins, text, object) == 0)
		err = 0;
	Py_XDECREF(text);
	Py_XDECREF(address);
	return err;
}

/* All exceptions; under the name of their class, as OSError has several. */
static int add_exceptions(PyObject *builtins)
{
	PyObject *key, *object, *name;
	Py_ssize_t at = 0;

	while (PyDict_Next(builtins, &at, &key, &object)) {
		int err;

		if (!PyExceptionClass_Check(object))
			continue;
		name = PyUnicode_AsUTF8String(key);
		err = name != NULL && strcmp(PyBytes_AsString(name),
					     PyExceptionClass_Name(object)) == 0
			      ? add_builtin(PyBytes_AsString(name), object)
			      : 0;
		Py_XDECREF(name);
		if (name == NULL || err < 0)
			return -1;
	}
	return 0;
}

static int add_named(PyObject *builtins)
{
	for (size_t i = 0; i < sizeof(builtin_names) / sizeof(builtin_names[0]); i++) {
		PyObject *object = PyDict_GetItemString(builtins, builtin_names[i]);

		if (object == NULL) {
			PyErr_SetString(PyExc_ImportError, builtin_names[i]);
			return -1;
		}
		if (add_builtin(builtin_names[i], object) < 0)
			return -1;
	}
	return 0;
}

/* The builtins that travel by name, and with them the classes whose instances do by value. */
static int prepare_names(void)
{
	PyObject *module = PyImport_ImportModule("builtins");
	PyObject *builtins = module != NULL ? PyModule_GetDict(module) : NULL;
	int err = -1;

	value_types.names = PyDict_New();
	value_types.builtins = PyDict_New();
	if (builtins != NULL && value_types.names != NULL && value_types.builtins != NULL &&
	    add_named(builtins) == 0 && add_exceptions(builtins) == 0 &&
	    add_builtin("NoneType", (PyObject *)Py_TYPE(Py_None)) == 0)
		err = 0;
#define X(field, module, name)                     \
	if (err == 0 && strcmp(name, "type") != 0) \
		err = add_builtin(name, value_types.field##_type);
	VALUE_CLASSES(X)
#undef X
	Py_XDECREF(module);
	return err;
}

int value_types_prepare(void)
{
	if (value_types.builtins != NULL)
		return 0;
#define X(field, module, name)                                     \
	value_types.field##_type = import_attribute(module, name); \
	if (value_types.field##_type == NULL)                      \
		return -1;
	VALUE_CLASSES(X)
#undef X
#define X(field, class, attribute)                                                       \
	value_types.field = PyObject_GetAttrString(value_types.class##_type, attribute); \
	if (value_types.field == NULL)                                                   \
		return -1;
	VALUE_ACCESSORS(X)
#undef X
	value_types.named_tuple = import_attribute("collections", "namedtuple");
	value_types.is_keyword = import_attribute("keyword", "iskeyword");
	if (value_types.named_tuple == NULL || value_types.is_keyword == NULL)
		return -1;
	return prepare_names();
}

bool value_is(PyObject *value, PyObject *type)
{
	return Py_TYPE(value) == (PyTypeObject *)type ||
	       PyType_IsSubtype(Py_TYPE(value), (PyTypeObject *)type);
}

PyObject *value_attribute(PyObject *accessor, PyObject *value)
{
	return PyObject_CallMethod(accessor, "__get__", "OO", value, (PyObject *)Py_TYPE(value));
}

PyObject *value_builtin_name(PyObject *value)
{
	PyObject *address, *name;

	if (Py_TYPE(value) != &PyType_Type && !PyCFunction_CheckExact(value))
		return NULL;
	address = PyLong_FromVoidPtr(value);
	name = address != NULL ? PyDict_GetItemWithError(value_types.names, address) : NULL;
	Py_XDECREF(address);
	return name;
}
