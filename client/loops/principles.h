/*
 * A constitution: principles, in the order in which they matter. Part of `assay loop constitution`.
 *
 *     principles:
 *       - name: tests
 *         measure: passes_tests
 *       - name: readable
 *         critique: What makes this code hard to read?
 *         revision: Rewrite it so that it is easy to read.
 *         choice: The code is easy to read.
 *
 * One with `measure` is judged by the daemon (measure.h), and may have its own words for
 * `revision`; `times` is the factor of the measure `time`. One without is judged by the model, and
 * needs `critique` and `revision`; `choice` is what a preference goes by.
 */
#pragma once

#include <stddef.h>

#include "client/loops/measure.h"

struct principle {
	char *name;                                                     /* unique */
	char *measure_name, *times_text, *critique, *revision, *choice; /* NULL: not there */
	const struct measure *measure;                                  /* NULL: the model judges */
	double times;
};

struct principles {
	struct principle *items;
	unsigned int n; /* at least 1 */
};

#define PRINCIPLES_PROBLEM_MAX 768

/*
 * Reads a file. 0: *principles goes to principles_free(). -EINVAL:
 * problem[0..PRINCIPLES_PROBLEM_MAX) says what is wrong, with file and line; other -errno of
 * reading.
 */
int principles_load(const char *path, struct principles **principles, char *problem);
/* NULL is allowed. */
void principles_free(struct principles *principles);

/* The default file that was installed with the program. */
void principles_find_default(char *path, size_t size);
