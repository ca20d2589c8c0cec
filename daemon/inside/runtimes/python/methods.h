/*
 * Outcomes of test methods: tests that are recorded as a whole (kinds unittest and pytest). In the
 * judging process.
 */
#pragma once

#include <Python.h>

/* What method_report.py calls, for the module's table. */
extern PyMethodDef test_method_methods[];
