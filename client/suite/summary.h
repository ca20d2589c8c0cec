/* What a person reads at the end of `assay suite`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "client/suite/samples.h"
#include "client/suite/tasks.h"

struct summary_options {
	const char *title; /* "HumanEval.jsonl.gz" */
	const size_t *ks;  /* the ks of pass@k */
	size_t n_ks;
	bool is_brief; /* only the first line and pass@k */
	bool has_color;
	int width;        /* of the terminal; 0: it is none */
	double seconds;   /* of this run */
	size_t n_now;     /* results that came in this run */
	const char *path; /* of the result file; NULL: none was written */
};

/* Samples of one task: judged ones and those that passed. */
struct tally {
	size_t n;
	size_t c;
};

/* One for each task, of all tests or the base tests alone; the caller frees. NULL when memory is
 * short. */
struct tally *tally_new(const struct tasks *tasks, const struct samples *samples, bool is_base);

/* The mean of pass@k over all tasks. Needs k judged samples of each: 0 and *value, or 1. */
int tally_pass_at_k(const struct tally *tally, size_t n_tasks, size_t k, double *value);

/* 0; 1: there are tasks without a judged sample, so no pass@k was printed (complained about);
 * -ENOMEM. */
int summary_print(FILE *out, const struct tasks *tasks, const struct samples *samples,
		  const struct summary_options *options, struct complaints *complaints);
