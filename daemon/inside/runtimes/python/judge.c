/*
 * What rewritten assertions call. In the judging process, called from Python.
 *
 * An assertion `assert a == b, m` has become `equal(i, a, b) or message(i, m)` within
 * `try: ... except: raised(i)`. Truth is taken here, by the interpreter's C functions, so a patched
 * `bool` or `isinstance` has no say. What becomes of a test is outcomes.c's to keep. Texts (repr of
 * values, tracebacks) are made on failure only, by Python functions of the examiner.
 */
#include "inside/runtimes/python/judge.h"

#include <string.h>

#include "inside/runtimes/python/comparator.h"
#include "inside/runtimes/python/equality.h"
#include "inside/cell/records.h"
#include "inside/runtimes/python/outcomes.h"
#include "inside/runtimes/python/sitting.h"
#include "inside/runtimes/python/telling.h"
#include "inside/runtimes/python/tests.h"

#define VALUE_BYTES_MIN 16u

static struct {
	bool is_control;
	uint32_t value_bytes;
	PyObject *explain;   /* explain(exception, limit) -> (outcome, type, message, traceback,
				line) */
	PyObject *settle;    /* called once after the next outcome; NULL: nothing to do */
	PyObject *identical; /* identical(left, right) besides `is`; NULL: nothing besides */
	PyObject *stop;
	uint32_t n_judged; /* assertions that were decided, every time they were */
	struct {           /* a failed test whose message is still to come */
		bool is_set;
		uint32_t index;
		struct told told;
	} pending;
} judge;

static void forget(void)
{
	judge.pending.is_set = false;
	told_clear(&judge.pending.told);
	telling_forget();
	Py_CLEAR(judge.settle);
	Py_CLEAR(judge.identical);
}

void judge_start(const struct job *job)
{
	forget();
	judge.is_control = job->options.is_control != 0;
	judge.value_bytes = job->options.value_bytes;
	if (judge.value_bytes < VALUE_BYTES_MIN)
		judge.value_bytes = VALUE_BYTES_MIN;
	if (judge.value_bytes > RECORDS_FIELD_MAX)
		judge.value_bytes = RECORDS_FIELD_MAX;
	telling_limit(judge.value_bytes);
	outcomes_start(job->options.stop_first_failure != 0 && !judge.is_control,
		       judge.value_bytes);
	records_start();
}

void judge_end(const struct job *job)
{
	records_write_end(outcomes_reached(), job->nonce);
}

static struct records_field field_of(PyObject *bytes)
{
	struct records_field field = {0};
	Py_ssize_t len;
	char *text;

	if (bytes != NULL && PyBytes_Check(bytes) &&
	    PyBytes_AsStringAndSize(bytes, &text, &len) == 0) {
		field.bytes = text;
		field.len = (size_t)len;
	}
	return field;
}

static struct records_field field_of_text(const char *text)
{
	return (struct records_field){.bytes = text, .len = strlen(text)};
}

/* ---- failures ---- */

/* None, or NULL with Stop raised. */
static PyObject *after_failure(void)
{
	if (outcomes_end_at_failure()) {
		PyErr_SetNone(judge.stop);
		return NULL;
	}
	Py_RETURN_NONE;
}

static void write_failure(uint32_t index, PyObject *message)
{
	struct records_test test = {.index = index, .outcome = RECORD_FAILED};

	test.fields[RECORD_FIELD_EXPECTED] = field_of(judge.pending.told.expected);
	test.fields[RECORD_FIELD_ACTUAL] = field_of(judge.pending.told.actual);
	test.fields[RECORD_FIELD_CALL] = field_of(judge.pending.told.call);
	if (message != NULL) {
		test.fields[RECORD_FIELD_ERROR_TYPE] = field_of_text("AssertionError");
		test.fields[RECORD_FIELD_ERROR_MESSAGE] = field_of(message);
	}
	outcomes_write(&test);
}

