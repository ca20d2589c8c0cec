/*
 * The table of task formats. Part of `assay suite`.
 *
 * A file's format follows from the keys of its first record, so nobody has to name it. Adding a
 * format is adding a format_x.c and a line here. Order matters where a record could be of two: the
 * most particular comes first.
 */
#include "client/suite/task_format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct task_format *const formats[] = {
	&format_own, &format_evalplus, &format_gsm8k, &format_humaneval, &format_mbpp,
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct task_format *task_format_recognise(const json_t *record)
{
	for (size_t index = 0; index < N_FORMATS; index++)
		if (formats[index]->recognises(record))
			return formats[index];
	return NULL;
}

char *task_format_list(void)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	for (size_t index = 0; index < N_FORMATS; index++)
		fprintf(out, "%s%s (%s)", index ? ", " : "", formats[index]->name,
			formats[index]->keys);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

const char *task_format_text(const json_t *record, const char *key, size_t *len)
{
	const json_t *value = json_object_get(record, key);
	if (!json_is_string(value))
		return NULL;
	*len = json_string_length(value);
	return json_string_value(value);
}

int task_format_request(const char *language,
			int (*fill)(const json_t *record, assay_request *request),
			const json_t *record, assay_request **result)
{
	assay_request *request = assay_request_new(language);
	if (!request)
		return -ENOMEM;
	int err = fill(record, request);
	if (err < 0) {
		assay_request_free(request);
		return err;
	}
	*result = request;
	return 0;
}

char *task_format_prompt(const json_t *record)
{
	size_t len;
	const char *prompt = task_format_text(record, "prompt", &len);

	return strdup(prompt != NULL ? prompt : "");
}

bool task_format_is_no_text(const json_t *record __attribute__((unused)))
{
	return false;
}
