/*
 * Reads a task file, whichever its format, and finds tasks by name. Part of `assay suite`.
 *
 * The records stay as jansson values: a request is made from them for each batch of candidates
 * (libassay's requests cannot be emptied and filled again), and task files are small beside sample
 * files.
 */
#include "client/suite/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/cli/call_json.h"
#include "client/suite/lines.h"
#include "client/suite/python_json.h"

#define PROBLEM_BYTES 400

static int append(struct tasks *tasks, size_t *capacity, const struct task *task)
{
	if (tasks->n == *capacity) {
		size_t grown = *capacity ? *capacity * 2 : 256;
		struct task *items = reallocarray(tasks->items, grown, sizeof(*items));
		if (!items)
			return -ENOMEM;
		tasks->items = items;
		*capacity = grown;
	}
	tasks->items[tasks->n++] = *task;
	return 0;
}

/* A format whose records have no name is named by its reader. */
static char *new_id_json(const json_t *record, const char *name)
{
	const json_t *id = json_object_get(record, "task_id");
	if (!id)
		id = json_object_get(record, "id");
	if (json_is_string(id))
		return python_string_quote(json_string_value(id), json_string_length(id));
	if (!id)
		return name ? python_string_quote(name, strlen(name)) : NULL;
	return json_dumps(id, JSON_ENCODE_ANY);
}

/* 0: *task is filled and owns the record; 1: *problem, which may stand in buf; -ENOMEM. The record
 * is taken in any case. */
static int make_task(struct tasks *tasks, json_t *record, struct task *task, const char **problem,
		     char buf[PROBLEM_BYTES])
{
	if (!tasks->format)
		tasks->format = task_format_recognise(record);
	*problem = tasks->format ? tasks->format->find_problem(record, buf, PROBLEM_BYTES)
				 : "a task of no known format";
	if (*problem) {
		json_decref(record);
		return 1;
	}
	struct task made = {
		.name = tasks->format->new_name(record),
		.record = record,
	};
	made.id_json = new_id_json(record, made.name);
	if (!made.name || !made.id_json) {
		free(made.name);
		free(made.id_json);
		json_decref(record);
		return -ENOMEM;
	}
	*task = made;
	return 0;
}

static int read_tasks(struct lines *lines, struct tasks *tasks, struct complaints *complaints)
{
	char *text;
	char buf[PROBLEM_BYTES];
	size_t len, capacity = 0;
	int err;

	while ((err = lines_next(lines, &text, &len)) == 0) {
		if (strspn(text, " \t\r") == len)
			continue;
		json_error_t error;
		struct task task;
		const char *problem = error.text;
		json_t *record = call_json_load(text, len, &error);
		if (record && !json_is_object(record)) {
			json_decref(record);
			record = NULL;
			problem = "not a JSON object";
		}
		err = record ? make_task(tasks, record, &task, &problem, buf) : 1;
		if (err == 1)
			complain(complaints, tasks->path, lines_number(lines), problem);
		if (err == 0) {
			task.line = lines_number(lines);
			err = append(tasks, &capacity, &task);
		}
		if (err < 0)
			return err;
		if (!tasks->format && complaints->n >= 10)
			return 0; /* of no known format: the rest would be no better */
	}
	return err == 1 ? 0 : err;
}

static int compare_names(const void *left, const void *right)
{
	const struct task *const *left_task = left, *const *right_task = right;
	int order = strcmp((*left_task)->name, (*right_task)->name);

	return order ? order : (*left_task > *right_task) - (*left_task < *right_task);
}

static void free_task(struct task *task)
{
	free(task->name);
	free(task->id_json);
	json_decref(task->record);
}

/* Of tasks with one name the first one stays. by_name is sorted; afterwards it is out of date. */
static size_t drop_duplicates(struct tasks *tasks, struct complaints *complaints)
{
	size_t n_dropped = 0, n = 0;

	for (size_t index = 1; index < tasks->n; index++) {
		struct task *task = tasks->by_name[index];
		if (strcmp(tasks->by_name[index - 1]->name, task->name) != 0)
			continue;
		complain(complaints, tasks->path, task->line, "a task of this name came before");
		task->is_duplicate = true;
		n_dropped++;
	}
	for (size_t index = 0; index < tasks->n; index++) {
		if (tasks->items[index].is_duplicate)
			free_task(&tasks->items[index]);
		else
			tasks->items[n++] = tasks->items[index];
	}
	tasks->n = n;
	return n_dropped;
}

static int sort_by_name(struct tasks *tasks, struct complaints *complaints)
{
	tasks->by_name = reallocarray(NULL, tasks->n + 1, sizeof(struct task *));
	if (!tasks->by_name)
		return -ENOMEM;
	do {
		for (size_t index = 0; index < tasks->n; index++)
			tasks->by_name[index] = &tasks->items[index];
		qsort(tasks->by_name, tasks->n, sizeof(struct task *), compare_names);
	} while (drop_duplicates(tasks, complaints) > 0);
	return 0;
}

static void complain_unknown_format(const char *path, struct complaints *complaints)
{
	char *formats = task_format_list();

	if (complaints->say)
		complaints->say("%s holds no task of a known format; known by their keys are: %s",
				path, formats ? formats : "");
	free(formats);
}

int tasks_load(const char *path, struct complaints *complaints, struct tasks *result)
{
	struct lines *lines;
	struct tasks tasks = {.path = strdup(path)};
	int err = tasks.path ? lines_open(path, &lines) : -ENOMEM;
	if (err < 0) {
		free(tasks.path);
		return err;
	}
	err = read_tasks(lines, &tasks, complaints);
	lines_close(lines);
	if (err == 0 && tasks.n > 0)
		err = sort_by_name(&tasks, complaints);
	if (err == 0 && tasks.n == 0) {
		complain_unknown_format(path, complaints);
		err = 1;
	}
	if (err != 0) {
		tasks_deinit(&tasks);
		return err;
	}
	*result = tasks;
	return 0;
}

void tasks_deinit(struct tasks *tasks)
{
	for (size_t index = 0; index < tasks->n; index++)
		free_task(&tasks->items[index]);
	free(tasks->items);
	free(tasks->by_name);
	free(tasks->path);
	*tasks = (struct tasks){0};
}

static int compare_name(const void *name, const void *element)
{
	const struct task *const *task = element;

	return strcmp(name, (*task)->name);
}

static const struct task *find_exactly(const struct tasks *tasks, const char *name)
{
	struct task **found =
		bsearch(name, tasks->by_name, tasks->n, sizeof(struct task *), compare_name);
	return found ? *found : NULL;
}

const struct task *tasks_find(const struct tasks *tasks, const char *name)
{
	const struct task *found = find_exactly(tasks, name);
	if (found || tasks->format != &format_mbpp)
		return found;
	const char *number = strncasecmp(name, "mbpp/", 5) == 0 ? name + 5 : name;
	char canonical[64];
	if ((size_t)snprintf(canonical, sizeof(canonical), "MBPP/%s", number) >= sizeof(canonical))
		return NULL;
	return find_exactly(tasks, canonical);
}
