/*
 * Pid 1 of a Python cell.
 */
#pragma once

#include <Python.h>

/*
 * Locks this process, says CELL_READY and serves runs for ever (inside/cell/serve.h). Returns, with
 * a Python exception set, only if the cell cannot be started. `run` is called as run(job) in a
 * forked child; `areas` is a tuple of the writable folders, each an empty tmpfs. Everything is
 * borrowed.
 */
int zygote_serve(PyObject *run, PyObject *areas);
