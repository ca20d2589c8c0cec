/*
 * `assay suite`: scores solutions on a task file. Runs in `assay`.
 *
 * In order: arguments, files, results of an earlier run, only then the daemon; so that a misspelt
 * file name costs nothing. Results are kept in OUT.partial from the first one on, and OUT is
 * written when all are there. The summary goes to stdout, or to stderr if the results themselves
 * do.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/request_wishes.h"
#include "client/suite/judging.h"
#include "client/suite/results_file.h"
#include "client/suite/samples.h"
#include "client/suite/summary.h"
#include "client/suite/tasks.h"

#define KS_MAX 16

struct suite_options {
	const char *tasks_path;
	const char *samples_path; /* NULL with is_reference */
	const char *out;          /* as given; NULL: not given */
	bool is_reference;
	bool resume;
	bool quiet;
	size_t ks[KS_MAX];
	size_t n_ks;
	struct request_wishes wishes;
};

struct suite {
	struct cli_context *context;
	struct suite_options options;
	struct complaints complaints;
	struct tasks tasks;
	struct samples samples;
	const char *out; /* path of the result file, borrowed; NULL: none is written */
	struct partial *partial;
	double seconds;
	size_t n_now, n_unjudged;
};

/* ------------------------------------------------------------------ arguments */

enum option_key { OPTION_REFERENCE = 256, OPTION_RESUME };

static const struct argp_option option_table[] = {
	{"reference", OPTION_REFERENCE, NULL, 0, "Score the task file's own reference solutions",
	 0},
	{"k", 'k', "K[,K...]", 0, "The ks of pass@k (default 1,10,100)", 0},
	{"out", 'o', "FILE", 0,
	 "Where results go (default SAMPLES_results.jsonl; - is standard output)", 0},
	{"resume", OPTION_RESUME, NULL, 0, "Skip samples that an earlier run has judged", 0},
	{"quiet", 'q', NULL, 0, "No progress bar, and only the score", 0},
	{0},
};

static void parse_ks(struct suite_options *options, const char *text, struct argp_state *state)
{
	options->n_ks = 0;
	for (;;) {
		char *end;
		errno = 0;
		unsigned long k = strtoul(text, &end, 10);
		if (*text < '0' || *text > '9' || errno != 0 || k == 0 || k > 1000000)
			argp_error(state, "--k takes whole numbers above 0, like 1,10,100");
		if (options->n_ks == KS_MAX)
			argp_error(state, "--k takes at most %d numbers", KS_MAX);
		options->ks[options->n_ks++] = k;
		if (*end == '\0')
			return;
		if (*end != ',')
			argp_error(state, "--k takes whole numbers above 0, like 1,10,100");
		text = end + 1;
	}
}

static void take_path(struct suite_options *options, char *path, struct argp_state *state)
{
	if (!options->tasks_path)
		options->tasks_path = path;
	else if (!options->samples_path)
		options->samples_path = path;
	else
		argp_error(state, "at most two files: TASKS and SAMPLES");
}

