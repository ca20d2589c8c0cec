/*
 * What self-play hands on. Part of `assay loop selfplay`.
 *
 * Made anew from all that the output has, also what earlier runs put there.
 */
#include "client/loops/selfplay_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "client/cli/result_json.h"
#include "client/loops/problem.h"
#include "client/suite/lines.h"

struct writing {
	FILE *problems, *results; /* NULL: not wanted */
};

/* Takes `row`. */
static int write_row(FILE *out, json_t *row)
{
	char *text = row != NULL ? json_to_line(row) : NULL;
	int err = text == NULL ? -ENOMEM : 0;

	if (err == 0 && fprintf(out, "%s\n", text) < 0)
		err = -EIO;
	free(text);
	json_decref(row);
	return err;
}

static json_t *task_of(const json_t *problem)
{
	json_t *task = problem_to_task(problem), *candidates = json_array(), *solution;
	size_t i;

	json_array_foreach(json_object_get(problem, "solutions"), i, solution)
	{
		const json_t *result = json_object_get(solution, "result");

		json_array_append_new(
			candidates, json_pack("{sOsO}", "id", json_object_get(result, "candidate"),
					      "code", json_object_get(solution, "text")));
	}
	if (json_object_set_new(task, "candidates", candidates) == 0)
		return task;
	json_decref(task);
	return NULL;
}

static int write_problem(const struct writing *writing, const json_t *problem)
{
	json_t *solution;
	size_t i;
	int err = 0;

	if (!json_is_true(json_object_get(problem, "kept")))
		return 0;
	if (writing->problems != NULL)
		err = write_row(writing->problems, task_of(problem));
	json_array_foreach(json_object_get(problem, "solutions"), i, solution)
	{
		if (writing->results != NULL && err == 0)
			err = write_row(writing->results,
					json_incref(json_object_get(solution, "result")));
	}
	return err;
}

static int copy_kept(const char *out_path, const struct writing *writing)
{
	struct lines *lines;
	size_t len;
	char *text;
	int err = lines_open(out_path, &lines);

	if (err < 0)
		return err;
	while ((err = lines_next(lines, &text, &len)) == 0) {
		json_t *line = json_loadb(text, len, JSON_ALLOW_NUL, NULL), *problem;
		size_t i;

		json_array_foreach(json_object_get(line, "problems"), i, problem)
		{
			if (err == 0)
				err = write_problem(writing, problem);
		}
		json_decref(line);
		if (err < 0)
			break;
	}
	lines_close(lines);
	return err < 0 ? err : 0;
}

/* NULL: there is no path, or *err is set. */
static FILE *open_file(const char *path, int *err)
{
	FILE *file = path != NULL && *err == 0 ? fopen(path, "we") : NULL;

	if (path != NULL && file == NULL && *err == 0)
		*err = -errno;
	return file;
}

static void close_file(FILE *file, const char *name, const char **path, int *err)
{
	if (file == NULL || fclose(file) == 0 || *err < 0)
		return;
	*err = -errno;
	*path = name;
}

int selfplay_files_write(const char *out_path, const char *problems_path, const char *results_path,
			 const char **path)
{
	struct writing writing = {NULL, NULL};
	int err = 0;

	*path = problems_path;
	writing.problems = open_file(problems_path, &err);
	if (err == 0)
		*path = results_path;
	writing.results = open_file(results_path, &err);
	if (err == 0) {
		*path = out_path;
		err = copy_kept(out_path, &writing);
	}
	close_file(writing.problems, problems_path, path, &err);
	close_file(writing.results, results_path, path, &err);
	return err;
}
