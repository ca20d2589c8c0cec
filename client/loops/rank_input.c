/*
 * Candidates and the model's own tests, joined with the tasks. Part of `assay loop rank`.
 *
 * Where a text of the model ends is not marked: it wrote on until it was stopped. A body ends
 * before the first statement that is not indented; one that begins without indentation is a program
 * of its own and stays whole.
 */
#include "client/loops/rank_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/python_source.h"
#include "client/loops/assertions.h"
#include "client/suite/lines.h"
#include "client/suite/task_format.h"

struct reading {
	const struct tasks *tasks;
	struct rank_input *input;
	size_t per_text;
	char **prompts; /* of the tasks; owned */
};

/* Uses one line; NULL, or what is wrong with it. -ENOMEM: *err is set. */
typedef const char *take_line(struct reading *reading, const json_t *line, int *err);

static int load_prompts(struct reading *reading)
{
	const struct tasks *tasks = reading->tasks;

	reading->prompts = calloc(tasks->n + 1, sizeof(*reading->prompts));
	for (size_t i = 0; reading->prompts != NULL && i < tasks->n; i++) {
		reading->prompts[i] = tasks->format->new_prompt(tasks->items[i].record);
		if (reading->prompts[i] == NULL)
			return -ENOMEM;
	}
	return reading->prompts == NULL ? -ENOMEM : 0;
}

static void free_prompts(struct reading *reading)
{
	for (size_t i = 0; reading->prompts != NULL && i < reading->tasks->n; i++)
		free(reading->prompts[i]);
	free(reading->prompts);
}

/* ---------------------------------------------------------------- whose line it is */

static size_t find_by_prompt(const struct reading *reading, const char *prompt)
{
	size_t found = reading->tasks->n, longest = 0;

	for (size_t i = 0; i < reading->tasks->n; i++) {
		size_t len = strlen(reading->prompts[i]);

		if (len > longest && strncmp(prompt, reading->prompts[i], len) == 0) {
			found = i;
			longest = len;
		}
	}
	return found;
}

/* The place of the line's task; as many as there are: none. */
static size_t find_task(const struct reading *reading, const json_t *line)
{
	const char *name = json_string_value(json_object_get(line, "task_id"));
	const char *prompt = json_string_value(json_object_get(line, "prompt"));
	const struct task *task = name != NULL ? tasks_find(reading->tasks, name) : NULL;

	if (task != NULL)
		return (size_t)(task - reading->tasks->items);
	return prompt != NULL ? find_by_prompt(reading, prompt) : reading->tasks->n;
}

/* ---------------------------------------------------------------- candidates */

/* How much of the text is the body that it begins with. */
static size_t body_len(const char *text)
{
	struct statement_cursor cursor;
	struct statement statement;
	bool is_first = true;

	statement_begin(&cursor, text, strlen(text));
	while (statement_next(&cursor, &statement)) {
		if (statement.indent == 0)
			return is_first ? strlen(text) : (size_t)(statement.text - text);
		is_first = false;
	}
	return strlen(text);
}

static int add_raw(struct bag *codes, const char *text)
{
	size_t len = body_len(text);
	char *body;
	int err;

	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	if (asprintf(&body, "%.*s\n", (int)len, text) < 0)
		return -ENOMEM;
	err = bag_add(codes, body);
	free(body);
	return err;
}

static const char *take_candidates(struct reading *reading, const json_t *line, int *err)
{
	static const char *const keys[] = {"completion", "solution"};
	const json_t *samples = json_object_get(line, "samples");
	size_t place = find_task(reading, line);
	struct bag *codes;

	if (place == reading->tasks->n)
		return "no task has this task_id or prompt";
	codes = &reading->input->of_task[place].codes;
	for (size_t i = 0; i < json_array_size(samples) && *err == 0; i++) {
		const char *text = json_string_value(json_array_get(samples, i));

		*err = add_raw(codes, text != NULL ? text : "");
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *code = json_string_value(json_object_get(line, keys[i]));

		if (code != NULL && samples == NULL) {
			*err = bag_add(codes, code);
			return NULL;
		}
	}
	return json_is_array(samples) ? NULL : "no completion, solution or samples";
}

