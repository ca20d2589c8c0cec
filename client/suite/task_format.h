/* The formats of task files. One file each (format_*.c), one table (task_format.c). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "assay/assay.h"

struct task_format {
	const char *name;
	const char *keys; /* by which a person recognises it */

	/* Is this record, the first of a file, of this format? */
	bool (*recognises)(const json_t *record);

	/* What is wrong with a record, as a text that may stand in buf; NULL: nothing. The others
	 * are called for sound records only. */
	const char *(*find_problem)(const json_t *record, char *buf, size_t size);

	/* The task's name, which the caller frees; NULL when memory is short. */
	char *(*new_name)(const json_t *record);

	/* What a model is asked, which the caller frees; NULL when memory is short. */
	char *(*new_prompt)(const json_t *record);

	/* A request without candidates, which the caller frees. 0, -ENOMEM or -EINVAL. */
	int (*new_request)(const json_t *record, assay_request **request);

	/* The reference solution as a candidate's code; NULL if there is none. Borrowed. */
	const char *(*reference)(const json_t *record, size_t *len);

	/* What tells the way to the right solution to one who is to explain it; NULL if there is
	 * nothing. Borrowed. */
	const char *(*hint)(const json_t *record, size_t *len);

	/* Whether a solution is a text with an answer, and not code. */
	bool (*is_text)(const json_t *record);

	/* How many of its tests, the first ones, are the base tests, whose score is told by
	 * itself; NULL: the format does not tell them apart. */
	size_t (*count_base)(const json_t *record);
};

extern const struct task_format format_evalplus, format_gsm8k, format_humaneval, format_mbpp,
	format_own;

/* NULL: none recognises it. */
const struct task_format *task_format_recognise(const json_t *record);

/* "HumanEval (task_id, ...), MBPP (...)": the caller frees; NULL when memory is short. */
char *task_format_list(void);

/* The string at `key`; NULL if it is absent or something else. Borrowed. */
const char *task_format_text(const json_t *record, const char *key, size_t *len);

/* ---- what formats share, for their tables */

/* A request of `language` with what `fill` puts into it. 0, -ENOMEM or what `fill` says. */
int task_format_request(const char *language,
			int (*fill)(const json_t *record, assay_request *request),
			const json_t *record, assay_request **result);

/* new_prompt where it is the text at "prompt". */
char *task_format_prompt(const json_t *record);

/* is_text of those whose solutions are code. */
bool task_format_is_no_text(const json_t *record);
