/* What an earlier run of `assay eval` has already judged. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct eval_resume;

/*
 * Reads the results in `path` and cuts off an unfinished last line. A file that is not there is an
 * empty one. 0; -EINVAL: it is not a file of results, *line tells where; other -errno.
 */
int eval_resume_load(const char *path, struct eval_resume **resume, size_t *line);
void eval_resume_free(struct eval_resume *resume);

size_t eval_resume_n_results(const struct eval_resume *resume);

/* True if the earlier run has a result for it that was not claimed yet; claims it. Several
 * candidates of one name are told apart by their number only. `suite` NULL: of no matrix. */
bool eval_resume_claim(struct eval_resume *resume, const char *id, const char *candidate,
		       const char *suite);

/* A name was claimed more often than once: results may have been taken for one another. */
bool eval_resume_is_ambiguous(const struct eval_resume *resume);
