/*
 * A warm interpreter as pid 1 of its cell: what the loop of inside/cell/serve.c needs to know of
 * Python. Inside, before the cell is locked; from then on only children touch Python objects.
 */
#include "inside/runtimes/python/zygote.h"

#include <stdio.h>
#include <string.h>

#include "inside/cell/serve.h"
#include "inside/cell/usage.h"
#include "inside/cell/wipe.h"
#include "inside/runtimes/python/child.h"

static int take_areas(const char **to, PyObject *areas)
{
	Py_ssize_t n = PyTuple_Size(areas);

	if (n < 0 || n > WIPE_AREAS_MAX) {
		PyErr_SetString(PyExc_ValueError, "too many work areas");
		return -1;
	}
	for (Py_ssize_t i = 0; i < n; i++) {
		PyObject *path = PyTuple_GetItem(areas, i);
		PyObject *bytes = NULL;

		if (path == NULL || !PyUnicode_FSConverter(path, &bytes))
			return -1;
		to[i] = PyBytes_AsString(bytes); /* kept as long as the cell lives */
	}
	return 0;
}

/* Py_GetVersion() is "3.11.2 (main, ...) [GCC ...]". */
static void name_runtime(char *text, size_t size)
{
	const char *version = Py_GetVersion();

	snprintf(text, size, "CPython %.*s", (int)strcspn(version, " "), version);
}

int zygote_serve(PyObject *run, PyObject *areas)
{
	const char *paths[WIPE_AREAS_MAX + 1] = {NULL};
	char runtime[sizeof(((struct cell_report *)0)->runtime)];
	struct child_setting child = {
		.run = run,
		.address_space_bytes = usage_address_space(),
	};
	const struct serve_setting setting = {
		.prepare = child_prepare,
		.idle = child_idle,
		.run = child_run,
		.context = &child,
		.runtime = runtime,
		.areas = paths,
		.n_descriptors =
			1u << CELL_RUN_FDS | 1u << CELL_RUN_FDS_SPLIT | 1u << CELL_RUN_FDS_SHARED,
	};
	struct failure failure = {0};
	int err;

	if (take_areas(paths, areas) < 0)
		return -1;
	name_runtime(runtime, sizeof(runtime));
	err = serve_runs(&setting, &failure);
	PyErr_Format(PyExc_RuntimeError, "%s: %s: %s", failure.step, failure.detail,
		     strerror(-err));
	return -1;
}
