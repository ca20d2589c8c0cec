/* Cuts samples into requests: one task and a batch of its samples each. */
#pragma once

#include <bsd/sys/queue.h>
#include <stddef.h>

#include "assay/assay.h"
#include "client/cli/request_json.h"
#include "client/suite/samples.h"
#include "client/suite/tasks.h"

/* Which sample each candidate of a request is. */
struct batch {
	LIST_ENTRY(batch) in_flight; /* for whoever sends it */
	size_t n;
	size_t samples[];
};

struct work_options {
	size_t max_candidates; /* of a request, at least 1 */
	size_t max_bytes;      /* of a request's code, unless one candidate alone is more */
	struct request_wishes wishes;
};

struct work;

/* Everything that has no result yet. Borrows tasks and samples. NULL when memory is short. */
struct work *work_new(const struct tasks *tasks, const struct samples *samples,
		      const struct work_options *options);
void work_free(struct work *work);

size_t work_n_samples(const struct work *work); /* at the beginning */

/* 0: *request and *batch (free()) are the caller's, *bytes is about the request's size; 1: no more
 * for now; -ENOMEM, -EINVAL. */
int work_next(struct work *work, assay_request **request, size_t *bytes, struct batch **batch);

/* Gives a sample back, to be sent again by itself. 0 or -ENOMEM. */
int work_again(struct work *work, size_t sample);
