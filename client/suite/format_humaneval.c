/*
 * HumanEval: {"task_id", "prompt", "entry_point", "canonical_solution", "test"}. Part of `assay
 * suite`.
 *
 * A candidate is a completion of the prompt; `test` defines check(candidate). The daemon puts the
 * program together (tests of kind `check`), so nothing is concatenated here. HumanEval+ has
 * the same keys and more: format_evalplus.c.
 */
#include "client/suite/task_format.h"

#include <string.h>

static bool recognises(const json_t *record)
{
	return json_object_get(record, "test") && json_object_get(record, "entry_point");
}

static const char *find_problem(const json_t *record, char *buf __attribute__((unused)),
				size_t size __attribute__((unused)))
{
	size_t len;

	if (!task_format_text(record, "task_id", &len) || len == 0)
		return "no task_id";
	if (!task_format_text(record, "prompt", &len))
		return "no prompt";
	if (!task_format_text(record, "entry_point", &len) || len == 0)
		return "no entry_point";
	if (!task_format_text(record, "test", &len))
		return "no test";
	return NULL;
}

static char *new_name(const json_t *record)
{
	return strdup(json_string_value(json_object_get(record, "task_id")));
}

static int fill(const json_t *record, assay_request *request)
{
	size_t len;
	const char *text = task_format_text(record, "prompt", &len);
	int err = assay_request_set_text(request, ASSAY_REQUEST_PROMPT, text, len);
	if (err < 0)
		return err;
	text = task_format_text(record, "entry_point", &len);
	err = assay_request_set_text(request, ASSAY_REQUEST_ENTRY_POINT, text, len);
	if (err < 0)
		return err;
	text = task_format_text(record, "test", &len);
	return assay_request_set_check(request, text, len);
}

static int new_request(const json_t *record, assay_request **result)
{
	return task_format_request("python", fill, record, result);
}

static const char *reference(const json_t *record, size_t *len)
{
	return task_format_text(record, "canonical_solution", len);
}

const struct task_format format_humaneval = {
	.name = "HumanEval",
	.keys = "task_id, prompt, entry_point, test",
	.recognises = recognises,
	.find_problem = find_problem,
	.new_name = new_name,
	.new_prompt = task_format_prompt,
	.new_request = new_request,
	.reference = reference,
	.hint = reference,
	.is_text = task_format_is_no_text,
};
