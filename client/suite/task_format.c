/*
 * The table of task formats. Part of `assay suite`.
 *
 * A file's format follows from the keys of its first record, so nobody has to name it. Adding a
 * format is adding a format_x.c and a line here. Order matters where a record could be of two: the
 * most particular comes first.
 */
#include "client/suite/task_format.h"

#include <stdio.h>
#include <stdlib.h>

static const struct task_format *const formats[] = {
	&format_own,
	&format_gsm8k,
	&format_humaneval,
	&format_mbpp,
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
