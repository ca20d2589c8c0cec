/*
 * A loop's run, training, and again with the new model. Part of `assay loop`.
 */
#include "client/loops/iterations.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/cli/result_json.h"
#include "client/loops/journal.h"
#include "client/loops/training_command.h"
#include "client/suite/lines.h"

#define PATH_BYTES_MAX 4096

struct course {
	const struct iterations *iterations;
	char state_path[PATH_BYTES_MAX], out_path[PATH_BYTES_MAX], train_path[PATH_BYTES_MAX];
	uint32_t n_trained;
	struct training_told told; /* what to ask now */
};

/* ---------------------------------------------------------------- what was trained before */

static void keep_told(struct training_told *told, const struct training_told *news)
{
	if (news->model[0] != '\0')
		snprintf(told->model, sizeof(told->model), "%s", news->model);
	if (news->model_url[0] != '\0')
		snprintf(told->model_url, sizeof(told->model_url), "%s", news->model_url);
}

static void take_line(struct course *course, const char *text, size_t len)
{
	json_t *line = json_loadb(text, len, 0, NULL);
	const json_int_t number = json_integer_value(json_object_get(line, "iteration"));
	const char *model = json_string_value(json_object_get(line, "model"));
	const char *url = json_string_value(json_object_get(line, "model_url"));
	struct training_told told = {0};

	snprintf(told.model, sizeof(told.model), "%s", model != NULL ? model : "");
	snprintf(told.model_url, sizeof(told.model_url), "%s", url != NULL ? url : "");
	keep_told(&course->told, &told);
	if (number == (json_int_t)course->n_trained + 1)
		course->n_trained++;
	json_decref(line);
}

static int load(struct course *course)
{
	struct lines *lines = NULL;
	size_t len;
	char *text;
	int err = journal_cut_unfinished(course->state_path);

	if (err == 0)
		err = lines_open(course->state_path, &lines);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	while ((err = lines_next(lines, &text, &len)) == 0)
		take_line(course, text, len);
	lines_close(lines);
	return err < 0 ? err : 0;
}

static int save(const struct course *course, uint32_t number, const struct training_told *told)
{
	json_t *object = json_pack("{sIssss}", "iteration", (json_int_t)number, "model",
				   told->model, "model_url", told->model_url);
	char *line = object != NULL ? json_to_line(object) : NULL;
	FILE *file = fopen(course->state_path, number > 1 ? "ae" : "we");
	int err = line == NULL ? -ENOMEM : 0;

	if (file == NULL || (err == 0 && fprintf(file, "%s\n", line) < 0))
		err = -errno;
	if (file != NULL && fclose(file) != 0 && err == 0)
		err = -errno;
	free(line);
	json_decref(object);
	return err;
}

/* ---------------------------------------------------------------- one iteration */

static int run(struct course *course, uint32_t number, size_t *n_lines)
{
	const struct iterations *iterations = course->iterations;
	const struct training_told *told = &course->told;
	const struct iteration iteration = {
		.number = number,
		.out_path = course->out_path,
		.train_path = course->train_path,
		.model = told->model[0] != '\0' ? told->model : NULL,
		.model_url = told->model_url[0] != '\0' ? told->model_url : NULL,
	};

	snprintf(course->out_path, sizeof(course->out_path), "%s.%" PRIu32, iterations->out_path,
		 number);
	snprintf(course->train_path, sizeof(course->train_path), "%s.%" PRIu32,
		 iterations->train_path, number);
	if (!iterations->is_quiet)
		fprintf(stderr, "assay: iteration %" PRIu32 " of %" PRIu32 "\n", number,
			iterations->n);
	return iterations->run(iterations->owner, &iteration, n_lines);
}

static int train(struct course *course, uint32_t number)
{
	const struct iterations *iterations = course->iterations;
	struct training_told told = {0};
	int err = training_command_run(iterations->command, course->train_path, number,
				       iterations->interrupted, &told);

	if (err == -EINTR) {
		fputs("assay: interrupted; the training was ended, and --resume begins it again\n",
		      stderr);
		return CLI_INTERRUPTED;
	}
	if (err < 0)
		cli_error("cannot train: %s", strerror(-err));
	else if (err > 0)
		cli_error("the training after iteration %" PRIu32
			  " ended with status %d; --resume begins it again",
			  number, err);
	if (err != 0)
		return CLI_USAGE;
	keep_told(&course->told, &told);
	err = save(course, number, &told);
	if (err < 0)
		cli_error("cannot write %s: %s", course->state_path, strerror(-err));
	return err < 0 ? CLI_USAGE : CLI_DONE;
}

int iterations_run(const struct iterations *iterations)
{
	struct course course = {.iterations = iterations};
	int worst = CLI_DONE, err = 0;

	snprintf(course.state_path, sizeof(course.state_path), "%s.iterations",
		 iterations->out_path);
	if (iterations->is_resumed)
		err = load(&course);
	if (err < 0) {
		cli_error("cannot read %s: %s", course.state_path, strerror(-err));
		return CLI_USAGE;
	}
	for (uint32_t number = course.n_trained + 1; number <= iterations->n; number++) {
		size_t n_lines = 0;
		int status = run(&course, number, &n_lines);

		if (status == CLI_BAD_INPUT)
			worst = status;
		else if (status != CLI_DONE)
			return status;
		if (n_lines == 0) {
			cli_error("nothing was kept: there is nothing to train on");
			return CLI_BAD_INPUT;
		}
		status = train(&course, number);
		if (status != CLI_DONE)
			return status;
	}
	return worst;
}
