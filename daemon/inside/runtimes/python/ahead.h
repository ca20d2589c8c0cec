/*
 * The pages that runs write or execute, given to a child that has waited long enough for a run.
 */
#pragma once

#include <Python.h>

/* In pid 1, warm: calls `sample` in a forked child and remembers which pages that took. What fails
 * here only makes the first steps of runs slower. */
void ahead_learn(PyObject *sample);

/* In a forked child: it has these pages now, with what they held. */
void ahead_populate(void);
