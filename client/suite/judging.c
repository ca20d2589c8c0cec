/*
 * The loop of `assay suite`: requests out, results in. Part of `assay suite`.
 *
 * Flow control, patience with a full daemon and lost connections are the flight's. What is decided
 * here: a batch that was refused goes again one by one, so that one sample (too long, say) does not
 * take its neighbours with it; a sample that our side failed (INFRA) gets a second chance and is
 * otherwise counted as not judged, neither passed nor failed, and is left out of the partial file
 * so that --resume tries it again.
 */
#include "client/suite/judging.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/flight.h"
#include "client/suite/finding.h"
#include "client/suite/progress.h"
#include "client/suite/python_json.h"
#include "client/suite/work.h"

#define BATCH_MAX 64
#define BATCH_BYTES_MAX ((size_t)4 << 20)

struct run {
	struct judging *judging;
	struct work *work;
	struct flight *flight;
	struct progress *progress;
	LIST_HEAD(batches, batch) batches; /* in flight; owned */
	size_t n_done, n_passed;
	unsigned char *attempts; /* a sample: how often our side failed it */
};

static int set_unjudged(struct run *run, size_t index, const char *name, const char *why)
{
	struct sample *sample = &run->judging->samples->items[index];
	char *text;
	if (asprintf(&text, "failed: not judged: %s", why) < 0)
		return -ENOMEM;
	char *quoted = python_string_quote(text, strlen(text));
	free(text);
	int err = quoted ? sample_set_result(sample, name, false, quoted, NULL) : -ENOMEM;
	free(quoted);
	if (err < 0)
		return err;
	sample->is_judged = false;
	run->judging->n_unjudged++;
	run->n_done++;
	return 0;
}

static bool has_passed_base(const assay_result *result, size_t n_base)
{
	size_t n_tests = assay_result_number(result, ASSAY_RESULT_N_TESTS);

	if (assay_result_verdict(result) == ASSAY_PASSED)
		return true;
	for (size_t index = 0; index < n_base; index++)
		if (index >= n_tests ||
		    assay_result_test_outcome(result, index) != ASSAY_TEST_PASSED)
			return false;
	return n_base > 0;
}

static int keep_result(struct run *run, size_t index, const assay_result *result)
{
	struct sample *sample = &run->judging->samples->items[index];
	size_t len;
	const char *prompt = task_format_text(sample->task->record, "prompt", &len);
	const struct task_format *format = run->judging->tasks->format;
	bool has_prompt = format == &format_humaneval || format == &format_evalplus;
	struct finding finding = finding_of(result, has_prompt ? prompt : NULL);
	const char *feedback = assay_result_text(result, ASSAY_RESULT_FEEDBACK, &len);
	char *feedback_json = len ? python_string_quote(feedback, len) : NULL;
	char *result_json = finding_new_result_json(&finding);
	int err = -ENOMEM;
	if (result_json)
		err = sample_set_result(sample, assay_verdict_name(finding.verdict),
					finding.verdict == ASSAY_PASSED, result_json,
					feedback_json);
	free(feedback_json);
	free(result_json);
	if (err < 0)
		return err;
	if (format->count_base != NULL)
		sample_set_base(sample,
				has_passed_base(result, format->count_base(sample->task->record)));
	run->n_done++;
	run->n_passed += sample->passed;
	run->judging->n_now++;
	return run->judging->partial ? partial_append(run->judging->partial, index, sample) : 0;
}

static int handle_result(struct run *run, const struct batch *batch, const assay_result *result)
{
	size_t position = assay_result_number(result, ASSAY_RESULT_CANDIDATE_INDEX);
	if (position >= batch->n)
		return -EPROTO;
	size_t index = batch->samples[position];
	enum assay_verdict verdict = assay_result_verdict(result);
	if (run->judging->samples->items[index].has_result)
		return 0;
	if (verdict != ASSAY_INFRA && verdict != ASSAY_CANCELLED &&
	    verdict != ASSAY_VERDICT_UNKNOWN)
		return keep_result(run, index, result);
	if (run->attempts[index]++ == 0)
		return work_again(run->work, index);
	return set_unjudged(run, index, assay_verdict_name(verdict),
			    assay_result_text(result, ASSAY_RESULT_DETAIL, NULL));
}

