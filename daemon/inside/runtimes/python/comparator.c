/*
 * The comparators of kind calls. In the judging process.
 *
 * Everything goes through equality_holds(), which asks no method of a candidate's class; what is
 * added here looks at the values of numbers and at the places in lists alone, both by C functions
 * of the builtin types.
 *
 * The outer list in any order: each expected element takes the first that equals it and that no
 * other has taken. That finds a matching if there is one, because equality of JSON's values is
 * transitive. It takes quadratic time, so hashes of plain scalars are looked at first.
 */
#include "inside/runtimes/python/comparator.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside/runtimes/python/equality.h"

#define TEXT_BYTES_MAX 100

static struct {
	bool is_json;
	bool is_unordered;
	bool has_tolerance;
	double absolute;
	double relative;
	bool is_evalplus;
	char oracle[16];
	PyObject *function; /* compare_by() */
} comparator;

/* What follows the two numbers; NULL: they are none. */
static const char *read_tolerances(const char *text)
{
	char *end;

	comparator.absolute = strtod(text, &end);
	if (end == text || *end != ' ')
		return NULL;
	text = end + 1;
	comparator.relative = strtod(text, &end);
	return end == text ? NULL : end;
}

static int use_tolerances(const char *text)
{
	const char *end = read_tolerances(text);

	if (end == NULL || *end != '\0')
		return -1;
	comparator.has_tolerance = true;
	return 0;
}

static int use_evalplus(const char *text)
{
	const char *end = read_tolerances(text);

	if (end == NULL || *end != ' ' || strlen(end + 1) >= sizeof(comparator.oracle))
		return -1;
	memcpy(comparator.oracle, end + 1, strlen(end + 1) + 1);
	comparator.is_evalplus = true;
	comparator.is_json = false;
	return 0;
}

int comparator_use(const char *text, size_t len)
{
	char copy[TEXT_BYTES_MAX];

	if (len == 0 || len >= sizeof(copy))
		return -1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	comparator.is_json = true;
	if (strcmp(copy, "exact") == 0)
		return 0;
	comparator.is_unordered = strcmp(copy, "unordered") == 0;
	if (comparator.is_unordered)
		return 0;
	if (strncmp(copy, "evalplus ", 9) == 0)
		return use_evalplus(copy + 9);
	return strncmp(copy, "float ", 6) == 0 ? use_tolerances(copy + 6) : -1;
}

void comparator_forget(void)
{
	Py_XDECREF(comparator.function);
	memset(&comparator, 0, sizeof(comparator));
}

bool comparator_takes_tuples(void)
{
	return comparator.is_json;
}

/* ---- numbers ---- */

/* False: it is no number, or lies beyond the range of double. Derived classes count as the number
 * that they inherit; of what the standard library has, Decimal and Fraction can be converted. */
static bool take_number(PyObject *value, double *number)
{
	if (PyBool_Check(value))
		return false;
	if (PyLong_Check(value))
		*number = PyLong_AsDouble(value);
	else if (PyFloat_Check(value) || equality_trusts(value))
		*number = PyFloat_AsDouble(value);
	else
		return false;
	if (PyErr_Occurred() == NULL)
		return true;
	PyErr_Clear();
	return false;
}

/* Integers that double cannot tell apart are still so far apart. Of exact integers only, whose
 * subtraction is Python's own. */
static int subtract(PyObject *actual, PyObject *expected, double *difference)
{
	PyObject *exact;
	bool is_number;

	if (!PyLong_CheckExact(actual) || !PyLong_CheckExact(expected))
		return 0;
	exact = PyNumber_Subtract(actual, expected);
	if (exact == NULL)
		return -1;
	is_number = take_number(exact, difference);
	Py_DECREF(exact);
	if (!is_number)
		*difference = HUGE_VAL;
	return 0;
}

int comparator_is_near(PyObject *actual, PyObject *expected)
{
	double one, other, difference, bound;

	if (!comparator.has_tolerance || !take_number(actual, &one) ||
	    !take_number(expected, &other))
		return 0;
	if (isnan(one) || isnan(other))
		return isnan(one) && isnan(other);
	if (isinf(one) || isinf(other))
		return 0; /* equal infinities are equal */
	difference = one - other;
	if (subtract(actual, expected, &difference) < 0)
		return -1;
	bound = fmax(comparator.absolute, comparator.relative * fabs(other));
	return isfinite(difference) && fabs(difference) <= bound;
}

