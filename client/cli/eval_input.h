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
	json_t *suites;   /* of a matrix: their names; NULL: it is none */
	uint8_t *done;    /* of a matrix that is resumed: bits of what has a result; or NULL */
	size_t n_results; /* candidates times suites */
	char **held;      /* for --ordered: output lines by place, and the refusal last */
	bool is_complete;
};
void eval_job_free(struct eval_job *job);

/* Where the result of a candidate on a suite belongs among those of the job. */
size_t eval_job_place(const struct eval_job *job, size_t suite, size_t candidate);
bool eval_job_is_done(const struct eval_job *job, size_t place);

struct eval_input;

/* `files` and `options` are borrowed until eval_input_stop(); options->skip is called in the
 * reading thread, of a matrix for each suite, too. options->default_id is replaced by the line
 * number. 0 or -errno. */
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
