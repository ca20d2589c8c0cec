/* The files of a runtime that are copied into each of its cells. */
#pragma once

#include "inside/plan.h"

struct runtime_files {
	struct plan_file files[PLAN_FILES_MAX];
	uint32_t n_files;
};

/*
 * Opens all regular files of <path>/<name>/, which stay open for the life of the process. 0 or
 * -errno, which is logged; -E2BIG: more than PLAN_FILES_MAX.
 */
int runtime_files_open(struct runtime_files *runtime, const char *path, const char *name);
