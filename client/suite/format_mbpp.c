/*
 * MBPP: {"text", "code", "task_id", "test_setup_code", "test_list", "challenge_test_list"}. Part of
 * `assay suite`.
 *
 * Each element of test_list is an assert and one test; challenge_test_list takes no part in the
 * usual score and takes none here. Task ids are numbers; the task is shown as "MBPP/11", and
 * samples may say either. The sanitized edition has `prompt` for `text` and a list `test_imports`
 * for `test_setup_code`.
 */
#include "client/suite/task_format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool recognises(const json_t *record)
{
	return json_is_array(json_object_get(record, "test_list"));
}

static bool is_list_of_texts(const json_t *list)
{
	size_t index;
	json_t *element;

	json_array_foreach(list, index, element) if (!json_is_string(element)) return false;
	return json_is_array(list);
}

static const char *find_problem(const json_t *record, char *buf __attribute__((unused)),
				size_t size __attribute__((unused)))
{
	const json_t *id = json_object_get(record, "task_id");
	const json_t *imports = json_object_get(record, "test_imports");

	if (!json_is_integer(id) && !(json_is_string(id) && json_string_length(id) > 0))
		return "no task_id";
	if (!is_list_of_texts(json_object_get(record, "test_list")))
		return "test_list is no list of texts";
	if (imports && !is_list_of_texts(imports))
		return "test_imports is no list of texts";
	return NULL;
}

static char *new_name(const json_t *record)
{
	const json_t *id = json_object_get(record, "task_id");
	char *name;

	if (json_is_string(id))
		return strdup(json_string_value(id));
	if (asprintf(&name, "MBPP/%lld", (long long)json_integer_value(id)) < 0)
		return NULL;
	return name;
}

static int set_setup(const json_t *record, assay_request *request)
{
	size_t len, index;
	json_t *import;
	const char *setup = task_format_text(record, "test_setup_code", &len);
	if (setup)
		return assay_request_set_asserts(request, setup, len);

	char *imports = NULL;
	FILE *out = open_memstream(&imports, &len);
	if (!out)
		return -ENOMEM;
	json_array_foreach(json_object_get(record, "test_imports"), index, import)
		fprintf(out, "%s\n", json_string_value(import));
	int err = fclose(out) == 0 ? assay_request_set_asserts(request, imports, len) : -ENOMEM;
	free(imports);
	return err;
}

static int fill(const json_t *record, assay_request *request)
{
	size_t index;
	json_t *test;
	int err = set_setup(record, request);

	json_array_foreach(json_object_get(record, "test_list"), index, test)
	{
		if (err < 0)
			break;
		err = assay_request_add_assert(request, json_string_value(test),
					       json_string_length(test));
	}
	return err;
}

static int new_request(const json_t *record, assay_request **result)
{
	return task_format_request("python", fill, record, result);
}

/* The text alone does not name the function: the data's authors show the tests with it. */
static char *new_prompt(const json_t *record)
{
	size_t len, index;
	char *prompt = NULL;
	json_t *test;
	const char *text = task_format_text(record, "text", &len);
	FILE *out = open_memstream(&prompt, &len);

	if (!out)
		return NULL;
	if (!text)
		text = task_format_text(record, "prompt", &len); /* of the sanitized ones */
	fprintf(out, "%s\nYour code should pass these tests:\n", text ? text : "");
	json_array_foreach(json_object_get(record, "test_list"), index, test)
		fprintf(out, "%s\n", json_string_value(test));
	if (fclose(out) == 0)
		return prompt;
	free(prompt);
	return NULL;
}

static const char *reference(const json_t *record, size_t *len)
{
	return task_format_text(record, "code", len);
}

const struct task_format format_mbpp = {
	.name = "MBPP",
	.keys = "task_id, test_list",
	.recognises = recognises,
	.find_problem = find_problem,
	.new_name = new_name,
	.new_prompt = new_prompt,
	.new_request = new_request,
	.reference = reference,
	.hint = reference,
	.is_text = task_format_is_no_text,
};
