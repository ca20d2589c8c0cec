/*
 * What is trained on: rows made of a loop's output. Part of `assay loop`.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* Appends to `rows` what is made of a line of the output: objects, to be written as they are. 0 or
 * -ENOMEM. */
typedef int training_rows(const json_t *line, void *owner, json_t *rows);

/* Writes the rows of all lines of `out_path` to `path`; *n_rows (may be NULL) is how many. 0 or
 * -errno. */
int training_file_write(const char *path, const char *out_path, training_rows *rows_of, void *owner,
			size_t *n_rows);
