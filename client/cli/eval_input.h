/* The tasks of `assay eval`: lines of files to requests, read ahead in a thread of their own. */
#pragma once

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/cli/request_json.h"

/* One line of the input. Made by the reader, then owned by whoever took it. */
struct eval_job {
	TAILQ_ENTRY(eval_job) list;
	char *id;         /* for messages; NULL: it cannot be made out */
	const char *file; /* borrowed; NULL when there is only one */
	uint64_t line;
	size_t bytes;
	size_t n_candidates;
	assay_request *request; /* NULL: the line cannot be used, see `error`; or was skipped */
	struct request_error error;
	char **held; /* for --ordered: output lines by candidate, and the refusal last */
	bool is_complete;
};
void eval_job_free(struct eval_job *job);

struct eval_input;

/* `files` and `options` are borrowed until eval_input_stop(); options->skip is called in the
 * reading thread. options->default_id is replaced by the line number. 0 or -errno. */
int eval_input_start(char *const *files, size_t n_files, const struct request_options *options,
		     struct eval_input **input);

/* Readable when a job can be taken or the end has come. Borrowed. */
int eval_input_fd(const struct eval_input *input);

/* The next job; NULL: none yet, or the end. */
struct eval_job *eval_input_take(struct eval_input *input);

/* All has been taken and nothing more comes. */
bool eval_input_has_ended(struct eval_input *input);

/* Ends the thread, wherever it is, and frees. NULL is allowed. */
void eval_input_stop(struct eval_input *input);