static void settle_pending(PyObject *message)
{
	if (!judge.pending.is_set)
		return;
	judge.pending.is_set = false;
	if (!outcomes_has_failed(judge.pending.index))
		write_failure(judge.pending.index, message);
	told_clear(&judge.pending.told);
}

/* False if a message is to follow, else None; or NULL with Stop raised. */
static PyObject *fail(uint32_t index, PyObject *expected, PyObject *actual)
{
	settle_pending(NULL);
	if (!outcomes_has_failed(index)) {
		judge.pending.is_set = true;
		judge.pending.index = index;
		tell_values(index, expected, actual, &judge.pending.told);
	}
	if (tests_has_message(index))
		Py_RETURN_FALSE;
	settle_pending(NULL);
	return after_failure();
}

/* Runs what was put off until the outcome of the present assertion is known. 0, or -1 with an
 * exception set. */
static int settle(void)
{
	PyObject *function = judge.settle;
	PyObject *result;

	if (function == NULL)
		return 0;
	judge.settle = NULL;
	result = PyObject_CallFunctionObjArgs(function, NULL);
	Py_DECREF(function);
	Py_XDECREF(result);
	return result != NULL ? 0 : -1;
}

static PyObject *conclude(uint32_t index, int truth, PyObject *expected, PyObject *actual)
{
	PyObject *result;

	judge.n_judged++;
	if (truth >= 0 && settle() < 0)
		return NULL;
	if (truth < 0)
		return NULL;
	if (truth == 0) {
		result = fail(index, expected, actual);
	} else {
		outcomes_pass(index);
		result = Py_NewRef(Py_True);
	}
	telling_forget();
	return result;
}

static bool parse_index(PyObject *number, uint32_t *index)
{
	unsigned long value = PyLong_AsUnsignedLong(number);

	if (PyErr_Occurred() != NULL)
		return false;
	if (value >= tests_count()) {
		PyErr_SetString(PyExc_IndexError, "no such test");
		return false;
	}
	*index = (uint32_t)value;
	return true;
}

/* ---- called by rewritten tests ---- */

static PyObject *judge_true(PyObject *module, PyObject *arguments)
{
	PyObject *number, *value;
	uint32_t index;

	(void)module;
	if (!PyArg_UnpackTuple(arguments, "true", 2, 2, &number, &value) ||
	    !parse_index(number, &index))
		return NULL;
	return conclude(index, PyObject_IsTrue(value), Py_True, value);
}

static PyObject *judge_false(PyObject *module, PyObject *arguments)
{
	PyObject *number, *value;
	uint32_t index;

	(void)module;
	if (!PyArg_UnpackTuple(arguments, "false", 2, 2, &number, &value) ||
	    !parse_index(number, &index))
		return NULL;
	return conclude(index, PyObject_Not(value), Py_False, value);
}

static PyObject *judge_compared_by_candidate(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	outcomes_compared_by_candidate();
	Py_RETURN_NONE;
}

