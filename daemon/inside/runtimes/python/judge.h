/*
 * What decides assertions and tells of those that fail. In the judging process.
 */
#pragma once

#include <Python.h>

#include "inside/runtimes/python/job.h"
#include "inside/cell/records.h"

/* Takes the options of the job, and forgets what was found of another candidate examined before. */
void judge_start(const struct job *job);

/* Writes RECORD_END with the job's nonce: the examination came to its end. */
void judge_end(const struct job *job);

/* The functions that the examiner and rewritten tests call, for the module's table. */
extern PyMethodDef judge_methods[];

/* Creates the exception type `Stop`, which ends an examination after its first failure. New
 * reference, or NULL with an exception set. */
PyObject *judge_stop_type(void);
