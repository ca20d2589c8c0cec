/*
 * Writing the lines of `assay eval`. Runs in `assay`, in its main thread.
 *
 * In order of completion a line is written when it is known. In the input's order it is held back
 * until everything before it has been written: jobs are kept in a list (which owns them in both
 * cases), and the first of the list may write. What is held back is bounded; when the bound is
 * reached nothing more is begun until the first one is done.
 *
 * Each line goes out at once, because whoever reads may wait for it before writing the next task.
 */
#include "client/cli/eval_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/result_json.h"

#define HELD_BYTES_MAX ((size_t)32 << 20)
#define HELD_JOBS_MAX 16384

struct eval_output {
	FILE *out;
	bool is_ordered;
	TAILQ_HEAD(, eval_job) jobs; /* begun and not ended, or not written to the end */
	size_t n_jobs, held_bytes;
	struct eval_counts counts;
};

struct eval_output *eval_output_new(FILE *out, bool is_ordered)
{
	struct eval_output *output = calloc(1, sizeof(*output));

	if (output == NULL)
		return NULL;
	output->out = out;
	output->is_ordered = is_ordered;
	TAILQ_INIT(&output->jobs);
	return output;
}

static int write_line(struct eval_output *output, const char *line)
{
	errno = 0;
	if (fputs(line, output->out) >= 0 && fputc('\n', output->out) != EOF &&
	    fflush(output->out) == 0)
		return 0;
	return errno != 0 ? -errno : -EIO;
}

/* Writes what the job holds, in order, up to the first gap (or over gaps). */
static int write_held(struct eval_output *output, struct eval_job *job, bool over_gaps)
{
	int err = 0;

	for (size_t i = 0; i <= job->n_results && err == 0; i++) {
		if (job->held[i] == NULL && over_gaps)
			continue;
		if (job->held[i] == NULL)
			break;
		if (job->held[i][0] != '\0') {
			err = write_line(output, job->held[i]);
			output->held_bytes -= strlen(job->held[i]);
			job->held[i][0] = '\0'; /* written: no gap, and no line either */
		}
	}
	return err;
}

static void forget(struct eval_output *output, struct eval_job *job)
{
	for (size_t i = 0; job->held != NULL && i <= job->n_results; i++)
		output->held_bytes -= job->held[i] != NULL ? strlen(job->held[i]) : 0;
	TAILQ_REMOVE(&output->jobs, job, list);
	output->n_jobs--;
	eval_job_free(job);
}

/* Writes from the front of the list as far as that is complete. */
static int advance(struct eval_output *output)
{
	struct eval_job *job;
	int err = 0;

	while (err == 0 && (job = TAILQ_FIRST(&output->jobs)) != NULL) {
		err = write_held(output, job, job->is_complete);
		if (!job->is_complete)
			break;
		forget(output, job);
	}
	return err;
}

void eval_output_free(struct eval_output *output)
{
	struct eval_job *job;
	int err = 0;

	if (output == NULL)
		return;
	while ((job = TAILQ_FIRST(&output->jobs)) != NULL) {
		if (err == 0 && output->is_ordered)
			err = write_held(output, job, true);
		forget(output, job);
	}
	free(output);
}

int eval_output_begin(struct eval_output *output, struct eval_job *job)
{
	if (output->is_ordered) {
		job->held = calloc(job->n_results + 1, sizeof(*job->held));
		if (job->held == NULL)
			return -ENOMEM;
	}
	TAILQ_INSERT_TAIL(&output->jobs, job, list);
	output->n_jobs++;
	return 0;
}

/* Takes `value`; place: where in the job's lines it belongs. */
static int give(struct eval_output *output, struct eval_job *job, size_t place, json_t *value)
{
	char *line = value != NULL ? json_to_line(value) : NULL;
	int err;

	json_decref(value);
	if (line == NULL)
		return -ENOMEM;
	if (!output->is_ordered) {
		err = write_line(output, line);
		free(line);
		return err;
	}
	if (place > job->n_results || job->held[place] != NULL) {
		free(line);
		return 0;
	}
	job->held[place] = line;
	output->held_bytes += strlen(line);
	return job == TAILQ_FIRST(&output->jobs) ? advance(output) : 0;
}

int eval_output_result(struct eval_output *output, struct eval_job *job, const assay_result *result)
{
	size_t suite = assay_result_number(result, ASSAY_RESULT_SUITE_INDEX);
	size_t place = eval_job_place(job, suite,
				      assay_result_number(result, ASSAY_RESULT_CANDIDATE_INDEX));
	json_t *object;

	if (eval_job_is_done(job, place))
		return 0;
	object = result_to_json(result);
	if (job->suites != NULL &&
	    json_object_set(object, "suite", json_array_get(job->suites, suite)) < 0) {
		json_decref(object);
		return -ENOMEM;
	}
	output->counts.results++;
	output->counts.verdicts[assay_result_verdict(result)]++;
	return give(output, job, place, object);
}

int eval_output_error(struct eval_output *output, struct eval_job *job, enum assay_error_code code,
		      const char *message, const char *field)
{
	output->counts.errors++;
	return give(output, job, job->n_results,
		    error_to_json(job->id, job->file, job->line, code, message, field));
}

int eval_output_end(struct eval_output *output, struct eval_job *job)
{
	if (!output->is_ordered) {
		forget(output, job);
		return 0;
	}
	job->is_complete = true;
	return job == TAILQ_FIRST(&output->jobs) ? advance(output) : 0;
}

bool eval_output_has_room(const struct eval_output *output)
{
	return !output->is_ordered ||
	       (output->n_jobs < HELD_JOBS_MAX && output->held_bytes < HELD_BYTES_MAX);
}

const struct eval_counts *eval_output_counts(const struct eval_output *output)
{
	return &output->counts;
}
