/*
 * assay eval: JSON lines in, JSON lines out. Runs in `assay`.
 *
 * Three parts: eval_input reads and parses ahead in a thread, flight keeps requests going, and
 * eval_output writes. This file has the options and the loop between the three. All queues are
 * bounded, so endless input takes constant memory.
 *
 * A line that cannot be used gets an error line and exit status 4, the others go on. When the
 * reader of our output goes away (a closed pipe) that is the end, without a complaint. On Ctrl-C
 * everything finished has been written already, or is written now if it was held back for order.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/eval_input.h"
#include "client/cli/eval_output.h"
#include "client/cli/eval_resume.h"
#include "client/cli/flight.h"
#include "client/cli/option_number.h"
#include "client/cli/request_wishes.h"
#include "client/suite/progress.h"

#define IN_FLIGHT_MAX 1000000

struct eval_arguments {
	char **files; /* borrowed from argv; "-" is standard input */
	size_t n_files;
	const char *out_path; /* NULL: standard output */
	bool is_ordered, is_resumed, is_quiet;
	size_t n_in_flight;
	struct request_wishes wishes;
};

enum { OPTION_ORDERED = 256, OPTION_RESUME };

static const struct argp_option option_list[] = {
	{"out", 'o', "FILE", 0, "Write the results to FILE instead of standard output", 0},
	{"resume", OPTION_RESUME, NULL, 0,
	 "Go on with --out FILE: leave out candidates that it has results for", 0},
	{"ordered", OPTION_ORDERED, NULL, 0,
	 "Write results in the order of the input, not as they finish", 0},
	{"jobs", 'j', "N", 0, "Candidates in flight at one time (default 4 x slots + 64)", 0},
	{"quiet", 'q', NULL, 0, "No progress bar and no summary", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct eval_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->wishes;
		return 0;
	case 'o':
		arguments->out_path = argument;
		return 0;
	case OPTION_RESUME:
		arguments->is_resumed = true;
		return 0;
	case OPTION_ORDERED:
		arguments->is_ordered = true;
		return 0;
	case 'q':
		arguments->is_quiet = true;
		return 0;
	case 'j':
		arguments->n_in_flight =
			option_number_whole(argument, 1, IN_FLIGHT_MAX, state, "--jobs");
		return 0;
	case ARGP_KEY_ARGS:
		arguments->files = state->argv + state->next;
		arguments->n_files = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_END:
		if (arguments->is_resumed && arguments->out_path == NULL)
			argp_error(state, "--resume needs --out FILE");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child shared_options[] = {{&request_wishes_argp, 0, NULL, 0}, {0}};

static const struct argp arguments_parser = {
	.options = option_list,
	.parser = parse_option,
	.children = shared_options,
	.args_doc = "[FILE...]",
	.doc = "Judge the candidates in FILEs of JSON lines (.gz too; - or none: standard input) "
	       "and "
	       "write one JSON line a candidate.\v"
	       "A line of the input is a task with its tests and candidates:\n\n"
	       "  {\"id\": \"add\", \"language\": \"python\", \"entry_point\": \"add\",\n"
	       "   \"tests\": {\"asserts\": [\"assert add(1, 2) == 3\"]},\n"
	       "   \"candidates\": [{\"id\": \"a\", \"code\": \"def add(a, b): return a + "
	       "b\"}]}\n\n"
	       "With \"suites\": [{\"id\": \"s\", \"tests\": {...}}, ...] instead of \"tests\" "
	       "every candidate "
	       "is judged on every suite, and each line of the output names its \"suite\".\n\n"
	       "Exit status: 0 all lines were judged, 4 some could not be used, 130 interrupted "
	       "(what is finished is kept).",
};

/* What the loop works with. */
struct evaluation {
	struct cli_context *context;
	struct eval_arguments arguments;
	struct eval_resume *resume;
	FILE *out;
	struct eval_input *input;
	struct eval_output *output;
	struct flight *flight;
	struct progress *progress;
	struct timespec start;
};

static int check_files(const struct eval_arguments *arguments)
{
	for (size_t i = 0; i < arguments->n_files; i++) {
		if (strcmp(arguments->files[i], "-") == 0)
			continue;
		if (access(arguments->files[i], R_OK) < 0) {
			cli_error("cannot read %s: %s", arguments->files[i], strerror(errno));
			return CLI_USAGE;
		}
	}
	return CLI_DONE;
}

static int open_output(struct evaluation *evaluation)
{
	const struct eval_arguments *arguments = &evaluation->arguments;
	const char *path = arguments->out_path;
	size_t line;
	int err;

	evaluation->out = stdout;
	if (path == NULL)
		return CLI_DONE;
	if (arguments->is_resumed) {
		err = eval_resume_load(path, &evaluation->resume, &line);
		if (err == -EINVAL)
			cli_error("%s, line %zu is no result of assay: nothing to resume; is it "
				  "the right file?",
				  path, line);
		else if (err < 0)
			cli_error("cannot resume from %s: %s", path, strerror(-err));
		if (err < 0)
			return CLI_USAGE;
	}
	evaluation->out = fopen(path, arguments->is_resumed ? "ae" : "we");
	if (evaluation->out == NULL) {
		cli_error("cannot write %s: %s", path, strerror(errno));
		evaluation->out = stdout;
		return CLI_USAGE;
	}
	return CLI_DONE;
}

static bool is_already_judged(void *owner, const char *id, const char *candidate, const char *suite)
{
	return eval_resume_claim(owner, id, candidate, suite);
}

static int start(struct evaluation *evaluation)
{
	static char standard_input[] = "-";
	static char *only_standard_input[] = {standard_input};
	struct eval_arguments *arguments = &evaluation->arguments;
	struct request_options options = {.wishes = arguments->wishes};
	int err;

	if (arguments->n_files == 0) {
		arguments->files = only_standard_input;
		arguments->n_files = 1;
		if (isatty(STDIN_FILENO) && !arguments->is_quiet)
			fputs("assay: reading tasks from the terminal, one JSON object a line\n",
			      stderr);
	}
	if (evaluation->resume != NULL) {
		options.skip = is_already_judged;
		options.owner = evaluation->resume;
	}
	evaluation->output = eval_output_new(evaluation->out, arguments->is_ordered);
	evaluation->flight = flight_new(evaluation->context, arguments->n_in_flight);
	if (evaluation->output == NULL || evaluation->flight == NULL)
		return -ENOMEM;
	err = eval_input_start(arguments->files, arguments->n_files, &options, &evaluation->input);
	if (err == 0 && !arguments->is_quiet)
		evaluation->progress = progress_new("eval", 0);
	return err;
}

/* Takes the job. */
static int begin_job(struct evaluation *evaluation, struct eval_job *job)
{
	size_t bytes = job->bytes;
	int err = eval_output_begin(evaluation->output, job);

	if (err < 0) {
		eval_job_free(job);
		return err;
	}
	if (job->request != NULL) {
		assay_request *request = job->request;

		job->request = NULL;
		return flight_push(evaluation->flight, request, bytes, job);
	}
	if (job->error.message[0] != '\0')
		err = eval_output_error(evaluation->output, job, ASSAY_ERROR_INVALID_REQUEST,
					job->error.message, job->error.field);
	return err < 0 ? err : eval_output_end(evaluation->output, job);
}

static bool has_room(const struct evaluation *evaluation)
{
	return flight_has_room(evaluation->flight) && eval_output_has_room(evaluation->output);
}

/* Starts what there is room for. *wake_fd: tells when there is more, -1: no matter. */
static int begin_jobs(struct evaluation *evaluation, int *wake_fd)
{
	struct eval_job *job;

	*wake_fd = -1;
	while (has_room(evaluation)) {
		int err;

		job = eval_input_take(evaluation->input);
		if (job == NULL) {
			if (!eval_input_has_ended(evaluation->input))
				*wake_fd = eval_input_fd(evaluation->input);
			return 0;
		}
		err = begin_job(evaluation, job);
		if (err < 0)
			return err;
	}
	return 0;
}

static int handle(struct evaluation *evaluation, const struct flight_answer *answer)
{
	const struct eval_counts *counts = eval_output_counts(evaluation->output);
	int err = 0;

	if (answer->type == FLIGHT_WOKEN)
		return 0;
	if (answer->type == FLIGHT_RESULT)
		err = eval_output_result(evaluation->output, answer->owner, answer->result);
	if (answer->type == FLIGHT_REFUSED)
		err = eval_output_error(evaluation->output, answer->owner, answer->code,
					answer->message, answer->field);
	if (answer->type != FLIGHT_RESULT && err == 0)
		err = eval_output_end(evaluation->output, answer->owner);
	progress_update(evaluation->progress, counts->results, counts->verdicts[ASSAY_PASSED]);
	return err;
}

/* 0: everything was judged; -EINTR; -ECONNRESET: the daemon is gone; other: of writing. */
static int evaluate(struct evaluation *evaluation)
{
	for (;;) {
		struct flight_answer answer;
		int wake_fd, err = begin_jobs(evaluation, &wake_fd);

		if (err == 0)
			err = flight_next(evaluation->flight, wake_fd, &answer);
		if (err == -ENODATA)
			return 0;
		if (err == 0)
			err = handle(evaluation, &answer);
		if (err < 0)
			return err;
	}
}

static void print_verdicts(const struct eval_counts *counts)
{
	const char *separator = ": ";

	for (size_t i = 0; i <= ASSAY_INFRA; i++) {
		if (counts->verdicts[i] == 0)
			continue;
		fprintf(stderr, "%s%" PRIu64 " %s", separator, counts->verdicts[i],
			assay_verdict_name((enum assay_verdict)i));
		separator = ", ";
	}
}

static void print_summary(const struct evaluation *evaluation, const char *opening)
{
	const struct eval_counts *counts = eval_output_counts(evaluation->output);
	struct timespec now;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &now);
	seconds = (double)(now.tv_sec - evaluation->start.tv_sec) +
		  (double)(now.tv_nsec - evaluation->start.tv_nsec) / 1e9;
	fprintf(stderr, "assay: %s%" PRIu64 " result%s in %.1f s", opening, counts->results,
		counts->results == 1 ? "" : "s", seconds);
	if (counts->results > 0 && seconds > 0)
		fprintf(stderr, " (%.0f/s)", (double)counts->results / seconds);
	print_verdicts(counts);
	if (counts->errors > 0)
		fprintf(stderr, "; %" PRIu64 " line%s could not be used", counts->errors,
			counts->errors == 1 ? "" : "s");
	if (evaluation->resume != NULL && eval_resume_n_results(evaluation->resume) > 0)
		fprintf(stderr, "; %zu were there before",
			eval_resume_n_results(evaluation->resume));
	fputc('\n', stderr);
}

/* The status, and what is to be said about it. */
static int conclude(const struct evaluation *evaluation, int err)
{
	const struct eval_counts *counts = eval_output_counts(evaluation->output);

	if (err == -EPIPE)
		return CLI_INTERRUPTED; /* whoever read the results has gone before the end */
	if (err == -EINTR)
		print_summary(evaluation, "interrupted; kept: ");
	else if (err < 0 && err != -ECONNRESET)
		cli_error("cannot go on: %s", strerror(-err));
	else if (!evaluation->arguments.is_quiet)
		print_summary(evaluation, err < 0 ? "kept: " : "");
	if (evaluation->resume != NULL && eval_resume_is_ambiguous(evaluation->resume))
		fputs("assay: warning: several candidates have the same id and candidate; --resume "
		      "cannot tell them apart\n",
		      stderr);
	if (err == -EINTR)
		return CLI_INTERRUPTED;
	if (err == -ECONNRESET)
		return CLI_NO_DAEMON;
	if (err < 0)
		return CLI_USAGE;
	return counts->errors > 0 ? CLI_BAD_INPUT : CLI_DONE;
}

static int run(struct evaluation *evaluation)
{
	int err = start(evaluation);

	if (err < 0) {
		cli_error("cannot start: %s", strerror(-err));
		return CLI_NO_DAEMON;
	}
	err = evaluate(evaluation);
	progress_free(evaluation->progress);
	evaluation->progress = NULL;
	eval_input_stop(evaluation->input);
	evaluation->input = NULL;
	return conclude(evaluation, err);
}

int cmd_eval(struct cli_context *context, int argc, char **argv)
{
	struct evaluation evaluation = {.context = context};
	int status;

	argp_parse(&arguments_parser, argc, argv, 0, NULL, &evaluation.arguments);
	context->quiet = evaluation.arguments.is_quiet;
	clock_gettime(CLOCK_MONOTONIC, &evaluation.start);
	status = check_files(&evaluation.arguments);
	if (status == CLI_DONE)
		status = open_output(&evaluation);
	if (status == CLI_DONE)
		status = cli_connect(context);
	if (status == CLI_DONE)
		status = run(&evaluation);
	eval_input_stop(evaluation.input);
	flight_free(evaluation.flight);
	eval_output_free(evaluation.output);
	eval_resume_free(evaluation.resume);
	if (evaluation.out != NULL && evaluation.out != stdout && fclose(evaluation.out) != 0 &&
	    status == CLI_DONE) {
		cli_error("cannot write %s: %s", evaluation.arguments.out_path, strerror(errno));
		status = CLI_USAGE;
	}
	return status;
}
