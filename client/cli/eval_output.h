/* The output lines of `assay eval`: in order of completion or of the input, and counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "client/cli/eval_input.h"

struct eval_output;

/* `out` is borrowed. NULL when memory is short. */
struct eval_output *eval_output_new(FILE *out, bool is_ordered);

/* Writes what is still held back, as far as it is there. */
void eval_output_free(struct eval_output *output);

/* Each job is begun in the order of the input, which hands it over (not on failure), answered,
 * and then ended, after which it may be gone. These return 0 or -errno of writing. */
int eval_output_begin(struct eval_output *output, struct eval_job *job);
int eval_output_result(struct eval_output *output, struct eval_job *job,
		       const assay_result *result);
int eval_output_error(struct eval_output *output, struct eval_job *job, enum assay_error_code code,
		      const char *message, const char *field);
int eval_output_end(struct eval_output *output, struct eval_job *job);

/* False when so much is held back for the sake of order that nothing more should be begun. */
bool eval_output_has_room(const struct eval_output *output);

struct eval_counts {
	uint64_t results, errors;
	uint64_t verdicts[ASSAY_INFRA + 1];
};
const struct eval_counts *eval_output_counts(const struct eval_output *output);
