/*
 * What is trained on: rows made of a loop's output. Part of `assay loop`.
 *
 * Made anew from all that the output has, also what earlier runs put there.
 */
#include "client/loops/training_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/cli/result_json.h"
#include "client/suite/lines.h"

static int write_row(FILE *file, const json_t *row)
{
	char *text = json_to_line(row);
	int err = text == NULL ? -ENOMEM : 0;

	errno = 0;
	if (err == 0 && fprintf(file, "%s\n", text) < 0)
		err = errno != 0 ? -errno : -EIO;
	free(text);
	return err;
}

static int write_rows(FILE *file, const char *text, size_t len, training_rows *rows_of, void *owner,
		      size_t *n_rows)
{
	json_t *line = json_loadb(text, len, JSON_ALLOW_NUL, NULL), *rows = json_array();
	const json_t *row;
	size_t i;
	int err = rows == NULL ? -ENOMEM : 0;

	if (err == 0 && json_object_get(line, "problem") == NULL)
		err = rows_of(line, owner, rows);
	json_array_foreach(rows, i, row)
	{
		if (err == 0)
			err = write_row(file, row);
	}
	*n_rows += json_array_size(rows);
	json_decref(rows);
	json_decref(line);
	return err;
}

static int write_all(FILE *file, const char *out_path, training_rows *rows_of, void *owner,
		     size_t *n_rows)
{
	struct lines *lines;
	size_t len;
	char *text;
	int err = lines_open(out_path, &lines);

	if (err < 0)
		return err;
	while ((err = lines_next(lines, &text, &len)) == 0) {
		err = write_rows(file, text, len, rows_of, owner, n_rows);
		if (err < 0)
			break;
	}
	lines_close(lines);
	return err < 0 ? err : 0;
}

int training_file_write(const char *path, const char *out_path, training_rows *rows_of, void *owner,
			size_t *n_rows)
{
	FILE *file = fopen(path, "we");
	size_t n = 0;
	int err = file == NULL ? -errno : write_all(file, out_path, rows_of, owner, &n);

	if (file != NULL && fclose(file) != 0 && err == 0)
		err = -errno;
	if (n_rows != NULL)
		*n_rows = n;
	return err;
}
