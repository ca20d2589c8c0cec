/*
 * The records of a plan and of the answers to it. In the forked child: a planner's, which has the
 * tests and no candidate, or a callee's, which is the candidate's own process. What the latter
 * writes is hostile to the broker; here nothing has to hold.
 *
 * A callee's answer leaves as one write, before the next call: whatever that one does, the answers
 * before it are in the pipe. One that is too long, or of which there are too many, is untold.
 */
#include "inside/runtimes/python/call_records.h"

#include <time.h>

#include "inside/cell/records.h"
#include "inside/runtimes/python/tests.h"

#define NS_PER_SECOND 1000000000u

static struct {
	uint32_t value_bytes;
	uint32_t whole_bytes;
	uint64_t cpu_ns; /* of the process when the last answer was written */
} call_records;

void call_records_start(uint32_t value_bytes, uint32_t whole_bytes)
{
	call_records.value_bytes = value_bytes;
	call_records.whole_bytes = whole_bytes;
}

static struct records_field field_of(PyObject *bytes)
{
	struct records_field field = {0};

	if (bytes != Py_None) {
		field.bytes = PyBytes_AsString(bytes);
		field.len = (size_t)PyBytes_Size(bytes);
	}
	return field;
}

static PyObject *written(bool is_written)
{
	if (is_written)
		Py_RETURN_NONE;
	PyErr_SetString(PyExc_OverflowError, "too much for a record");
	return NULL;
}

/* ---------------------------------------------------------------- a plan */

static PyObject *plan_test(PyObject *module, PyObject *arguments)
{
	struct records_test test = {.outcome = RECORD_NOT_RUN};
	unsigned int index;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "I", &index))
		return NULL;
	test.index = index;
	test.fields[RECORD_FIELD_NAME] = tests_name(index);
	test.fields[RECORD_FIELD_SOURCE] = tests_source(index, call_records.value_bytes);
	test.fields[RECORD_FIELD_CALL] = tests_call(index, call_records.value_bytes);
	records_write_test(&test);
	Py_RETURN_NONE;
}

static PyObject *plan_call(PyObject *module, PyObject *arguments)
{
	struct record_header header = {.type = RECORD_CALL};
	struct records_field fields[RECORD_FIELDS] = {{0}};
	PyObject *called, *place;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "ISS", &header.number, &called, &place))
		return NULL;
	fields[RECORD_FIELD_CALLED] = field_of(called);
	fields[RECORD_FIELD_TRACEBACK] = field_of(place);
	return written(records_write_large(&header, fields));
}

static PyObject *plan_check(PyObject *module, PyObject *arguments)
{
	struct record_header header = {.type = RECORD_CHECK};
	struct records_field fields[RECORD_FIELDS] = {{0}};
	PyObject *operations, *expected, *text, *message;
	struct tests_span span;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "IbIISSSO(IIII)", &header.number, &header.outcome,
			      &header.line, &header.flags, &operations, &expected, &text, &message,
			      &span.line, &span.column, &span.end_line, &span.end_column))
		return NULL;
	fields[RECORD_FIELD_OPERATIONS] = field_of(operations);
	fields[RECORD_FIELD_VALUE] = field_of(expected);
	fields[RECORD_FIELD_EXPECTED] = field_of(text);
	if (span.line > 0) {
		fields[RECORD_FIELD_EXPECTED] =
			tests_condition(header.number, call_records.value_bytes);
		fields[RECORD_FIELD_CALL] =
			tests_call_at(header.number, &span, call_records.value_bytes);
	}
	fields[RECORD_FIELD_ERROR_MESSAGE] = field_of(message);
	return written(records_write_large(&header, fields));
}

/* ---------------------------------------------------------------- answers */

/* CPU time of the process since the answer before. */
static uint64_t take_cpu_ns(void)
{
	uint64_t before = call_records.cpu_ns;
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	call_records.cpu_ns = (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
	return call_records.cpu_ns - before;
}

static bool write_answer(uint32_t number, enum record_answer kind,
			 const struct records_field *fields, uint32_t line)
{
	struct record_header header = {
		.type = RECORD_ANSWER,
		.outcome = (uint8_t)kind,
		.number = number,
		.line = line,
		.cpu_ns = take_cpu_ns(),
	};

	return records_write_large(&header, fields);
}

static PyObject *write_untold(uint32_t number)
{
	static const struct records_field nothing[RECORD_FIELDS];

	return written(write_answer(number, RECORD_ANSWER_UNTOLD, nothing, 0));
}

static PyObject *write_value(PyObject *arguments, enum record_answer kind)
{
	struct records_field fields[RECORD_FIELDS] = {{0}};
	unsigned int number;
	PyObject *value;

	if (!PyArg_ParseTuple(arguments, "IS", &number, &value))
		return NULL;
	fields[RECORD_FIELD_ANSWER] = field_of(value);
	if (write_answer(number, kind, fields, 0))
		Py_RETURN_NONE;
	return write_untold(number);
}

static PyObject *answer_value(PyObject *module, PyObject *arguments)
{
	(void)module;
	return write_value(arguments, RECORD_ANSWER_VALUE);
}

static PyObject *answer_digest(PyObject *module, PyObject *arguments)
{
	(void)module;
	return write_value(arguments, RECORD_ANSWER_DIGEST);
}

static PyObject *whole_bytes(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	return PyLong_FromUnsignedLong(call_records.whole_bytes);
}

static PyObject *answer_raised(PyObject *module, PyObject *arguments)
{
	struct records_field fields[RECORD_FIELDS] = {{0}};
	unsigned int number, line;
	PyObject *type, *message, *traceback;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "ISSSI", &number, &type, &message, &traceback, &line))
		return NULL;
	fields[RECORD_FIELD_ERROR_TYPE] = field_of(type);
	fields[RECORD_FIELD_ERROR_MESSAGE] = field_of(message);
	fields[RECORD_FIELD_TRACEBACK] = field_of(traceback);
	if (write_answer(number, RECORD_ANSWER_RAISED, fields, line))
		Py_RETURN_NONE;
	return write_untold(number);
}

static PyObject *answer_untold(PyObject *module, PyObject *arguments)
{
	unsigned int number;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "I", &number))
		return NULL;
	return write_untold(number);
}

/* The candidate's code is loaded; its calls follow. */
static PyObject *answers_begin(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	take_cpu_ns();
	records_write_state(RECORD_STATE_TESTING);
	Py_RETURN_NONE;
}

PyMethodDef call_record_methods[] = {
	{"plan_test", plan_test, METH_VARARGS, "plan_test(test): its texts"},
	{"plan_call", plan_call, METH_VARARGS, "plan_call(test, called, place): a call of a plan"},
	{"plan_check", plan_check, METH_VARARGS,
	 "plan_check(test, kind, call, flags, operations, expected, text, message, span): a check"},
	{"answers_begin", answers_begin, METH_NOARGS, "answers_begin(): the code is loaded"},
	{"answer_value", answer_value, METH_VARARGS, "answer_value(call, value): it gave that"},
	{"answer_digest", answer_digest, METH_VARARGS,
	 "answer_digest(call, digest): it gave a value that is too long to be told"},
	{"whole_bytes", whole_bytes, METH_NOARGS,
	 "whole_bytes(): longest value that is told whole; 0: any"},
	{"answer_raised", answer_raised, METH_VARARGS,
	 "answer_raised(call, type, message, traceback, line): it raised that"},
	{"answer_untold", answer_untold, METH_VARARGS, "answer_untold(call): neither can be told"},
	{NULL, NULL, 0, NULL},
};
