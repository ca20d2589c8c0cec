/*
 * GSM8K (Cobbe et al., 2021): {"question", "answer"}, where the answer ends in "#### NUMBER". Part
 * of `assay suite`.
 *
 * A candidate is a text; nothing is run. The lines have no names, so a task is named after its
 * question: by the CRC-32 of it, which the file's order does not change.
 */
#include "client/suite/task_format.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

static bool recognises(const json_t *record)
{
	return json_is_string(json_object_get(record, "question")) &&
	       json_is_string(json_object_get(record, "answer"));
}

/* What stands behind the last mark, up to the end of its line; NULL: there is no mark. */
static const char *final_answer(const json_t *record, size_t *len)
{
	size_t all;
	const char *text = task_format_text(record, "answer", &all), *mark = NULL;

	for (const char *at = text; at && (at = strstr(at, "####")); at += 4)
		mark = at + 4;
	if (!mark)
		return NULL;
	mark += strspn(mark, " \t");
	*len = strcspn(mark, "\r\n");
	return mark;
}

static const char *find_problem(const json_t *record, char *buf __attribute__((unused)),
				size_t size __attribute__((unused)))
{
	size_t len;

	return final_answer(record, &len) && len > 0 ? NULL : "the answer has no \"#### NUMBER\"";
}

static char *new_name(const json_t *record)
{
	char name[32];
	size_t len;
	const char *question = task_format_text(record, "question", &len);

	snprintf(name, sizeof(name), "gsm8k/%08lx", crc32(0, (const Bytef *)question, (uInt)len));
	return strdup(name);
}

static int fill(const json_t *record, assay_request *request)
{
	size_t len = 0;
	const char *answer = final_answer(record, &len);

	return assay_request_set_answer(request, answer, len, "number");
}

static int new_request(const json_t *record, assay_request **result)
{
	return task_format_request("text", fill, record, result);
}

static char *new_prompt(const json_t *record)
{
	size_t len;

	return strdup(task_format_text(record, "question", &len));
}

static const char *reference(const json_t *record, size_t *len)
{
	return task_format_text(record, "answer", len);
}

static bool is_text(const json_t *record __attribute__((unused)))
{
	return true;
}

const struct task_format format_gsm8k = {
	.name = "GSM8K",
	.keys = "question, answer",
	.recognises = recognises,
	.find_problem = find_problem,
	.new_name = new_name,
	.new_prompt = new_prompt,
	.new_request = new_request,
	.reference = reference,
	.hint = final_answer,
	.is_text = is_text,
};
