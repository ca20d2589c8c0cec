/*
 * Where the tests stand in their sources, and cutting their text out. In the judging process.
 *
 * The examiner hands over positions once; the text is cut here when a record needs it, because
 * every test that passes has a record, too, and doing it in Python costs more than the comparison
 * itself.
 */
#include "inside/runtimes/python/tests.h"

#include <stdlib.h>
#include <string.h>

#include "inside/wire.h"

struct test {
	unsigned int source;
	struct tests_span whole;
	struct tests_span call;
	PyObject *name; /* bytes, borrowed from the list that tests.keep holds */
	unsigned int flags;
};

static struct {
	struct test *list;
	uint32_t n;
	PyObject *sources;
	PyObject *keep;
	PyObject *parameter;
	PyObject *entry_point;
	struct { /* the line found last, where the next search begins */
		unsigned int source, line;
		size_t offset;
	} found;
} tests;

static int load_test(PyObject *tuple, Py_ssize_t n_sources, struct test *test)
{
	if (!PyArg_ParseTuple(tuple, "IIIIIIIIISI", &test->source, &test->whole.line,
			      &test->whole.column, &test->whole.end_line, &test->whole.end_column,
			      &test->call.line, &test->call.column, &test->call.end_line,
			      &test->call.end_column, &test->name, &test->flags))
		return -1;
	if ((Py_ssize_t)test->source >= n_sources) {
		PyErr_SetString(PyExc_ValueError, "no such source");
		return -1;
	}
	return 0;
}

int tests_load(PyObject *sources, PyObject *list)
{
	Py_ssize_t n = PyList_Size(list);
	Py_ssize_t n_sources = PyList_Size(sources);

	if (tests.list != NULL || n < 0 || n_sources < 0 || n > (Py_ssize_t)RECORD_TESTS_MAX) {
		PyErr_SetString(PyExc_ValueError, "no usable plan");
		return -1;
	}
	tests.list = calloc((size_t)n + 1, sizeof(*tests.list));
	if (tests.list == NULL) {
		PyErr_NoMemory();
		return -1;
	}
	for (Py_ssize_t i = 0; i < n; i++) {
		if (load_test(PyList_GetItem(list, i), n_sources, &tests.list[i]) < 0)
			return -1;
	}
	Py_INCREF(sources);
	Py_INCREF(list);
	tests.sources = sources;
	tests.keep = list;
	tests.n = (uint32_t)n;
	return 0;
}

void tests_name_call(PyObject *parameter, PyObject *entry_point)
{
	if (PyBytes_Size(parameter) == 0 || PyBytes_Size(entry_point) == 0)
		return;
	Py_INCREF(parameter);
	Py_INCREF(entry_point);
	tests.parameter = parameter;
	tests.entry_point = entry_point;
}

void tests_forget(void)
{
	free(tests.list);
	Py_XDECREF(tests.sources);
	Py_XDECREF(tests.keep);
	Py_XDECREF(tests.parameter);
	Py_XDECREF(tests.entry_point);
	memset(&tests, 0, sizeof(tests));
}

uint32_t tests_count(void)
{
	return tests.n;
}

bool tests_has_message(uint32_t index)
{
	return (tests.list[index].flags & TESTS_FLAG_MESSAGE) != 0;
}

bool tests_is_swapped(uint32_t index)
{
	return (tests.list[index].flags & TESTS_FLAG_SWAPPED) != 0;
}

bool tests_tells_noted(uint32_t index)
{
	return (tests.list[index].flags & TESTS_FLAG_NOTED) != 0;
}

bool tests_is_behind(uint32_t index, uint32_t source, uint32_t line)
{
	const struct test *test = &tests.list[index];

	return test->source > source || (test->source == source && test->whole.line >= line);
}

struct records_field tests_name(uint32_t index)
{
	PyObject *name = tests.list[index].name;

	return (struct records_field){.bytes = PyBytes_AsString(name),
				      .len = (size_t)PyBytes_Size(name)};
}

/* Offset of the first byte of a line (from 1); the length of the text if it has fewer. */
static size_t find_line(unsigned int source, const char *text, size_t len, unsigned int line)
{
	unsigned int at_line = 1;
	size_t at = 0;

	if (tests.found.source == source && tests.found.line > 0 && tests.found.line <= line) {
		at_line = tests.found.line;
		at = tests.found.offset;
	}
	while (at_line < line && at < len) {
		const char *end = memchr(text + at, '\n', len - at);

		at = end != NULL ? (size_t)(end - text) + 1 : len;
		at_line++;
	}
	tests.found.source = source;
	tests.found.line = at_line;
	tests.found.offset = at;
	return at;
}

static struct records_field cut(unsigned int source, const struct tests_span *span, size_t limit)
{
	PyObject *bytes = PyList_GetItem(tests.sources, (Py_ssize_t)source);
	size_t start, end, len;
	const char *text;

	if (bytes == NULL || !PyBytes_Check(bytes) || span->line == 0)
		return (struct records_field){0};
	text = PyBytes_AsString(bytes);
	len = (size_t)PyBytes_Size(bytes);
	start = find_line(source, text, len, span->line) + span->column;
	end = find_line(source, text, len, span->end_line) + span->end_column;
	if (end > len)
		end = len;
	if (start > end)
		start = end;
	len = end - start < limit ? end - start : limit;
	while (len < end - start && len > 0 && (text[start + len] & 0xC0) == 0x80)
		len--; /* not within a character */
	return (struct records_field){.bytes = text + start, .len = len};
}

struct records_field tests_source(uint32_t index, size_t limit)
{
	return cut(tests.list[index].source, &tests.list[index].whole, limit);
}

/* "candidate(1, 2)" becomes "add(1, 2)". */
static struct records_field renamed(struct records_field call, size_t limit)
{
	static char text[RECORDS_FIELD_MAX];
	size_t old_len = (size_t)PyBytes_Size(tests.parameter);
	size_t new_len = (size_t)PyBytes_Size(tests.entry_point);
	size_t len;

	if (call.len <= old_len || call.bytes[old_len] != '(' || new_len > limit ||
	    memcmp(call.bytes, PyBytes_AsString(tests.parameter), old_len) != 0)
		return call;
	len = call.len - old_len;
	if (len > limit - new_len)
		len = limit - new_len;
	memcpy(text, PyBytes_AsString(tests.entry_point), new_len);
	memcpy(text + new_len, call.bytes + old_len, len);
	return (struct records_field){.bytes = text, .len = new_len + len};
}

struct records_field tests_call_at(uint32_t index, const struct tests_span *span, size_t limit)
{
	struct records_field call = cut(tests.list[index].source, span, limit);

	return tests.parameter != NULL ? renamed(call, limit) : call;
}

struct records_field tests_call(uint32_t index, size_t limit)
{
	return tests_call_at(index, &tests.list[index].call, limit);
}

struct records_field tests_condition(uint32_t index, size_t limit)
{
	static const char keyword[] = "assert";
	const size_t len = sizeof(keyword) - 1;
	struct records_field text = tests_source(index, limit);

	if (text.len < len || memcmp(text.bytes, keyword, len) != 0)
		return text;
	text.bytes += len;
	text.len -= len;
	for (; text.len > 0 && text.bytes[0] == ' '; text.len--)
		text.bytes++;
	return text;
}