/* ---- the outer list ---- */

struct elements {
	PyObject *sequence;
	PyObject *(*item)(PyObject *, Py_ssize_t);
	Py_ssize_t n;
	Py_hash_t *hashes; /* -1: nothing can be said */
};

static bool is_hashed(PyObject *value)
{
	return PyLong_CheckExact(value) || PyUnicode_CheckExact(value) || PyFloat_CheckExact(value);
}

/* False, with an exception set, if memory is short. */
static bool take_elements(PyObject *sequence, struct elements *elements)
{
	bool is_list = PyList_Check(sequence);

	elements->sequence = sequence;
	elements->item = is_list ? PyList_GetItem : PyTuple_GetItem;
	elements->n = is_list ? PyList_Size(sequence) : PyTuple_Size(sequence);
	elements->hashes = calloc((size_t)elements->n + 1, sizeof(*elements->hashes));
	if (elements->hashes == NULL) {
		PyErr_NoMemory();
		return false;
	}
	for (Py_ssize_t i = 0; i < elements->n; i++) {
		PyObject *value = elements->item(sequence, i);

		elements->hashes[i] = is_hashed(value) ? PyObject_Hash(value) : -1;
	}
	return true;
}

static int element_holds(const struct elements *actual, Py_ssize_t i,
			 const struct elements *expected, Py_ssize_t j)
{
	PyObject *one = actual->item(actual->sequence, i);
	PyObject *other = expected->item(expected->sequence, j);

	if (actual->hashes[i] != -1 && expected->hashes[j] != -1 &&
	    actual->hashes[i] != expected->hashes[j])
		return 0;
	return one == other ? 1 : equality_holds(one, other);
}

/* Takes an element that equals the expected one: 1, 0 if there is none, or -1. `first`: all before
 * it are taken. */
static int take_match(const struct elements *actual, const struct elements *expected, Py_ssize_t j,
		      bool *is_taken, Py_ssize_t *first)
{
	int truth = 0;

	for (Py_ssize_t i = *first; truth == 0 && i < actual->n; i++) {
		if (is_taken[i])
			continue;
		truth = element_holds(actual, i, expected, j);
		is_taken[i] = truth == 1;
	}
	while (*first < actual->n && is_taken[*first])
		(*first)++;
	return truth;
}

static int matching_holds(const struct elements *actual, const struct elements *expected)
{
	bool *is_taken = calloc((size_t)actual->n + 1, sizeof(*is_taken));
	Py_ssize_t first = 0;
	int truth = 1;

	if (is_taken == NULL) {
		PyErr_NoMemory();
		return -1;
	}
	for (Py_ssize_t j = 0; truth == 1 && j < expected->n; j++)
		truth = take_match(actual, expected, j, is_taken, &first);
	free(is_taken);
	return truth;
}

/* Whose words are Python: evalplus.py. */
static int ask_function(PyObject *actual, PyObject *expected)
{
	int truth = equality_holds(actual, expected);
	PyObject *answer;

	if (truth < 0)
		return -1;
	answer = PyObject_CallFunction(comparator.function, "OOO", actual, expected,
				       truth ? Py_True : Py_False);
	if (answer == NULL)
		return -1;
	truth = PyObject_IsTrue(answer);
	Py_DECREF(answer);
	return truth;
}

PyObject *comparator_settings(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	if (!comparator.is_evalplus)
		Py_RETURN_NONE;
	return Py_BuildValue("(dds)", comparator.absolute, comparator.relative, comparator.oracle);
}

PyObject *comparator_compare_by(PyObject *module, PyObject *function)
{
	(void)module;
	Py_INCREF(function);
	Py_XDECREF(comparator.function);
	comparator.function = function;
	Py_RETURN_NONE;
}

int comparator_holds(PyObject *actual, PyObject *expected)
{
	struct elements actuals = {0}, expecteds = {0};
	int truth = -1;

	if (comparator.is_evalplus && comparator.function != NULL)
		return ask_function(actual, expected);
	if (!comparator.is_unordered || !PyList_CheckExact(expected) ||
	    (!PyList_Check(actual) && !PyTuple_Check(actual)))
		return equality_holds(actual, expected);
	if (take_elements(actual, &actuals) && take_elements(expected, &expecteds))
		truth = actuals.n == expecteds.n ? matching_holds(&actuals, &expecteds) : 0;
	free(actuals.hashes);
	free(expecteds.hashes);
	return truth;
}