static PyObject *judge_trust(PyObject *module, PyObject *types)
{
	(void)module;
	if (!PyTuple_Check(types)) {
		PyErr_SetString(PyExc_TypeError, "trust() takes a tuple of types");
		return NULL;
	}
	if (equality_prepare(types) < 0)
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *judge_equal(PyObject *module, PyObject *arguments)
{
	PyObject *number, *left, *right, *actual, *expected;
	uint32_t index;
	bool is_swapped;

	(void)module;
	if (!PyArg_UnpackTuple(arguments, "equal", 3, 3, &number, &left, &right) ||
	    !parse_index(number, &index))
		return NULL;
	is_swapped = tests_is_swapped(index);
	actual = is_swapped ? right : left;
	expected = is_swapped ? left : right;
	return conclude(index, comparator_holds(actual, expected), expected, actual);
}

static int is_same(PyObject *left, PyObject *right)
{
	PyObject *answer;
	int truth;

	if (left == right || judge.identical == NULL)
		return left == right;
	answer = PyObject_CallFunctionObjArgs(judge.identical, left, right, NULL);
	if (answer == NULL)
		return -1;
	truth = PyObject_IsTrue(answer);
	Py_DECREF(answer);
	return truth;
}

static PyObject *judge_same(PyObject *module, PyObject *arguments)
{
	PyObject *number, *left, *right;
	uint32_t index;

	(void)module;
	if (!PyArg_UnpackTuple(arguments, "same", 3, 3, &number, &left, &right) ||
	    !parse_index(number, &index))
		return NULL;
	return conclude(index, is_same(left, right), right, left);
}

static PyObject *judge_message(PyObject *module, PyObject *arguments)
{
	PyObject *number, *message, *text;
	uint32_t index;

	(void)module;
	if (!PyArg_UnpackTuple(arguments, "message", 2, 2, &number, &message) ||
	    !parse_index(number, &index))
		return NULL;
	if (!judge.pending.is_set)
		return after_failure();
	text = PyObject_Str(message);
	if (text != NULL) {
		PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");

		Py_DECREF(text);
		text = bytes;
	}
	if (text == NULL)
		PyErr_Clear();
	settle_pending(text);
	Py_XDECREF(text);
	return after_failure();
}

static int explain(PyObject *exception, struct records_test *test, PyObject **keep)
{
	PyObject *type, *message, *traceback;
	unsigned int outcome, line;

	*keep = PyObject_CallFunction(judge.explain, "OI", exception, judge.value_bytes);
	if (*keep == NULL ||
	    !PyArg_ParseTuple(*keep, "ISSSI", &outcome, &type, &message, &traceback, &line)) {
		PyErr_Clear();
		return -1;
	}
	test->outcome = (enum record_outcome)outcome;
	if (outcome == RECORD_CRASHED || outcome == RECORD_TIME_LIMIT)
		outcomes_crashed();
	test->line = line;
	test->fields[RECORD_FIELD_ERROR_TYPE] = field_of(type);
	test->fields[RECORD_FIELD_ERROR_MESSAGE] = field_of(message);
	test->fields[RECORD_FIELD_TRACEBACK] = field_of(traceback);
	return 0;
}

static PyObject *write_exception(uint32_t index, PyObject *exception, PyObject *name)
{
	struct records_test test = {.index = index, .outcome = RECORD_ERROR};
	struct told told = {0};
	PyObject *keep = NULL;

	judge.n_judged++;
	settle_pending(NULL);
	if (!outcomes_has_failed(index)) {
		if (explain(exception, &test, &keep) < 0)
			test.fields[RECORD_FIELD_ERROR_TYPE] = field_of_text("Exception");
		test.fields[RECORD_FIELD_NAME] = field_of(name);
		if (test.line == 0 && test.outcome != RECORD_CRASHED) {
			tell_noted(index, &told);
			test.fields[RECORD_FIELD_EXPECTED] = field_of(told.expected);
			test.fields[RECORD_FIELD_ACTUAL] = field_of(told.actual);
			test.fields[RECORD_FIELD_CALL] = field_of(told.call);
		}
		outcomes_write(&test);
		told_clear(&told);
		Py_XDECREF(keep);
	}
	telling_forget();
	return after_failure();
}

/* In an except clause: the exception being handled belongs to the test; Stop goes on its way. */
static PyObject *judge_raised(PyObject *module, PyObject *arguments)
{
	PyObject *number, *name = NULL, *type, *value, *traceback, *result;
	uint32_t index;

	(void)module;
	if (!PyArg_UnpackTuple(arguments, "raised", 1, 2, &number, &name) ||
	    !parse_index(number, &index))
		return NULL;
	PyErr_GetExcInfo(&type, &value, &traceback);
	if (value == NULL || PyErr_GivenExceptionMatches(value, judge.stop)) {
		PyErr_Restore(type, value, traceback);
		if (PyErr_Occurred() == NULL)
			PyErr_SetNone(judge.stop);
		return NULL;
	}
	result = write_exception(index, value, name);
	if (result != NULL && settle() < 0)
		Py_CLEAR(result);
	Py_XDECREF(type);
	Py_XDECREF(value);
	Py_XDECREF(traceback);
	return result;
}

static PyObject *judge_done(PyObject *module, PyObject *number)
{
	uint32_t index;

	(void)module;
	if (!parse_index(number, &index))
		return NULL;
	outcomes_pass(index);
	Py_RETURN_NONE;
}

/* ---- called by the examiner ---- */

/* The tests of plan() once more, for another candidate. */
static PyObject *judge_plan_again(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	records_write_plan(tests_count());
	Py_RETURN_NONE;
}

static PyObject *judge_plan(PyObject *module, PyObject *arguments)
{
	PyObject *sources, *tests, *parameter, *entry_point;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "OOSS", &sources, &tests, &parameter, &entry_point) ||
	    tests_load(sources, tests) < 0)
		return NULL;
	tests_name_call(parameter, entry_point);
	records_write_plan(tests_count());
	Py_RETURN_NONE;
}

