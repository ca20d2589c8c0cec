/*
 * The extension module `_assay`, stable ABI of CPython 3.9: what zygote.py calls to become pid 1 of
 * a cell, what the examiner calls in the child, and the codec of values. Removed from sys.modules
 * before any candidate runs.
 */
#include <Python.h>

#include "inside/runtimes/python/ahead.h"
#include "inside/runtimes/python/call_records.h"
#include "inside/runtimes/python/channel.h"
#include "inside/runtimes/python/gaps.h"
#include "inside/runtimes/python/huge.h"
#include "inside/runtimes/python/judge.h"
#include "inside/runtimes/python/methods.h"
#include "inside/runtimes/python/test_limit.h"
#include "inside/runtimes/python/values.h"
#include "inside/runtimes/python/values_decode.h"
#include "inside/runtimes/python/values_encode.h"
#include "inside/runtimes/python/values_types.h"
#include "inside/runtimes/python/zygote.h"

PyMODINIT_FUNC PyInit__assay(void);

static PyObject *module_serve(PyObject *module, PyObject *arguments)
{
	PyObject *run, *areas;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "OO", &run, &areas) || zygote_serve(run, areas) < 0)
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *module_fill_gaps(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	gaps_fill();
	Py_RETURN_NONE;
}

static PyObject *module_start_huge(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	huge_start();
	Py_RETURN_NONE;
}

static PyObject *module_finish_huge(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	huge_finish();
	Py_RETURN_NONE;
}

static PyObject *module_learn_pages(PyObject *module, PyObject *sample)
{
	(void)module;
	ahead_learn(sample);
	Py_RETURN_NONE;
}

static PyObject *module_encode(PyObject *module, PyObject *arguments)
{
	PyObject *value, *export;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "OO:encode", &value, &export))
		return NULL;
	return values_encode(value, export);
}

static PyObject *module_decode(PyObject *module, PyObject *arguments)
{
	PyObject *data, *resolve;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "SO:decode", &data, &resolve))
		return NULL;
	return values_decode(data, resolve);
}

/* The bounds of one value, for messages and tests. */
static int add_limits(PyObject *module)
{
	PyObject *limits =
		Py_BuildValue("{sIsIsIsI}", "depth", VALUE_DEPTH_MAX, "nodes", VALUE_NODES_MAX,
			      "bytes", VALUE_BYTES_MAX, "label", VALUE_LABEL_BYTES_MAX);

	if (limits == NULL)
		return -1;
	return PyModule_AddObject(module, "value_limits", limits);
}

static PyMethodDef methods[] = {
	{"serve", module_serve, METH_VARARGS,
	 "serve(run, areas): lock this process and serve runs; does not return"},
	{"fill_gaps", module_fill_gaps, METH_NOARGS,
	 "fill_gaps(): takes what is free between what lives, for good"},
	{"start_huge", module_start_huge, METH_NOARGS,
	 "start_huge(): memory taken from now on can become huge pages"},
	{"finish_huge", module_finish_huge, METH_NOARGS, "finish_huge(): it does"},
	{"learn_pages", module_learn_pages, METH_O,
	 "learn_pages(sample): what sample() takes, children that wait take beforehand"},
	{"encode", module_encode, METH_VARARGS,
	 "encode(value, export): bytes; export(object) gives (kind, ident, label) of a handle"},
	{"decode", module_decode, METH_VARARGS,
	 "decode(data, resolve): the value; resolve(kind, ident, label) gives a handle's object"},
	{NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_assay",
	.m_doc = "The zygote's loop, the bookkeeping of tests, the codec of values.",
	.m_size = -1,
	.m_methods = methods,
};

PyMODINIT_FUNC PyInit__assay(void)
{
	PyObject *module = PyModule_Create(&definition);
	PyObject *stop;

	if (module == NULL || PyModule_AddFunctions(module, judge_methods) < 0 ||
	    PyModule_AddFunctions(module, test_method_methods) < 0 ||
	    PyModule_AddFunctions(module, channel_methods) < 0 ||
	    PyModule_AddFunctions(module, call_record_methods) < 0 ||
	    PyModule_AddFunctions(module, test_limit_methods) < 0)
		return NULL;
	if (value_types_prepare() < 0 || add_limits(module) < 0)
		return NULL;
	stop = judge_stop_type();
	if (stop == NULL || PyModule_AddObject(module, "Stop", stop) < 0)
		return NULL;
	return module;
}
