/*
 * What the kinds unittest and pytest record: one outcome for a whole function or method, with all
 * that is told of it. In the judging process, called from Python (method_report.py).
 *
 * Unlike a rewritten assertion (judge.c) such a test ends at its first failure, by an exception of
 * its own framework; so the texts come from there and are only passed on. What a later outcome of
 * the same test counts is outcomes.c's to say.
 */
#include "inside/runtimes/python/methods.h"

#include <stdbool.h>

#include "inside/runtimes/python/equality.h"
#include "inside/cell/records.h"
#include "inside/runtimes/python/judge.h"
#include "inside/runtimes/python/outcomes.h"
#include "inside/runtimes/python/tests.h"

static int take_fields(PyObject *texts, struct records_test *test)
{
	if (!PyTuple_Check(texts) || PyTuple_Size(texts) != RECORD_FIELDS) {
		PyErr_SetString(PyExc_TypeError, "record() takes one text for each field");
		return -1;
	}
	for (Py_ssize_t i = 0; i < RECORD_FIELDS; i++) {
		PyObject *text = PyTuple_GetItem(texts, i);
		Py_ssize_t len;
		char *bytes;

		if (PyBytes_AsStringAndSize(text, &bytes, &len) < 0)
			return -1;
		test->fields[i] = (struct records_field){.bytes = bytes, .len = (size_t)len};
	}
	return 0;
}

static PyObject *methods_record(PyObject *module, PyObject *arguments)
{
	struct records_test test = {0};
	unsigned int index, outcome, line;
	PyObject *texts;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "IIOI", &index, &outcome, &texts, &line) ||
	    take_fields(texts, &test) < 0)
		return NULL;
	if (index >= tests_count() || outcome > RECORD_SKIPPED) {
		PyErr_SetString(PyExc_IndexError, "no such test or outcome");
		return NULL;
	}
	test.index = index;
	test.outcome = (enum record_outcome)outcome;
	test.line = line;
	return PyBool_FromLong(outcomes_take(&test));
}

static PyObject *methods_has_failure(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	return PyBool_FromLong(outcomes_have_failure());
}

static PyObject *methods_holds(PyObject *module, PyObject *arguments)
{
	PyObject *actual, *expected;
	int truth;

	(void)module;
	if (!PyArg_UnpackTuple(arguments, "holds", 2, 2, &actual, &expected))
		return NULL;
	truth = equality_holds(actual, expected);
	return truth < 0 ? NULL : PyBool_FromLong(truth);
}

PyMethodDef test_method_methods[] = {
	{"record", methods_record, METH_VARARGS,
	 "record(test, outcome, texts, line): of a whole test; False: stop now"},
	{"has_failure", methods_has_failure, METH_NOARGS, "has_failure(): has any test failed?"},
	{"holds", methods_holds, METH_VARARGS, "holds(actual, expected): actual == expected"},
	{NULL, NULL, 0, NULL},
};