/* What is wrong with the options together; NULL: nothing. */
static const char *options_problem(const struct suite_options *options)
{
	if (!options->tasks_path)
		return "TASKS is missing";
	if (options->is_reference && options->samples_path)
		return "either SAMPLES or --reference, not both";
	if (!options->is_reference && !options->samples_path)
		return "SAMPLES is missing (or --reference)";
	bool is_stdin = options->samples_path && strcmp(options->samples_path, "-") == 0;
	if (is_stdin && strcmp(options->tasks_path, "-") == 0)
		return "TASKS and SAMPLES cannot both be standard input";
	if (is_stdin && !options->out)
		return "samples from standard input need --out FILE";
	bool has_file = options->out ? strcmp(options->out, "-") != 0 : !options->is_reference;
	if (options->resume && !has_file)
		return "--resume needs the result file of an earlier run: --out FILE";
	return NULL;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct suite_options *options = state->input;
	const char *problem;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->wishes;
		return 0;
	case OPTION_REFERENCE:
		options->is_reference = true;
		return 0;
	case OPTION_RESUME:
		options->resume = true;
		return 0;
	case 'k':
		parse_ks(options, argument, state);
		return 0;
	case 'o':
		options->out = argument;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		take_path(options, argument, state);
		return 0;
	case ARGP_KEY_END:
		problem = options_problem(options);
		if (problem)
			argp_error(state, "%s", problem);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child shared_options[] = {{&request_wishes_argp, 0, NULL, 0}, {0}};

static const struct argp suite_argp = {
	.children = shared_options,
	.options = option_table,
	.parser = parse_option,
	.args_doc = "TASKS [SAMPLES]",
	.doc = "Scores solutions on a file of tasks and prints pass@k.\v"
	       "TASKS is a file of HumanEval, MBPP, HumanEval+, MBPP+ or assay's own tasks; "
	       "SAMPLES has lines "
	       "{\"task_id\": ..., \"completion\": ...}, if wished with the \"expected\" verdict. "
	       "Both may be .gz or - (standard input).\n\n"
	       "Exit status: 0 all scored, 1 a verdict is not what its sample's \"expected\" says, "
	       "2 usage, 3 no daemon, 4 some lines could not be used or "
	       "tasks have no sample, 130 interrupted.",
};

/* ------------------------------------------------------------------ files */

static int file_error(const char *path, int err)
{
	if (err == -ENOMEM)
		cli_error("not enough memory");
	else
		cli_error("%s: %s", path, err == -EBADMSG ? "damaged or cut off" : strerror(-err));
	return CLI_USAGE;
}

static int load_files(struct suite *suite)
{
	const struct suite_options *options = &suite->options;
	int err = tasks_load(options->tasks_path, &suite->complaints, &suite->tasks);
	if (err < 0)
		return file_error(options->tasks_path, err);
	if (err == 1)
		return CLI_BAD_INPUT;
	if (options->is_reference)
		err = samples_from_references(&suite->tasks, &suite->complaints, &suite->samples);
	else
		err = samples_load(options->samples_path, &suite->tasks, &suite->complaints,
				   &suite->samples);
	if (err < 0)
		return file_error(options->is_reference ? "" : options->samples_path, err);
	complain_rest(&suite->complaints);
	if (suite->samples.n == 0) {
		cli_error("%s: nothing to score",
			  options->is_reference ? options->tasks_path : options->samples_path);
		return CLI_BAD_INPUT;
	}
	return CLI_DONE;
}

static bool is_same_file(const char *left, const char *right)
{
	struct stat left_status, right_status;

	return left && right && stat(left, &left_status) == 0 && stat(right, &right_status) == 0 &&
	       S_ISREG(left_status.st_mode) && left_status.st_dev == right_status.st_dev &&
	       left_status.st_ino == right_status.st_ino;
}

/* Refuses to overwrite input, and takes over earlier results. */
static int check_out(struct suite *suite)
{
	const struct suite_options *options = &suite->options;
	if (!suite->out)
		return CLI_DONE;
	if (is_same_file(suite->out, options->tasks_path) ||
	    is_same_file(suite->out, options->samples_path)) {
		cli_error("%s: the results would replace an input file", suite->out);
		return CLI_USAGE;
	}
	if (strcmp(suite->out, "-") == 0)
		return CLI_DONE;
	int err = options->resume ? results_resume(suite->out, &suite->samples) : 0;
	return err < 0 ? file_error(suite->out, err) : CLI_DONE;
}

static int open_partial(struct suite *suite)
{
	struct stat status;
	if (!suite->out || strcmp(suite->out, "-") == 0)
		return CLI_DONE;
	if (stat(suite->out, &status) == 0 && !S_ISREG(status.st_mode))
		return CLI_DONE; /* a device or a pipe has no neighbours */
	int err = partial_open(suite->out, suite->options.resume, &suite->partial);
	return err < 0 ? file_error(suite->out, err) : CLI_DONE;
}

/* ------------------------------------------------------------------ the run */

static double now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(path, "-") == 0 ? "standard input" : slash ? slash + 1 : path;
}

static void explain_stop(const struct suite *suite, int err)
{
	size_t n_done = 0;

	for (size_t index = 0; index < suite->samples.n; index++)
		n_done += suite->samples.items[index].has_result;
	const char *why = err == -EINTR ? "interrupted" : "stopped";
	if (suite->partial)
		cli_error("%s with %zu of %zu judged; they are kept in %s.partial. To go on, give "
			  "the same command with --resume",
			  why, n_done, suite->samples.n, suite->out);
	else
		cli_error("%s with %zu of %zu judged", why, n_done, suite->samples.n);
}

