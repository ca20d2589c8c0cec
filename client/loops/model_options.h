/* Which model a loop asks, and how: the options that all loops share. Part of `assay loop`. */
#pragma once

#include <argp.h>

#include "client/loops/model.h"

struct model_options {
	const char *url, *name, *command, *replay_path;
	const char *timeout_text, *retries_text; /* checked; NULL: as assay-model has it */
	bool is_completion;
	json_t *parameters; /* owned; temperature, seed, max_tokens; NULL: none was given */
	uint32_t n_in_flight;
	char program[4096];
	char *arguments[12];
};

/* A child of a loop's parser; its input is a struct model_options, which starts as zeros. */
extern const struct argp model_options_argp;

/* What model_new() wants; borrows from the options, which live as long as the model. */
struct model_settings model_options_settings(struct model_options *options,
					     const char *journal_path);
void model_options_deinit(struct model_options *options);
