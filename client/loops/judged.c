/*
 * Tasks and results, joined. Part of `assay loop`.
 *
 * The tasks stay in memory as they were parsed: a pair needs both of its texts at once, and which
 * are paired is known only when all results are. Of a result only the verdict is kept.
 */
#include "client/loops/judged.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/suite/lines.h"

#define ID_BYTES 32 /* of a whole number */

struct loading {
	struct judged *judged;
	struct complaints *complaints;
	const char *path;
	uint64_t line;
};

/* Reads one object; NULL, or what is wrong with it. -ENOMEM: *err is set. */
typedef const char *take_object(struct loading *loading, json_t *object, int *err);

/* A text or a whole number, as eval has them; NULL: it is neither. */
static const char *id_of(const json_t *value, char *number)
{
	if (json_is_integer(value))
		snprintf(number, ID_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return json_is_integer(value) ? number : json_string_value(value);
}

/* Puts `value` (taken) under a new key; the key as the object keeps it. NULL: memory is short. */
static const char *add_key(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		return NULL;
	return json_object_iter_key(json_object_iter_at(object, key));
}

/* ---------------------------------------------------------------- tasks */

static const char *take_candidate(struct judged_task *task, const json_t *given, size_t position,
				  json_t *places, int *err)
{
	const json_t *code = json_object_get(given, "code"),
		     *given_id = json_object_get(given, "id");
	char number[ID_BYTES];
	const char *id = id_of(given_id, number);
	struct judged_candidate *candidate = &task->candidates[task->n_candidates];

	if (given_id == NULL || json_is_null(given_id)) {
		snprintf(number, sizeof(number), "%zu", position);
		id = number;
	}
	if (id == NULL || !json_is_string(code))
		return "a candidate needs \"code\", and its \"id\" is a text or a whole number";
	if (json_object_get(places, id) != NULL)
		return "two candidates have the same id";
	*candidate = (struct judged_candidate){
		.id = add_key(places, id, json_integer((json_int_t)task->n_candidates)),
		.code = json_string_value(code),
		.code_len = json_string_length(code),
	};
	if (candidate->id == NULL)
		*err = -ENOMEM;
	task->n_candidates++;
	return NULL;
}

static int add_task(struct judged *judged, const char *id, json_t *places)
{
	json_t *entry = json_pack("{sisO}", "task", (int)judged->n_tasks, "candidates", places);
	struct judged_task *tasks =
		reallocarray(judged->tasks, judged->n_tasks + 1, sizeof(*judged->tasks));

	if (tasks != NULL) {
		judged->tasks = tasks;
		tasks[judged->n_tasks] =
			(struct judged_task){.id = add_key(judged->index, id, entry)};
		if (tasks[judged->n_tasks].id != NULL) {
			judged->n_tasks++;
			return 0;
		}
	} else {
		json_decref(entry);
	}
	return -ENOMEM;
}

static const char *take_task(struct loading *loading, json_t *line, int *err)
{
	struct judged *judged = loading->judged;
	const json_t *candidates = json_object_get(line, "candidates"), *candidate;
	const json_t *prompt = json_object_get(line, "prompt");
	json_t *places = json_object();
	const char *problem = NULL;
	struct judged_task *task;
	char number[ID_BYTES];
	const char *id = id_of(json_object_get(line, "id"), number);
	size_t i;

	if (id == NULL || !json_is_array(candidates))
		problem = "a task needs \"id\" and \"candidates\"";
	else if (json_object_get(judged->index, id) != NULL)
		problem = "this task was there before";
	if (problem == NULL)
		*err = add_task(judged, id, places);
	json_decref(places); /* the index has it, too */
	if (problem != NULL || *err < 0)
		return problem;
	task = &judged->tasks[judged->n_tasks - 1];
	task->prompt = json_is_string(prompt) ? json_string_value(prompt) : "";
	task->prompt_len = json_string_length(prompt);
	task->candidates = calloc(json_array_size(candidates) + 1, sizeof(*task->candidates));
	if (task->candidates == NULL || json_array_append(judged->lines, line) < 0)
		*err = -ENOMEM;
	json_array_foreach(candidates, i, candidate)
	{
		const char *found =
			*err == 0 ? take_candidate(task, candidate, i, places, err) : NULL;

		if (found != NULL)
			complain(loading->complaints, loading->path, loading->line, found);
	}
	return NULL;
}

/* ---------------------------------------------------------------- results */

static struct judged_candidate *find(const struct judged *judged, const json_t *line)
{
	char numbers[2][ID_BYTES];
	const char *task_id = id_of(json_object_get(line, "id"), numbers[0]);
	const char *id = id_of(json_object_get(line, "candidate"), numbers[1]);
	const json_t *entry, *place;

	if (task_id == NULL || id == NULL)
		return NULL;
	entry = json_object_get(judged->index, task_id);
	place = json_object_get(json_object_get(entry, "candidates"), id);
	if (place == NULL)
		return NULL;
	return &judged->tasks[json_integer_value(json_object_get(entry, "task"))]
			.candidates[json_integer_value(place)];
}

static const char *take_result(struct loading *loading, json_t *line, int *err)
{
	struct judged_candidate *candidate = find(loading->judged, line);
	const json_t *integrity = json_object_get(line, "integrity");
	const json_t *score = json_object_get(line, "score");

	(void)err;
	if (json_object_get(line, "error") != NULL && json_object_get(line, "verdict") == NULL)
		return NULL; /* eval says so of a line that it could not use */
	if (!json_is_boolean(json_object_get(line, "passed")) || !json_is_number(score))
		return "this is no result of `assay eval`";
	if (candidate == NULL)
		return "no task has this candidate";
	candidate->is_judged = true;
	candidate->passed = json_is_true(json_object_get(line, "passed"));
	candidate->is_maskable = json_is_true(json_object_get(line, "maskable"));
	candidate->is_shared =
		json_is_string(integrity) && strcmp(json_string_value(integrity), "SHARED") == 0;
	candidate->score = json_number_value(score);
	return NULL;
}

/* ---------------------------------------------------------------- files */

static int take_line(struct loading *loading, const char *text, size_t len, take_object *take)
{
	json_t *object;
	json_error_t error;
	const char *problem;
	int err = 0;

	if (strspn(text, " \t\r") == len)
		return 0;
	object = json_loadb(text, len, JSON_ALLOW_NUL, &error);
	problem = json_is_object(object) ? take(loading, object, &err) : "no JSON object";
	if (problem != NULL)
		complain(loading->complaints, loading->path, loading->line, problem);
	json_decref(object);
	return err;
}

static int load(struct loading *loading, const char *path, take_object *take)
{
	struct lines *lines;
	size_t len;
	char *text;
	int err = lines_open(path, &lines);

	loading->path = path;
	if (err < 0)
		return err;
	while ((err = lines_next(lines, &text, &len)) == 0) {
		loading->line = lines_number(lines);
		err = take_line(loading, text, len, take);
		if (err < 0)
			break;
	}
	lines_close(lines);
	return err < 0 ? err : 0;
}

int judged_load(const char *tasks_path, char *const *result_paths, size_t n_result_paths,
		struct complaints *complaints, struct judged *judged, const char **path)
{
	struct loading loading = {.judged = judged, .complaints = complaints};
	int err;

	*judged = (struct judged){.lines = json_array(), .index = json_object()};
	*path = tasks_path;
	err = judged->lines != NULL && judged->index != NULL ? load(&loading, tasks_path, take_task)
							     : -ENOMEM;
	for (size_t i = 0; i < n_result_paths && err == 0; i++) {
		*path = result_paths[i];
		err = load(&loading, result_paths[i], take_result);
	}
	if (err < 0)
		judged_deinit(judged);
	return err;
}

void judged_deinit(struct judged *judged)
{
	for (size_t i = 0; i < judged->n_tasks; i++)
		free(judged->tasks[i].candidates);
	free(judged->tasks);
	json_decref(judged->lines);
	json_decref(judged->index);
	*judged = (struct judged){0};
}
