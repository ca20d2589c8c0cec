/*
 * The job of a run as the child reads it: the sections of inside/wire.h.
 */
#pragma once

#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inside/wire.h"

struct job {
	uint8_t nonce[JOB_NONCE_BYTES];
	bool has_nonce;
	struct job_options options;
	const char *input; /* stdio: what the program reads; borrowed from the job's bytes */
	size_t input_len;
	PyObject *sections; /* new reference: what the examiner gets, see job.c */
};

/* Whether its run has the tests, and with them the nonce. */
bool job_is_judging(const struct job *job);

/* 0, or -1 if the bytes are no job (a Python exception may be set). */
int job_parse(const char *bytes, size_t len, struct job *job);
