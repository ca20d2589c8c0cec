/*
 * One run, in the forked child of pid 1. It inherits the filter, the namespaces and the absence of
 * capabilities; what is left to do is to become a session of its own, to lower its limits and to
 * let go of every descriptor but stdout, stderr and the records.
 *
 * Order: standard streams and records first, because from then on a failure can be told; the limits
 * before any byte of the job is read; the nonce is taken out of the job before Python sees it.
 *
 * RECORD_END is written here and nowhere else: after run() came back in order. Leaving in any other
 * way (exit, signal, exec) leaves without it. An examinee has nothing to record: it lets go of the
 * records as soon as its role is known.
 *
 * An examiner that has a sitting may go on with the next candidate of its user: run() has said that
 * nothing which outlives one examination can have changed. It is called again, without a job if the
 * tests are the same.
 */
#include "inside/runtimes/python/child.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/cell/records.h"
#include "inside/cell/start.h"
#include "inside/runtimes/python/ahead.h"
#include "inside/runtimes/python/call_records.h"
#include "inside/runtimes/python/channel.h"
#include "inside/runtimes/python/comparator.h"
#include "inside/runtimes/python/job.h"
#include "inside/runtimes/python/judge.h"
#include "inside/runtimes/python/outcomes.h"
#include "inside/runtimes/python/sitting.h"
#include "inside/runtimes/python/tests.h"

/* A job of so many calls has answers that may fill a pipe of the usual size. */
#define MANY_CALLS_BYTES 16384

static void arrange_channel(const int *fds)
{
	int in = start_keep(fds[CELL_FD_CHANNEL_IN]);
	int out = start_keep(fds[CELL_FD_CHANNEL_OUT]);

	if (in < 0 || out < 0)
		start_fail("cannot arrange the channel");
	channel_open(in, out);
}

/* An exception that reached the bottom: of ours before the candidate ran, else of whoever did it.
 */
static void leave_with_exception(void) __attribute__((noreturn));
static void leave_with_exception(void)
{
	PyErr_Print();
	if (!outcomes_have_begun())
		records_write_harness_fault("the examiner failed before the candidate's code ran");
	_exit(START_EXIT_HARNESS);
}

/* program.py has done what the interpreter does at its end. */
static void leave_as_program(PyObject *status) __attribute__((noreturn));
static void leave_as_program(PyObject *status)
{
	long code = PyLong_AsLong(status);

	if (code == -1 && PyErr_Occurred())
		leave_with_exception();
	_exit((int)code);
}

/* Wipes the bytes, which are freed. */
static void parse_job(char *bytes, size_t len, struct job *job)
{
	if (job_parse(bytes, len, job) < 0)
		start_fail("the job is malformed");
	if (job->options.kind == JOB_KIND_STDIO)
		start_input(job->input, job->input_len);
	explicit_bzero(bytes, len);
	free(bytes);
}

/* Of the tests that were examined before nothing is kept; their outcomes go first. */
static void take_other_task(int *fd, struct job *job)
{
	size_t len;
	char *bytes = start_read_job(*fd, &len);

	fd_close(fd);
	Py_CLEAR(job->sections);
	comparator_forget();
	parse_job(bytes, len, job);
	if (job->options.role != JOB_ROLE_EXAMINER)
		start_fail("not a job of an examiner");
	judge_start(job);
	tests_forget();
}

/* What run() is to be called with: the job of another task, or None for the same tests. */
static PyObject *take_turn(struct sitting_turn *turn, struct job *job)
{
	channel_open(start_keep(turn->channel_in), start_keep(turn->channel_out));
	fd_close(&turn->channel_in);
	fd_close(&turn->channel_out);
	if (turn->job < 0) {
		memcpy(job->nonce, turn->nonce, sizeof(job->nonce));
		judge_start(job);
		return Py_None;
	}
	take_other_task(&turn->job, job);
	return job->sections;
}

/* The examiner's run() says whether it could examine another one. */
static void leave_as_examiner(const struct child_setting *setting, struct job *job,
			      PyObject *result) __attribute__((noreturn));
static void leave_as_examiner(const struct child_setting *setting, struct job *job,
			      PyObject *result)
{
	struct sitting_turn turn;
	PyObject *task;

	while (PyObject_IsTrue(result) == 1 && sitting_is_open()) {
		Py_DECREF(result);
		judge_end(job);
		if (!sitting_rest(&turn))
			_exit(0);
		task = take_turn(&turn, job);
		result = PyObject_CallFunctionObjArgs(setting->run, task, NULL);
		if (result == NULL)
			leave_with_exception();
	}
	judge_end(job);
	_exit(0);
}

void child_prepare(void *context)
{
	(void)context;
	start_ahead();
	PyOS_AfterFork_Child();
}

static bool has_channel(const struct job *job)
{
	return job->options.role == JOB_ROLE_EXAMINER || job->options.role == JOB_ROLE_EXAMINEE;
}

static bool is_planned(const struct job *job)
{
	return job->options.role == JOB_ROLE_PLANNER || job->options.role == JOB_ROLE_CALLEE;
}

void child_idle(void *context)
{
	(void)context;
	ahead_populate();
}

void child_run(void *context, const struct cell_request *request, const int *fds, size_t n_fds)
{
	const struct child_setting *setting = context;
	struct job job;
	PyObject *result;
	char *bytes;
	size_t len;

	start_streams(fds);
	if (n_fds >= CELL_RUN_FDS_SPLIT)
		arrange_channel(fds);
	if (n_fds == CELL_RUN_FDS)
		sitting_open(start_keep(fds[CELL_FD_SITTING]));
	start_confine(request, setting->address_space_bytes);
	bytes = start_read_job(fds[CELL_FD_JOB], &len);
	start_close_others();
	parse_job(bytes, len, &job);
	if (channel_is_open() != has_channel(&job))
		start_fail("the job's role and its descriptors do not fit");
	if (job.options.role == JOB_ROLE_EXAMINEE) {
		records_close();
		channel_tell_time();
	}
	if (is_planned(&job) && len > MANY_CALLS_BYTES)
		records_make_room();
	judge_start(&job);
	call_records_start(job.options.value_bytes, job.options.whole_bytes);
	result = PyObject_CallFunctionObjArgs(setting->run, job.sections, NULL);
	if (result == NULL)
		leave_with_exception();
	if (job.options.kind == JOB_KIND_STDIO)
		leave_as_program(result);
	if (job.options.role == JOB_ROLE_EXAMINER)
		leave_as_examiner(setting, &job, result);
	if (job_is_judging(&job))
		judge_end(&job);
	_exit(0);
}
