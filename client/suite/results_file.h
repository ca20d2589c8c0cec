/* The result file of a sample file, and the partial one beside it while a run is under way. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "client/suite/samples.h"

/* "SAMPLES_results.jsonl", as openai/human-eval names it; the caller frees. NULL when memory is
 * short. */
char *results_new_path(const char *samples_path);

/* Gives results of an earlier run to samples that have none: from the result file at `path`, if
 * there is one, and from its partial file. Lines that fit no sample are passed over. 0 or -errno.
 */
int results_resume(const char *path, struct samples *samples);

/* Writes all lines, in the samples' order, to `path` ("-": standard output; .gz: compressed); a
 * file that is there is replaced as a whole at the end. Every sample has a result. 0 or -errno. */
int results_write(const char *path, const struct samples *samples);

struct partial;

/* PATH.partial, where results are kept as they come. `keep`: append to one that is there. */
int partial_open(const char *path, bool keep, struct partial **partial);
/* 0 or -errno. */
int partial_append(struct partial *partial, size_t index, const struct sample *sample);
/* `remove`: the result file has been written. NULL is allowed. */
void partial_close(struct partial *partial, bool remove);
