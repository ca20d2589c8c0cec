/*
 * The forked child of the zygote: what it does while it waits for a run, and the run, from its
 * limits to its exit.
 */
#pragma once

#include <Python.h>
#include <stddef.h>
#include <stdint.h>

#include "inside/wire.h"

/* What every child of this zygote shares. */
struct child_setting {
	PyObject *run;                /* called as run(job), borrowed */
	uint64_t address_space_bytes; /* of the warm interpreter, on top of a run's own */
};

/* As struct serve_setting wants them; `context` is a struct child_setting. */
void child_prepare(void *context);
void child_idle(void *context);
void child_run(void *context, const struct cell_request *request, const int *fds, size_t n_fds)
	__attribute__((noreturn));
