/*
 * What is told of a failed assertion. In the judging process.
 *
 * rewrite.py puts note() around the calls in an assertion whose own value is a mere True or False.
 * Nothing is rendered then; the value is only held until the assertion is over, so that its text
 * can be made if it fails. Texts are made by two Python functions of the examiner (texts.py).
 */
#include "inside/runtimes/python/telling.h"

#include <stdbool.h>

#include "inside/runtimes/python/equality.h"
#include "inside/runtimes/python/tests.h"

static struct {
	PyObject *one;
	PyObject *both;
	PyObject *noted; /* NULL: nothing */
	uint32_t index;
	struct tests_span span;
	uint32_t limit;
	struct { /* what was not equal */
		bool is_set;
		uint32_t index;
		struct told told;
	} unequal;
} telling;

void told_clear(struct told *told)
{
	Py_CLEAR(told->expected);
	Py_CLEAR(told->actual);
	Py_CLEAR(told->call);
}

void telling_start(PyObject *one, PyObject *both)
{
	telling.one = Py_NewRef(one);
	telling.both = Py_NewRef(both);
}

void telling_limit(uint32_t limit)
{
	telling.limit = limit;
}

PyObject *telling_note(PyObject *module, PyObject *arguments)
{
	struct tests_span span;
	unsigned int index;
	PyObject *value;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "IIIIIO", &index, &span.line, &span.column, &span.end_line,
			      &span.end_column, &value))
		return NULL;
	if (index < tests_count()) {
		telling_forget();
		telling.index = index;
		telling.span = span;
		telling.noted = Py_NewRef(value);
	}
	return Py_NewRef(value);
}

void telling_forget(void)
{
	Py_CLEAR(telling.noted);
	told_clear(&telling.unequal.told);
	telling.unequal.is_set = false;
}

static PyObject *bytes_of(struct records_field field)
{
	PyObject *bytes = PyBytes_FromStringAndSize(field.bytes, (Py_ssize_t)field.len);

	if (bytes == NULL)
		PyErr_Clear();
	return bytes;
}

/* New reference; NULL (and no exception set) if the value cannot be shown. */
static PyObject *render(PyObject *value)
{
	PyObject *text = PyObject_CallFunction(telling.one, "OI", value, telling.limit);

	if (text == NULL)
		PyErr_Clear();
	return text;
}

static void render_both(PyObject *expected, PyObject *actual, struct told *told)
{
	PyObject *texts =
		PyObject_CallFunction(telling.both, "OOI", expected, actual, telling.limit);

	if (texts != NULL && PyArg_ParseTuple(texts, "SS", &told->expected, &told->actual)) {
		Py_INCREF(told->expected);
		Py_INCREF(told->actual);
	}
	Py_XDECREF(texts);
	PyErr_Clear();
}

PyObject *telling_compared(PyObject *module, PyObject *arguments)
{
	struct tests_span span;
	unsigned int index;
	PyObject *actual, *expected;
	int truth;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "IIIIIOO", &index, &span.line, &span.column,
			      &span.end_line, &span.end_column, &actual, &expected))
		return NULL;
	truth = equality_holds(actual, expected);
	if (truth < 0)
		return NULL;
	if (truth == 0 && index < tests_count()) {
		telling_forget();
		telling.unequal.is_set = true;
		telling.unequal.index = index;
		telling.unequal.told.call = bytes_of(tests_call_at(index, &span, telling.limit));
		render_both(expected, actual, &telling.unequal.told);
	}
	return PyBool_FromLong(truth);
}

void tell_noted(uint32_t index, struct told *told)
{
	if (telling.unequal.is_set && telling.unequal.index == index) {
		*told = telling.unequal.told;
		telling.unequal.told = (struct told){0};
		return;
	}
	if (telling.noted == NULL || telling.index != index)
		return;
	told->actual = render(telling.noted);
	told->expected = bytes_of(tests_condition(index, telling.limit));
	told->call = bytes_of(tests_call_at(index, &telling.span, telling.limit));
}

void tell_values(uint32_t index, PyObject *expected, PyObject *actual, struct told *told)
{
	if (tests_tells_noted(index)) {
		tell_noted(index, told);
		if (told->actual != NULL)
			return;
		told_clear(told);
	}
	render_both(expected, actual, told);
}
