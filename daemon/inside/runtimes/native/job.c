/*
 * Parsing a job. Runs in the forked child. The bytes come from the broker, which is trusted here;
 * lengths are checked all the same.
 */
#include "inside/runtimes/native/job.h"

#include <string.h>

#include "inside/cell/section.h"

static int take_fixed(const struct section *section, void *to, size_t len)
{
	if (section->len != len)
		return -1;
	memcpy(to, section->bytes, len);
	return 0;
}

static int take_argument(const struct section *section, char **list, size_t *n)
{
	if (*n == JOB_ARGUMENTS_MAX)
		return -1;
	list[*n] = strndup(section->bytes, section->len);
	return list[(*n)++] != NULL ? 0 : -1;
}

static int take_file(struct job *job, const struct section *section)
{
	const struct text text = {.bytes = section->bytes, .len = section->len};

	if (job->n_files == JOB_FILES_MAX)
		return -1;
	if (section->tag == JOB_FILE_NAME)
		job->file_names[job->n_files] = text;
	else
		job->file_contents[job->n_files++] = text;
	return 0;
}

static int take_text(struct job *job, const struct section *section)
{
	const struct text text = {.bytes = section->bytes, .len = section->len};

	switch (section->tag) {
	case JOB_PROMPT:
		job->prompt = text;
		return 0;
	case JOB_CODE:
		job->code = text;
		return 0;
	case JOB_TEST:
		job->test = text;
		return 0;
	case JOB_STDIN:
		job->input = text;
		return 0;
	case JOB_SOURCE_NAME:
		job->source_name = strndup(text.bytes, text.len);
		return job->source_name != NULL ? 0 : -1;
	default:
		return -1;
	}
}

static int add_section(struct job *job, const struct section *section)
{
	switch (section->tag) {
	case JOB_NONCE:
		job->has_nonce = true;
		return take_fixed(section, job->nonce, sizeof(job->nonce));
	case JOB_OPTIONS:
		return take_fixed(section, &job->options, sizeof(job->options));
	case JOB_COMPILE:
		return take_argument(section, job->compile, &job->n_compile);
	case JOB_LINK:
		return take_argument(section, job->link, &job->n_link);
	case JOB_FILE_NAME:
	case JOB_FILE_CONTENT:
		return take_file(job, section);
	default:
		return take_text(job, section);
	}
}

int job_parse(const char *bytes, size_t len, struct job *job)
{
	struct section section;
	size_t at = 0;

	memset(job, 0, sizeof(*job));
	while (at < len)
		if (!section_next(bytes, len, &at, &section) || add_section(job, &section) < 0)
			return -1;
	if (!job->has_nonce)
		return -1;
	if (job->options.kind != JOB_KIND_STDIO && job->options.kind != JOB_KIND_PROGRAM)
		return -1;
	if (job->options.role == JOB_ROLE_COMPILER)
		return job->source_name != NULL && job->n_compile > 0 ? 0 : -1;
	return job->options.role == JOB_ROLE_SHARED ? 0 : -1;
}