static PyObject *judge_state(PyObject *module, PyObject *number)
{
	long state = PyLong_AsLong(number);

	(void)module;
	if (PyErr_Occurred() != NULL)
		return NULL;
	outcomes_begin();
	records_write_state((enum record_state)state);
	Py_RETURN_NONE;
}

static PyObject *judge_fault(PyObject *module, PyObject *arguments)
{
	PyObject *type, *message, *traceback;
	struct records_fault fault;
	unsigned int kind, line;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "ISSSI", &kind, &type, &message, &traceback, &line))
		return NULL;
	fault = (struct records_fault){
		.kind = (enum record_fault)kind,
		.line = line,
		.type = field_of(type),
		.message = field_of(message),
		.traceback = field_of(traceback),
	};
	records_write_fault(&fault);
	Py_RETURN_NONE;
}

static PyObject *judge_place(PyObject *module, PyObject *arguments)
{
	unsigned int source, line;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "II", &source, &line))
		return NULL;
	return PyLong_FromUnsignedLong(outcomes_place(source, line));
}

static PyObject *judge_reporters(PyObject *module, PyObject *arguments)
{
	PyObject *one, *both;

	(void)module;
	if (!PyArg_UnpackTuple(arguments, "reporters", 3, 3, &one, &both, &judge.explain))
		return NULL;
	telling_start(one, both);
	Py_INCREF(judge.explain);
	Py_RETURN_NONE;
}

static PyObject *keep_function(PyObject **place, PyObject *function)
{
	PyObject *old = *place;

	Py_INCREF(function);
	*place = function;
	Py_XDECREF(old);
	Py_RETURN_NONE;
}

static PyObject *judge_settle_with(PyObject *module, PyObject *function)
{
	(void)module;
	return keep_function(&judge.settle, function);
}

static PyObject *judge_identical_with(PyObject *module, PyObject *function)
{
	(void)module;
	return keep_function(&judge.identical, function);
}

static PyObject *judge_trust_keys(PyObject *module, PyObject *metaclass)
{
	(void)module;
	equality_trust_keys(metaclass);
	Py_RETURN_NONE;
}

static PyObject *judge_lost(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	outcomes_lost();
	Py_RETURN_NONE;
}

static PyObject *judge_crashed(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	return PyBool_FromLong(outcomes_have_crashed());
}

static PyObject *judge_is_control(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	return PyBool_FromLong(judge.is_control);
}

static PyObject *judge_judged(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	return PyLong_FromUnsignedLong(judge.n_judged);
}

