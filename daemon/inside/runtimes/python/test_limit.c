/*
 * The limit of single tests. In the forked children of both cells, see test_limit.h.
 *
 * The timer counts the CPU time of the process, all threads, which a busy machine does not change
 * (ITIMER_PROF would: it counts whole ticks of the kernel). It runs while the candidate's code does
 * and stands still between requests. Its handler is in C, because Python's run only between two
 * steps of the interpreter, which a long computation in C does not make. It must not cut a frame in
 * two: while one is being written it comes again soon.
 */
#include "inside/runtimes/python/test_limit.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inside/runtimes/python/channel.h"

#define NS_PER_MS 1000000u
#define NS_PER_SECOND 1000000000u
#define MS_PER_SECOND 1000u
#define AGAIN_NS 10000000

static struct {
	uint32_t test_ms;
	struct timespec left; /* of the present test */
	bool has_timer;
	volatile bool is_running; /* a signal that another thread gets may come late */
	timer_t timer;
	uint64_t deadline_ns;
	PyObject *decided; /* frozenset; NULL: none */
} limit;

void test_limit_use(uint32_t test_ms)
{
	limit.test_ms = test_ms;
}

int test_limit_take_decided(const char *bytes, size_t len)
{
	PyObject *list = PyList_New(0);
	uint32_t index;

	for (size_t at = 0; list != NULL && at + sizeof(index) <= len; at += sizeof(index)) {
		PyObject *number;
		int err;

		memcpy(&index, bytes + at, sizeof(index));
		number = PyLong_FromUnsignedLong(index);
		err = number != NULL ? PyList_Append(list, number) : -1;
		Py_XDECREF(number);
		if (err < 0)
			Py_CLEAR(list);
	}
	limit.decided = list != NULL ? PyFrozenSet_New(list) : NULL;
	Py_XDECREF(list);
	return limit.decided != NULL ? 0 : -1;
}

uint64_t test_limit_deadline_ns(void)
{
	return limit.deadline_ns;
}

static void end_late(int number)
{
	(void)number;
	if (limit.is_running && channel_send_late())
		_exit(0);
}

static bool make_timer(void)
{
	struct sigaction action = {.sa_handler = end_late, .sa_flags = SA_RESTART};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF};

	limit.has_timer = sigaction(SIGPROF, &action, NULL) == 0 &&
			  timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &limit.timer) == 0;
	return limit.has_timer;
}

/* ---- in the examinee ---- */

static PyObject *limit_begin(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	limit.left.tv_sec = limit.test_ms / MS_PER_SECOND;
	limit.left.tv_nsec = limit.test_ms % MS_PER_SECOND * NS_PER_MS;
	Py_RETURN_NONE;
}

static PyObject *limit_run(PyObject *module, PyObject *nothing)
{
	struct itimerspec timer = {.it_value = limit.left, .it_interval = {.tv_nsec = AGAIN_NS}};

	(void)module;
	(void)nothing;
	if (limit.test_ms > 0 && (limit.has_timer || make_timer())) {
		limit.is_running = true;
		timer_settime(limit.timer, 0, &timer, NULL);
	}
	Py_RETURN_NONE;
}

static PyObject *limit_pause(PyObject *module, PyObject *nothing)
{
	struct itimerspec timer = {0}, old;

	(void)module;
	(void)nothing;
	if (limit.is_running && timer_settime(limit.timer, 0, &timer, &old) == 0) {
		limit.is_running = false;
		limit.left = old.it_value;
		if (limit.left.tv_sec == 0 && limit.left.tv_nsec == 0)
			limit.left.tv_nsec = 1;
	}
	Py_RETURN_NONE;
}

/* ---- in the examiner ---- */

static PyObject *limit_wait(PyObject *module, PyObject *is_bounded)
{
	struct timespec now;

	(void)module;
	limit.deadline_ns = 0;
	if (limit.test_ms == 0 || is_bounded != Py_True)
		Py_RETURN_NONE;
	clock_gettime(CLOCK_MONOTONIC, &now);
	limit.deadline_ns = (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec +
			    (uint64_t)limit.test_ms * TEST_LIMIT_WALL_FACTOR * NS_PER_MS;
	Py_RETURN_NONE;
}

static PyObject *limit_test_ms(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	return PyLong_FromUnsignedLong(limit.test_ms);
}

static PyObject *limit_decided(PyObject *module, PyObject *nothing)
{
	(void)module;
	(void)nothing;
	if (limit.decided == NULL)
		return PyFrozenSet_New(NULL);
	Py_INCREF(limit.decided);
	return limit.decided;
}

PyMethodDef test_limit_methods[] = {
	{"test_ms", limit_test_ms, METH_NOARGS, "test_ms(): what a test may take; 0: no limit"},
	{"decided", limit_decided, METH_NOARGS, "decided(): tests that are not to be run again"},
	{"limit_begin", limit_begin, METH_NOARGS, "limit_begin(): another test begins"},
	{"limit_run", limit_run, METH_NOARGS, "limit_run(): what follows is the candidate's time"},
	{"limit_pause", limit_pause, METH_NOARGS, "limit_pause(): what follows is not"},
	{"limit_wait", limit_wait, METH_O,
	 "limit_wait(True): receive() waits as long as a test may take from now on, then "
	 "TimeoutError; False: for ever"},
	{NULL, NULL, 0, NULL},
};
