/*
 * The job of a run as the child of assay-init reads it: the sections of inside/wire.h, borrowed
 * from the job's bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inside/wire.h"

#define JOB_FILES_MAX 64
#define JOB_ARGUMENTS_MAX 32

struct text {
	const char *bytes;
	size_t len;
};

struct job {
	uint8_t nonce[JOB_NONCE_BYTES];
	bool has_nonce;
	struct job_options options;
	struct text prompt;
	struct text code;
	struct text test;
	struct text input;
	struct text file_names[JOB_FILES_MAX];
	struct text file_contents[JOB_FILES_MAX];
	size_t n_files;
	/* COMPILER only; NUL-terminated copies. */
	char *source_name;
	char *compile[JOB_ARGUMENTS_MAX];
	size_t n_compile;
	char *link[JOB_ARGUMENTS_MAX];
	size_t n_link;
};

/* 0, or -1 if the bytes are no job for this runtime. */
int job_parse(const char *bytes, size_t len, struct job *job);
