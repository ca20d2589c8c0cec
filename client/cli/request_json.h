/* A task in JSON, as `assay eval` reads it, to a request. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/assay.h"

enum request_limit {
	REQUEST_CPU_MS,
	REQUEST_WALL_MS,
	REQUEST_MEMORY_BYTES,
	REQUEST_OUTPUT_BYTES,
	REQUEST_PROCESSES,
	REQUEST_TEST_MS,
	REQUEST_N_LIMITS,
};

/* 0: the task's own, or the policy's. */
struct request_limits {
	uint64_t values[REQUEST_N_LIMITS];
};

/*
 * "cpu_ms=5000,wall_ms=15000" into `limits`, on top of what is there. 0, or -EINVAL with a text for
 * a person in message[0..size).
 */
int request_limits_parse(const char *text, struct request_limits *limits, char *message,
			 size_t size);

/* What the command line wants for every request; zeros: what the task says. */
struct request_wishes {
	struct request_limits limits;
	bool has_integrity;
	enum assay_integrity integrity;
	uint32_t repeat;
	bool has_no_control;
	bool has_no_cache;
};

/* 0 or -errno. */
int request_wishes_apply(const struct request_wishes *wishes, assay_request *request);

struct request_error {
	char field[96];    /* "candidates[3].code"; "" if the error is about no field */
	char message[320]; /* names the field too */
};

struct request_options {
	const char *default_id; /* for a task without "id" */
	struct request_wishes wishes;
	/* Asked for each candidate, here with `suite` NULL; true: leave it out. NULL: none. */
	bool (*skip)(void *owner, const char *id, const char *candidate, const char *suite);
	void *owner;
};

/*
 * 0: *request is the caller's; it may have no candidates when all were skipped. -EINVAL: `error`
 * says which field is wrong and how. -ENOMEM. A candidate without "id" is called by its position.
 * Keys that are not known are ignored at the top and in candidates (files carry notes of their
 * own), and are errors within "tests" and "limits", where they are misspellings.
 */
int request_from_json(const json_t *task, const struct request_options *options,
		      assay_request **request, struct request_error *error);

/* The task's "id" as text, if it can be made out, else NULL; `buf` may be used for it. For errors.
 */
const char *request_json_id(const json_t *task, char *buf, size_t size);

/* The name of one of a task's "suites", its position if it has none; NULL: it is neither a text nor
 * a whole number. `buf` may be used for it. */
const char *request_json_suite_id(const json_t *suites, size_t index, char *buf, size_t size);
