/*
 * The bookkeeping of a run's tests: outcomes, and what is told about them. In the judging process.
 */
#pragma once

#include <Python.h>
#include <stdbool.h>

#include "inside/runtimes/python/job.h"
#include "inside/runtimes/python/records.h"

/* Takes the options of the job, and forgets the outcomes of another candidate examined before. */
void judge_start(const struct job *job);

/* Writes RECORD_END with the job's nonce: the examination came to its end. */
void judge_end(const struct job *job);

/* Has anything of the candidate or its tests run yet? */
bool judge_has_started(void);

/* Takes the outcome of a test as a whole; empty fields are filled with what the plan says of it.
 * After a failure of the same test it is ignored. False: the examination is to stop. */
bool judge_write(struct records_test *test);

/* Has any test failed? */
bool judge_has_failure(void);

/* The functions that the examiner and rewritten tests call, for the module's table. */
extern PyMethodDef judge_methods[];

/* Creates the exception type `Stop`, which ends an examination after its first failure. New
 * reference, or NULL with an exception set. */
PyObject *judge_stop_type(void);
