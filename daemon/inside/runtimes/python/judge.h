/*
 * The bookkeeping of a run's tests: outcomes, and what is told about them. In the judging process.
 */
#pragma once

#include <Python.h>
#include <stdbool.h>

#include "inside/runtimes/python/job.h"

/* Takes the options of the job. */
void judge_start(const struct job *job);

/* Writes RECORD_END: the examination came to its end. */
void judge_end(const struct job *job);

/* Has anything of the candidate or its tests run yet? */
bool judge_has_started(void);

/* The functions that the examiner and rewritten tests call, for the module's table. */
extern PyMethodDef judge_methods[];

/* Creates the exception type `Stop`, which ends an examination after its first failure. New
 * reference, or NULL with an exception set. */
PyObject *judge_stop_type(void);
