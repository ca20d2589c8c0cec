/*
 * What STaR trains on: the kept texts of its output. Part of `assay loop star`.
 *
 * Made anew from all that the output has, also what earlier runs put there.
 */
#include "client/loops/training_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "client/cli/result_json.h"
#include "client/suite/lines.h"

static int write_training_line(FILE *out, const json_t *line)
{
	json_t *row =
		json_pack("{sOsOsOsO}", "prompt", json_object_get(line, "prompt"), "completion",
			  json_object_get(line, "completion"), "task",
			  json_object_get(line, "task"), "hinted", json_object_get(line, "hinted"));
	char *text = row != NULL ? json_to_line(row) : NULL;
	int err = text == NULL ? -ENOMEM : 0;

	if (err == 0 && fprintf(out, "%s\n", text) < 0)
		err = -EIO;
	free(text);
	json_decref(row);
	return err;
}

static int copy_kept(const char *out_path, FILE *train)
{
	struct lines *lines;
	size_t len;
	char *text;
	int err = lines_open(out_path, &lines);

	if (err < 0)
		return err;
	while ((err = lines_next(lines, &text, &len)) == 0) {
		json_t *line = json_loadb(text, len, JSON_ALLOW_NUL, NULL);

		if (json_is_true(json_object_get(line, "kept")))
			err = write_training_line(train, line);
		json_decref(line);
		if (err < 0)
			break;
	}
	lines_close(lines);
	return err < 0 ? err : 0;
}

int training_file_write(const char *train_path, const char *out_path)
{
	FILE *train = fopen(train_path, "we");
	int err = train == NULL ? -errno : copy_kept(out_path, train);

	if (train != NULL && fclose(train) != 0 && err == 0)
		err = -errno;
	return err;
}
