/*
 * The extension module `_assay`, stable ABI of CPython 3.9: what zygote.py calls to become pid 1 of
 * a cell, and what the examiner calls in the child. Removed from sys.modules before any candidate
 * runs.
 */
#include <Python.h>

#include "inside/runtimes/python/channel.h"
#include "inside/runtimes/python/judge.h"
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

static PyMethodDef methods[] = {
	{"serve", module_serve, METH_VARARGS,
	 "serve(run, areas): lock this process and serve runs; does not return"},
	{NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_assay",
	.m_doc = "The zygote's loop and the bookkeeping of tests.",
	.m_size = -1,
	.m_methods = methods,
};

PyMODINIT_FUNC PyInit__assay(void)
{
	PyObject *module = PyModule_Create(&definition);
	PyObject *stop;

	if (module == NULL || PyModule_AddFunctions(module, judge_methods) < 0 ||
	    PyModule_AddFunctions(module, channel_methods) < 0)
		return NULL;
	stop = judge_stop_type();
	if (stop == NULL || PyModule_AddObject(module, "Stop", stop) < 0)
		return NULL;
	return module;
}