static PyObject *judge_is_same(PyObject *module, PyObject *arguments)
{
	PyObject *left, *right;
	int truth;

	(void)module;
	if (!PyArg_UnpackTuple(arguments, "identical", 2, 2, &left, &right))
		return NULL;
	truth = is_same(left, right);
	return truth < 0 ? NULL : PyBool_FromLong(truth);
}

static PyObject *judge_may_rest(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	return PyBool_FromLong(sitting_is_open());
}

PyObject *judge_stop_type(void)
{
	judge.stop = PyErr_NewException("assay.Stop", PyExc_BaseException, NULL);
	Py_XINCREF(judge.stop);
	return judge.stop;
}

PyMethodDef judge_methods[] = {
	{"true", judge_true, METH_VARARGS, "true(test, value): the value must be true"},
	{"false", judge_false, METH_VARARGS, "false(test, value): the value must be false"},
	{"trust", judge_trust, METH_O,
	 "trust(types): classes of the standard library whose own == counts"},
	{"equal", judge_equal, METH_VARARGS, "equal(test, left, right): left == right must hold"},
	{"comparison", comparator_settings, METH_NOARGS,
	 "comparison(): (absolute, relative, oracle) of the comparator evalplus, or None"},
	{"compare_by", comparator_compare_by, METH_O,
	 "compare_by(function): function(actual, expected, are_equal) decides with it"},
	{"same", judge_same, METH_VARARGS, "same(test, left, right): left is right must hold"},
	{"identical", judge_is_same, METH_VARARGS, "identical(left, right): left is right"},
	{"identical_with", judge_identical_with, METH_O,
	 "identical_with(function): function(left, right) says what counts as the same, too"},
	{"trust_keys", judge_trust_keys, METH_O,
	 "trust_keys(metaclass): objects of such classes may be elements of sets"},
	{"lost", judge_lost, METH_NOARGS,
	 "lost(): the other half is gone, stop at the next failure"},
	{"is_control", judge_is_control, METH_NOARGS,
	 "is_control(): are the tests to be altered, so that a right solution fails them?"},
	{"crashed", judge_crashed, METH_NOARGS, "crashed(): was a test told that it is gone?"},
	{"judged", judge_judged, METH_NOARGS, "judged(): how often an assertion was decided"},
	{"settle_with", judge_settle_with, METH_O,
	 "settle_with(function): puts function() off until the next outcome"},
	{"message", judge_message, METH_VARARGS, "message(test, text): why it failed"},
	{"raised", judge_raised, METH_VARARGS,
	 "raised(test[, name]): the exception being handled is its outcome"},
	{"done", judge_done, METH_O, "done(test): it passed unless it has failed before"},
	{"plan", judge_plan, METH_VARARGS,
	 "plan(sources, tests, parameter, entry_point): what will be examined"},
	{"plan_again", judge_plan_again, METH_NOARGS,
	 "plan_again(): the same will be examined once more"},
	{"may_rest", judge_may_rest, METH_NOARGS,
	 "may_rest(): another candidate of the batch may follow"},
	{"state", judge_state, METH_O, "state(number): what runs from now on"},
	{"fault", judge_fault, METH_VARARGS,
	 "fault(kind, type, message, traceback, line): it cannot go on"},
	{"place", judge_place, METH_VARARGS,
	 "place(source, line): the test that an exception there belongs to"},
	{"note", telling_note, METH_VARARGS,
	 "note(test, line, column, end_line, end_column, value): what a call in it gave"},
	{"compared", telling_compared, METH_VARARGS,
	 "compared(test, line, column, end_line, end_column, actual, expected): are they equal?"},
	{"compared_by_candidate", judge_compared_by_candidate, METH_NOARGS,
	 "compared_by_candidate(): the candidate's code compares two objects of its own"},
	{"reporters", judge_reporters, METH_VARARGS,
	 "reporters(render, render_both, explain): who makes texts of values and exceptions"},
	{NULL, NULL, 0, NULL},
};
