/* The options that all loops with a model share. Part of `assay loop`. */
#pragma once

#include <argp.h>
#include <stdbool.h>

#include "client/cli/request_wishes.h"
#include "client/loops/model_options.h"

/* What a loop's parser has as a child (engine_argp); starts as zeros. */
struct engine_options {
	const char *tasks_path;
	const char *out_path; /* NULL: standard output, and no journal */
	bool is_resumed, is_quiet;
	struct model_options model;
	struct request_wishes wishes;
};

/* The input is a struct engine_options. Takes the one argument TASKS, too. */
extern const struct argp engine_argp;

/* The same without a model. Takes the one argument TASKS, too. */
extern const struct argp engine_judging_argp;