/* ---------------------------------------------------------------- tests */

/* `opening`: what the model was given of the line that it went on with. */
static int add_tests(struct reading *reading, size_t place, const char *opening, const char *text)
{
	const struct task *task = &reading->tasks->items[place];
	const char *entry = json_string_value(json_object_get(task->record, "entry_point"));
	json_t *found = json_array();
	char *whole;
	int err = -ENOMEM;

	if (asprintf(&whole, "%s%s", opening, text) >= 0) {
		err = assertions_find(whole, entry, reading->per_text, found);
		free(whole);
	}
	for (size_t i = 0; i < json_array_size(found) && err == 0; i++)
		err = bag_add(&reading->input->of_task[place].tests,
			      json_string_value(json_array_get(found, i)));
	json_decref(found);
	return err;
}

static const char *take_tests(struct reading *reading, const json_t *line, int *err)
{
	const json_t *raw = json_object_get(line, "samples"),
		     *texts = json_object_get(line, "tests");
	const char *prompt = json_string_value(json_object_get(line, "prompt"));
	const char *opening = "";
	size_t place = find_task(reading, line);

	if (place == reading->tasks->n)
		return "no task has this task_id or prompt";
	if (!json_is_array(raw) && !json_is_array(texts))
		return "no tests and no samples";
	if (raw != NULL && prompt != NULL)
		opening = strrchr(prompt, '\n') != NULL ? strrchr(prompt, '\n') + 1 : prompt;
	if (raw == NULL)
		raw = texts;
	for (size_t i = 0; i < json_array_size(raw) && *err == 0; i++) {
		const char *text = json_string_value(json_array_get(raw, i));

		if (text != NULL)
			*err = add_tests(reading, place, opening, text);
	}
	return NULL;
}

/* ---------------------------------------------------------------- files */

static int load(struct reading *reading, const char *path, take_line *take,
		struct complaints *complaints)
{
	struct lines *lines;
	size_t len;
	char *text;
	int err = lines_open(path, &lines);

	if (err < 0)
		return err;
	while ((err = lines_next(lines, &text, &len)) == 0) {
		json_t *line = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
		const char *problem = "no JSON object";

		if (strspn(text, " \t\r") == len)
			problem = NULL;
		else if (json_is_object(line))
			problem = take(reading, line, &err);
		json_decref(line);
		if (problem != NULL)
			complain(complaints, path, lines_number(lines), problem);
		if (err < 0)
			break;
	}
	lines_close(lines);
	return err < 0 ? err : 0;
}

int rank_input_load(const struct tasks *tasks, const char *samples_path, const char *tests_path,
		    size_t per_text, struct complaints *complaints, struct rank_input *input,
		    const char **path)
{
	struct reading reading = {.tasks = tasks, .input = input, .per_text = per_text};
	int err = load_prompts(&reading);

	*path = samples_path;
	*input = (struct rank_input){.n = tasks->n};
	input->of_task = calloc(tasks->n + 1, sizeof(*input->of_task));
	if (input->of_task == NULL)
		err = -ENOMEM;
	if (err == 0)
		err = load(&reading, samples_path, take_candidates, complaints);
	if (err == 0) {
		*path = tests_path;
		err = load(&reading, tests_path, take_tests, complaints);
	}
	free_prompts(&reading);
	if (err < 0)
		rank_input_deinit(input);
	return err;
}

void rank_input_deinit(struct rank_input *input)
{
	for (size_t i = 0; input->of_task != NULL && i < input->n; i++) {
		bag_deinit(&input->of_task[i].codes);
		bag_deinit(&input->of_task[i].tests);
	}
	free(input->of_task);
	*input = (struct rank_input){0};
}
