/*
 * assay's own task lines: {"id", "language", "tests", ...}, as `assay eval` reads them. Part of
 * `assay suite`.
 *
 * The samples come from another file, so "candidates" may be absent, and is not looked at. The
 * reference solution, if any, is the text at "reference". Everything else is checked and translated
 * by the reader of `assay eval`, which wants a candidate: it is given an empty one, left out again.
 */
#include "client/suite/task_format.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/cli/request_json.h"

static bool recognises(const json_t *record)
{
	return json_is_object(json_object_get(record, "tests"));
}

static bool skip_candidate(void *owner __attribute__((unused)),
			   const char *id __attribute__((unused)),
			   const char *candidate __attribute__((unused)),
			   const char *suite __attribute__((unused)))
{
	return true;
}

static int translate(const json_t *record, assay_request **request, struct request_error *error)
{
	const struct request_options options = {.skip = skip_candidate};
	json_t *copy = json_object();
	int err = json_object_update(copy, (json_t *)record) == 0 &&
				  json_object_set_new(copy, "candidates",
						      json_pack("[{s:s}]", "code", "")) == 0
			  ? 0
			  : -ENOMEM;
	if (err == 0)
		err = request_from_json(copy, &options, request, error);
	json_decref(copy);
	return err;
}

static const char *find_problem(const json_t *record, char *buf, size_t size)
{
	struct request_error error = {.message = "not enough memory"};
	assay_request *request = NULL;
	size_t len;
	if (!task_format_text(record, "id", &len) || len == 0)
		return "no id";
	int err = translate(record, &request, &error);
	assay_request_free(request);
	if (err == 0)
		return NULL;
	snprintf(buf, size, "%s", error.message);
	return buf;
}

static char *new_name(const json_t *record)
{
	return strdup(json_string_value(json_object_get(record, "id")));
}

static int new_request(const json_t *record, assay_request **request)
{
	struct request_error error;

	return translate(record, request, &error);
}

static const char *reference(const json_t *record, size_t *len)
{
	return task_format_text(record, "reference", len);
}

static bool is_text(const json_t *record)
{
	return json_object_get(json_object_get(record, "tests"), "answer") != NULL;
}

static const char *hint(const json_t *record, size_t *len)
{
	if (is_text(record))
		return task_format_text(json_object_get(record, "tests"), "answer", len);
	return reference(record, len);
}

const struct task_format format_own = {
	.name = "assay",
	.keys = "id, language, tests",
	.recognises = recognises,
	.find_problem = find_problem,
	.new_name = new_name,
	.new_prompt = task_format_prompt,
	.new_request = new_request,
	.reference = reference,
	.hint = hint,
	.is_text = is_text,
};
