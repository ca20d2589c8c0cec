/*
 * A loop's run, training, and again with the new model. Part of `assay loop`.
 *
 * Files of iteration 2 are OUT.2 and TRAIN.2. OUT.iterations has a line for each whose training has
 * ended well, so that going on begins where it ended.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iteration {
	uint32_t number; /* from 1 */
	const char *out_path, *train_path;
	const char *model, *model_url; /* as the last training said; NULL: as the options have it */
};

struct iterations {
	uint32_t n;
	const char *command, *out_path, *train_path;
	bool is_resumed, is_quiet;
	const volatile sig_atomic_t *interrupted;
	/* One run; returns an exit status, and, unless it ended early, how many lines there are to
	 * train on. */
	int (*run)(void *owner, const struct iteration *iteration, size_t *n_lines);
	void *owner;
};

/* Returns an exit status; what was wrong has been told. */
int iterations_run(const struct iterations *iterations);