static int handle_refusal(struct run *run, const struct batch *batch,
			  const struct flight_answer *answer)
{
	int err = 0;

	for (size_t position = 0; err == 0 && position < batch->n; position++) {
		size_t index = batch->samples[position];
		const struct sample *sample = &run->judging->samples->items[index];
		if (sample->has_result)
			continue;
		if (batch->n > 1) {
			err = work_again(run->work, index);
			continue;
		}
		complain(run->judging->complaints, run->judging->tasks->path, sample->task->line,
			 answer->message);
		err = set_unjudged(run, index, assay_error_name(answer->code), answer->message);
	}
	return err;
}

/* Sends what there is room for. 0: there may be more; 1: nothing is left to send. */
static int send_some(struct run *run)
{
	while (flight_has_room(run->flight)) {
		assay_request *request;
		struct batch *batch;
		size_t bytes;
		int err = work_next(run->work, &request, &bytes, &batch);
		if (err == 0) {
			LIST_INSERT_HEAD(&run->batches, batch, in_flight);
			err = flight_push(run->flight, request, bytes, batch);
		}
		if (err != 0)
			return err;
	}
	return 0;
}

static void remove_batch(struct batch *batch)
{
	LIST_REMOVE(batch, in_flight);
	free(batch);
}

/* Waits for one answer. */
static int receive_one(struct run *run)
{
	struct flight_answer answer;
	int err = flight_next(run->flight, -1, &answer);
	if (err < 0)
		return err;
	struct batch *batch = answer.owner;
	if (answer.type == FLIGHT_RESULT)
		err = handle_result(run, batch, answer.result);
	else if (answer.type == FLIGHT_REFUSED)
		err = handle_refusal(run, batch, &answer);
	if (answer.type == FLIGHT_DONE || answer.type == FLIGHT_REFUSED)
		remove_batch(batch);
	progress_update(run->progress, run->n_done, run->n_passed);
	return err;
}

static int run_loop(struct run *run)
{
	for (;;) {
		int outcome = send_some(run);
		if (outcome < 0)
			return outcome;
		if (outcome == 1 && flight_is_empty(run->flight))
			return run->n_done == run->judging->samples->n ? 0 : -EPROTO;
		int err = receive_one(run);
		if (err < 0)
			return err;
	}
}

static size_t smaller(size_t left, size_t right)
{
	return left < right ? left : right;
}

static struct work *new_work(const struct judging *judging)
{
	const assay_client *client = judging->context->client;
	struct work_options options = {
		.max_candidates = BATCH_MAX,
		.max_bytes = BATCH_BYTES_MAX,
		.wishes = judging->wishes,
	};
	size_t max_candidates = assay_server_number(client, ASSAY_SERVER_MAX_CANDIDATES);
	size_t max_frame_bytes = assay_server_number(client, ASSAY_SERVER_MAX_FRAME_BYTES);
	if (max_candidates > 0)
		options.max_candidates = smaller(BATCH_MAX, max_candidates);
	if (max_frame_bytes > 0)
		options.max_bytes = smaller(BATCH_BYTES_MAX, max_frame_bytes / 4);
	return work_new(judging->tasks, judging->samples, &options);
}

int judging_run(struct judging *judging)
{
	const struct samples *samples = judging->samples;
	struct run run = {
		.judging = judging,
		.work = new_work(judging),
		.flight = flight_new(judging->context, 0),
		.attempts = calloc(samples->n + 1, 1),
	};
	struct batch *batch, *next;
	for (size_t index = 0; index < samples->n; index++) {
		run.n_done += samples->items[index].has_result;
		run.n_passed += samples->items[index].passed;
	}
	if (!judging->context->quiet)
		run.progress = progress_new(judging->label, samples->n);
	int err = run.work && run.flight && run.attempts ? run_loop(&run) : -ENOMEM;
	progress_free(run.progress);
	flight_free(run.flight);
	for (batch = LIST_FIRST(&run.batches); batch; batch = next) {
		next = LIST_NEXT(batch, in_flight);
		free(batch);
	}
	work_free(run.work);
	free(run.attempts);
	return err;
}
