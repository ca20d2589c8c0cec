/*
 * The command that trains on what a loop has written, between two iterations. Part of `assay loop`.
 *
 * It is given the file's path and the iteration's number as arguments and as $ASSAY_TRAIN_FILE and
 * $ASSAY_ITERATION. Lines "model=NAME" and "model-url=URL" of its output say what to ask from then
 * on; what else it writes goes to standard error.
 */
#pragma once

#include <signal.h>
#include <stdint.h>

struct training_told {
	char model[256]; /* "": nothing was said */
	char model_url[1024];
};

/*
 * Runs it to its end. 0: it ended well, and *told has what it said; above 0: its exit status, or
 * 128 and the signal that ended it; -EINTR: `interrupted`, and it was ended; other -errno of
 * starting it.
 */
int training_command_run(const char *command, const char *path, uint32_t iteration,
			 const volatile sig_atomic_t *interrupted, struct training_told *told);
