/*
 * What is still to be judged, as requests. Part of `assay suite`.
 *
 * Samples of one task travel together, so that the daemon gets and prepares the tests once a batch
 * and not once a sample; the order is that of the task file. A batch is bounded in number (it has
 * to fit what may be in flight) and in bytes (it has to fit a frame).
 *
 * Samples given back, because a batch was refused for the sake of one of its members or because our
 * side failed, go out one by one after everything else.
 */
#include "client/suite/work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work {
	const struct tasks *tasks;
	const struct samples *samples;
	struct work_options options;
	size_t *order; /* samples, those of one task next to each other */
	size_t n_order, next;
	size_t *again;
	size_t n_again, next_again;
};

static size_t task_index(const struct work *work, const struct sample *sample)
{
	return (size_t)(sample->task - work->tasks->items);
}

/* A counting sort by task. */
static int fill_order(struct work *work)
{
	size_t *starts = calloc(work->tasks->n + 1, sizeof(*starts));
	if (!starts)
		return -ENOMEM;
	for (size_t index = 0; index < work->samples->n; index++)
		if (!work->samples->items[index].has_result)
			starts[task_index(work, &work->samples->items[index]) + 1]++;
	for (size_t task = 0; task < work->tasks->n; task++)
		starts[task + 1] += starts[task];
	work->n_order = starts[work->tasks->n];
	for (size_t index = 0; index < work->samples->n; index++)
		if (!work->samples->items[index].has_result)
			work->order[starts[task_index(work, &work->samples->items[index])]++] =
				index;
	free(starts);
	return 0;
}

struct work *work_new(const struct tasks *tasks, const struct samples *samples,
		      const struct work_options *options)
{
	struct work *work = calloc(1, sizeof(*work));
	if (!work)
		return NULL;
	work->tasks = tasks;
	work->samples = samples;
	work->options = *options;
	work->order = calloc(samples->n + 1, sizeof(*work->order));
	if (!work->order || fill_order(work) < 0) {
		work_free(work);
		return NULL;
	}
	return work;
}

void work_free(struct work *work)
{
	if (!work)
		return;
	free(work->order);
	free(work->again);
	free(work);
}

size_t work_n_samples(const struct work *work)
{
	return work->n_order;
}

/* The samples of the next request; their number is bounded, their bytes are not looked at yet. */
static size_t choose(struct work *work, size_t *samples)
{
	if (work->next == work->n_order) {
		if (work->next_again == work->n_again)
			return 0;
		samples[0] = work->again[work->next_again++];
		return 1;
	}
	const struct sample *items = work->samples->items;
	const struct task *task = items[work->order[work->next]].task;
	size_t n = 0;
	while (n < work->options.max_candidates && work->next + n < work->n_order &&
	       items[work->order[work->next + n]].task == task) {
		samples[n] = work->order[work->next + n];
		n++;
	}
	work->next += n;
	return n;
}

/* 0: added; 1: it would make the request too large. */
static int add_candidate(const struct work *work, size_t index, bool is_first, size_t *bytes,
			 assay_request *request)
{
	char *code, id[24];
	size_t len;
	int err = sample_new_code(&work->samples->items[index], &code, &len);
	if (err < 0)
		return err;
	if (!is_first && *bytes + len > work->options.max_bytes) {
		free(code);
		return 1;
	}
	snprintf(id, sizeof(id), "%zu", index);
	err = assay_request_add_candidate(request, id, code, len);
	free(code);
	if (err < 0)
		return err;
	*bytes += len;
	return 0;
}

static int new_request(const struct work *work, const struct task *task, assay_request **result)
{
	assay_request *request;
	int err = work->tasks->format->new_request(task->record, &request);
	if (err < 0)
		return err;
	err = assay_request_set_text(request, ASSAY_REQUEST_ID, task->name, strlen(task->name));
	if (err == 0)
		err = request_wishes_apply(&work->options.wishes, request);
	if (err < 0) {
		assay_request_free(request);
		return err;
	}
	*result = request;
	return 0;
}

int work_next(struct work *work, assay_request **result, size_t *bytes, struct batch **result_batch)
{
	size_t max = work->options.max_candidates;
	struct batch *batch = malloc(sizeof(*batch) + max * sizeof(batch->samples[0]));
	assay_request *request = NULL;
	if (!batch)
		return -ENOMEM;
	size_t request_bytes = 0, n = choose(work, batch->samples);
	if (n == 0) {
		free(batch);
		return 1;
	}
	int err = new_request(work, work->samples->items[batch->samples[0]].task, &request);
	batch->n = 0;
	while (err == 0 && batch->n < n) {
		err = add_candidate(work, batch->samples[batch->n], batch->n == 0, &request_bytes,
				    request);
		if (err == 0)
			batch->n++;
	}
	if (err == 1) {
		work->next -= n - batch->n; /* only `order` gives more than one at a time */
		err = 0;
	}
	if (err < 0) {
		assay_request_free(request);
		free(batch);
		return err;
	}
	*result = request;
	*bytes = request_bytes;
	*result_batch = batch;
	return 0;
}

int work_again(struct work *work, size_t sample)
{
	size_t *again = reallocarray(work->again, work->n_again + 1, sizeof(*again));
	if (!again)
		return -ENOMEM;
	again[work->n_again++] = sample;
	work->again = again;
	return 0;
}