static int judge(struct suite *suite)
{
	size_t n_left = 0;
	for (size_t index = 0; index < suite->samples.n; index++)
		n_left += !suite->samples.items[index].has_result;
	int status = n_left ? cli_connect(suite->context) : CLI_DONE;
	if (status == CLI_DONE)
		status = open_partial(suite);
	if (status != CLI_DONE)
		return status;
	struct judging judging = {
		.context = suite->context,
		.label = base_name(suite->options.tasks_path),
		.tasks = &suite->tasks,
		.samples = &suite->samples,
		.partial = suite->partial,
		.wishes = suite->options.wishes,
		.complaints = &suite->complaints,
	};
	double start = now_seconds();
	int err = n_left ? judging_run(&judging) : 0;
	suite->seconds = now_seconds() - start;
	suite->n_now = judging.n_now;
	suite->n_unjudged = judging.n_unjudged;
	if (err == 0)
		return CLI_DONE;
	if (err != -EINTR && err != -ECONNRESET)
		cli_error("%s", strerror(-err));
	explain_stop(suite, err);
	return err == -EINTR ? CLI_INTERRUPTED : CLI_NO_DAEMON;
}

static int print_summary(struct suite *suite)
{
	bool is_stdout_taken = suite->out && strcmp(suite->out, "-") == 0;
	FILE *out = is_stdout_taken ? stderr : stdout;
	struct winsize size = {0};
	char *title;
	if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) < 0)
		size.ws_col = 0;
	int len = suite->options.is_reference
			  ? asprintf(&title, "%s", base_name(suite->options.tasks_path))
			  : asprintf(&title, "%s on %s", base_name(suite->options.samples_path),
				     base_name(suite->options.tasks_path));
	if (len < 0)
		return -ENOMEM;
	struct summary_options options = {
		.title = title,
		.ks = suite->options.ks,
		.n_ks = suite->options.n_ks,
		.is_brief = suite->options.quiet,
		.has_color = suite->context->color && !is_stdout_taken,
		.width = size.ws_col,
		.seconds = suite->seconds,
		.n_now = suite->n_now,
		.path = is_stdout_taken ? NULL : suite->out,
	};
	int outcome =
		summary_print(out, &suite->tasks, &suite->samples, &options, &suite->complaints);
	free(title);
	return outcome;
}

static int finish(struct suite *suite)
{
	int err = suite->out ? results_write(suite->out, &suite->samples) : 0;
	if (err < 0) {
		file_error(suite->out, err);
		return CLI_USAGE;
	}
	partial_close(suite->partial, true);
	suite->partial = NULL;
	int outcome = print_summary(suite);
	if (outcome < 0) {
		cli_error("not enough memory");
		return CLI_USAGE;
	}
	bool all_used = outcome == 0 && suite->complaints.n == 0 && suite->n_unjudged == 0;
	if (!all_used)
		return CLI_BAD_INPUT;
	return samples_n_contradicted(&suite->samples) > 0 ? CLI_NOT_PASSED : CLI_DONE;
}

static int run(struct suite *suite)
{
	int status = load_files(suite);
	if (status == CLI_DONE)
		status = check_out(suite);
	if (status == CLI_DONE)
		status = judge(suite);
	return status == CLI_DONE ? finish(suite) : status;
}

int cmd_suite(struct cli_context *context, int argc, char **argv)
{
	struct suite suite = {
		.context = context,
		.options = {.ks = {1, 10, 100}, .n_ks = 3},
		.complaints = {.say = cli_error},
	};

	argp_err_exit_status = CLI_USAGE;
	if (argp_parse(&suite_argp, argc, argv, 0, NULL, &suite.options) != 0)
		return CLI_USAGE;
	context->quiet = suite.options.quiet;
	char *default_out = NULL;
	if (!suite.options.out && !suite.options.is_reference) {
		default_out = results_new_path(suite.options.samples_path);
		if (!default_out)
			return file_error("", -ENOMEM);
	}
	suite.out = default_out ? default_out : suite.options.out;
	int status = run(&suite);
	partial_close(suite.partial, false);
	free(default_out);
	samples_deinit(&suite.samples);
	tasks_deinit(&suite.tasks);
	return status;
}
