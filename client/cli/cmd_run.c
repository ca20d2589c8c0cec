/*
 * assay run: one solution, one file of tests, a report for a person. Runs in `assay`.
 *
 * What is not said is guessed from the files (guess.c): the kind of tests, and for `check` the
 * function under test. Status 0 if the candidate passed, 1 if it did not, for whatever reason: a
 * script that only looks at the status must not take "our fault" for a pass.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/flight.h"
#include "client/cli/guess.h"
#include "client/cli/report.h"
#include "client/cli/request_wishes.h"
#include "client/cli/result_json.h"

#define FILE_MAX_BYTES ((size_t)64 << 20)

struct run_arguments {
	const char *solution, *tests, *prompt; /* paths; "-" is standard input */
	const char *language, *entry_point;
	bool has_kind, as_json;
	enum test_kind kind;
	struct request_wishes wishes;
};

enum { OPTION_PROMPT = 256, OPTION_JSON };

static const struct argp_option option_list[] = {
	{"tests", 't', "FILE", 0, "The tests (required)", 0},
	{"kind", 'k', "KIND", 0,
	 "Kind of the tests: check, asserts, program, unittest or pytest (default: what FILE looks "
	 "like)",
	 0},
	{"entry-point", 'e', "NAME", 0,
	 "The function under test, for check (default: the last one defined)", 0},
	{"prompt", OPTION_PROMPT, "FILE", 0, "Code that precedes the solution", 0},
	{"language", 'l', "NAME", 0, "Language of the solution (default: python)", 0},
	{"json", OPTION_JSON, NULL, 0, "The result as JSON instead of a report", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct run_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->wishes;
		return 0;
	case 't':
		arguments->tests = argument;
		return 0;
	case 'k':
		if (test_kind_from_name(argument, &arguments->kind) < 0)
			argp_error(state,
				   "--kind: '%s' is none of check, asserts, program, unittest, "
				   "pytest",
				   argument);
		arguments->has_kind = true;
		return 0;
	case 'e':
		arguments->entry_point = argument;
		return 0;
	case OPTION_PROMPT:
		arguments->prompt = argument;
		return 0;
	case 'l':
		arguments->language = argument;
		return 0;
	case OPTION_JSON:
		arguments->as_json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->solution != NULL)
			argp_error(state, "'%s' is too much; run takes one solution", argument);
		arguments->solution = argument;
		return 0;
	case ARGP_KEY_END:
		if (arguments->solution == NULL)
			argp_error(state, "which solution? give its file");
		if (arguments->tests == NULL)
			argp_error(state, "which tests? give --tests FILE");
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
	.args_doc = "SOLUTION --tests FILE",
	.doc = "Judge one SOLUTION (a file, - is standard input) and print a report.\v"
	       "Kinds of tests: check defines check(candidate), which is called with the function "
	       "under test; asserts are one test each; unittest and pytest files are run by these "
	       "frameworks, each method or function a test; a program is appended to the solution "
	       "and must end by itself with status 0.\n\n"
	       "Exit status: 0 it passed, 1 it did not.",
};

/* ------------------------------------------------------------------ files */

struct text {
	char *bytes; /* NULL: none was asked for */
	size_t len;
};

static int read_all(int fd, struct text *text)
{
	size_t capacity = 64 << 10;
	char *bytes = malloc(capacity);

	text->len = 0;
	text->bytes = bytes;
	while (bytes != NULL) {
		ssize_t got = read(fd, bytes + text->len, capacity - text->len);

		if (got <= 0)
			return got < 0 ? -errno : 0;
		text->len += (size_t)got;
		if (text->len > FILE_MAX_BYTES)
			return -EFBIG;
		if (text->len < capacity)
			continue;
		capacity *= 2;
		bytes = realloc(text->bytes, capacity);
		if (bytes != NULL)
			text->bytes = bytes;
	}
	return -ENOMEM;
}

/* A failure is told. path NULL: nothing to read. */
static int read_text(const struct cli_context *context, const char *path, struct text *text)
{
	bool is_standard_input = path != NULL && strcmp(path, "-") == 0;
	int fd, err;

	if (path == NULL)
		return CLI_DONE;
	fd = is_standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : read_all(fd, text);
	if (fd >= 0 && !is_standard_input)
		close(fd);
	if (err == 0)
		return CLI_DONE;
	if (err == -EINTR && *context->interrupted)
		return CLI_INTERRUPTED;
	cli_error("cannot read %s: %s", path, strerror(-err));
	return CLI_USAGE;
}

struct run_files {
	struct text solution, tests, prompt;
};

static int read_files(const struct cli_context *context, const struct run_arguments *arguments,
		      struct run_files *files)
{
	int status;

	if (strcmp(arguments->solution, "-") == 0 && strcmp(arguments->tests, "-") == 0) {
		cli_error("solution and tests cannot both be standard input");
		return CLI_USAGE;
	}
	status = read_text(context, arguments->solution, &files->solution);
	if (status == CLI_DONE)
		status = read_text(context, arguments->tests, &files->tests);
	if (status == CLI_DONE)
		status = read_text(context, arguments->prompt, &files->prompt);
	return status;
}

/* ------------------------------------------------------------------ the request */

/* 0, or -EINVAL when it is needed, not given and cannot be guessed. */
static int set_entry_point(const struct run_arguments *arguments, const struct run_files *files,
			   assay_request *request)
{
	const char *name = arguments->entry_point;
	size_t len = name != NULL ? strlen(name) : 0;

	/* With a prompt the solution may be a mere body, or bring helpers of its own. */
	if (name == NULL && files->prompt.bytes != NULL)
		len = guess_entry_point(files->prompt.bytes, files->prompt.len, &name);
	if (name == NULL)
		len = guess_entry_point(files->solution.bytes, files->solution.len, &name);
	if (len == 0)
		return arguments->kind == TEST_KIND_CHECK ? -EINVAL : 0;
	return assay_request_set_text(request, ASSAY_REQUEST_ENTRY_POINT, name, len);
}

static int set_tests(enum test_kind kind, const struct text *tests, assay_request *request,
		     size_t *line)
{
	switch (kind) {
	case TEST_KIND_CHECK:
		return assay_request_set_check(request, tests->bytes, tests->len);
	case TEST_KIND_ASSERTS:
		return set_asserts_from_source(request, tests->bytes, tests->len, line);
	case TEST_KIND_UNITTEST:
		return assay_request_set_unittest(request, tests->bytes, tests->len);
	case TEST_KIND_PYTEST:
		return assay_request_set_pytest(request, tests->bytes, tests->len);
	default:
		return assay_request_set_program(request, tests->bytes, tests->len);
	}
}

/* Tests may import the solution by the name of its file. */
static int set_module(const char *path, assay_request *request)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t len = strcspn(name, ".");

	if (strcmp(name + len, ".py") != 0)
		return 0;
	return assay_request_set_text(request, ASSAY_REQUEST_MODULE, name, len);
}

static int fill_request(const struct run_arguments *arguments, const struct run_files *files,
			assay_request *request)
{
	size_t line = 0;
	int err = set_entry_point(arguments, files, request);

	if (err == -EINVAL) {
		cli_error("which function is tested? %s defines none at its top; give "
			  "--entry-point NAME",
			  arguments->solution);
		return CLI_USAGE;
	}
	if (err == 0)
		err = set_tests(arguments->kind, &files->tests, request, &line);
	if (err == -EINVAL && line > 0) {
		cli_error("%s, line %zu is no assert; try --kind program", arguments->tests, line);
		return CLI_USAGE;
	}
	if (err == 0)
		err = set_module(arguments->solution, request);
	if (err == 0)
		err = request_wishes_apply(&arguments->wishes, request);
	if (err == 0)
		err = assay_request_set_text(request, ASSAY_REQUEST_ID, "run", strlen("run"));
	if (err == 0 && files->prompt.bytes != NULL)
		err = assay_request_set_text(request, ASSAY_REQUEST_PROMPT, files->prompt.bytes,
					     files->prompt.len);
	if (err == 0)
		err = assay_request_add_candidate(request, "0", files->solution.bytes,
						  files->solution.len);
	if (err >= 0)
		return CLI_DONE;
	cli_error("cannot make the request: %s", strerror(-err));
	return CLI_USAGE;
}

/* ------------------------------------------------------------------ the answer */

static int show(const struct cli_context *context, const struct run_arguments *arguments,
		const assay_result *result)
{
	bool has_passed = assay_result_verdict(result) == ASSAY_PASSED;

	if (arguments->as_json) {
		json_t *object = result_to_json(result);
		char *line = object != NULL ? json_to_line(object) : NULL;

		if (line != NULL)
			puts(line);
		free(line);
		json_decref(object);
	} else {
		report_print(stdout, result, arguments->solution, context->color);
		if (!arguments->has_kind)
			printf("%-11s %s (guessed; --kind says otherwise)\n", "tests",
			       test_kind_name(arguments->kind));
	}
	return has_passed ? CLI_DONE : CLI_NOT_PASSED;
}

static int fail_refused(const struct flight_answer *answer)
{
	bool is_input = answer->code == ASSAY_ERROR_INVALID_REQUEST ||
			answer->code == ASSAY_ERROR_TOO_LARGE ||
			answer->code == ASSAY_ERROR_UNKNOWN_LANGUAGE;

	cli_error("the daemon refused: %s%s%s: %s", assay_error_name(answer->code),
		  answer->field[0] != '\0' ? " in " : "", answer->field, answer->message);
	return is_input ? CLI_BAD_INPUT : CLI_NO_DAEMON;
}

static int fail_waiting(int err)
{
	if (err == -EINTR)
		return CLI_INTERRUPTED;
	if (err != -ECONNRESET) /* that one has been told */
		cli_error("no answer: %s", strerror(-err));
	return CLI_NO_DAEMON;
}

/* Takes the request. */
static int judge(struct cli_context *context, const struct run_arguments *arguments,
		 assay_request *request)
{
	struct flight *flight = flight_new(context, 1);
	struct flight_answer answer = {.type = FLIGHT_WOKEN};
	int status = CLI_NO_DAEMON;
	int err = -ENOMEM;

	if (flight == NULL)
		assay_request_free(request);
	else
		err = flight_push(flight, request, 0, NULL);
	while (err == 0 && answer.type != FLIGHT_DONE && answer.type != FLIGHT_REFUSED) {
		err = flight_next(flight, -1, &answer);
		if (err == 0 && answer.type == FLIGHT_RESULT)
			status = show(context, arguments, answer.result);
	}
	if (err < 0)
		status = fail_waiting(err);
	else if (answer.type == FLIGHT_REFUSED)
		status = fail_refused(&answer);
	flight_free(flight);
	return status;
}

static int run(struct cli_context *context, const struct run_arguments *arguments,
	       const struct run_files *files)
{
	assay_request *request = assay_request_new(arguments->language);
	int status;

	if (request == NULL) {
		cli_error("out of memory");
		return CLI_NO_DAEMON;
	}
	status = fill_request(arguments, files, request);
	if (status == CLI_DONE)
		status = cli_connect(context);
	if (status == CLI_DONE)
		return judge(context, arguments, request);
	assay_request_free(request);
	return status;
}

int cmd_run(struct cli_context *context, int argc, char **argv)
{
	struct run_arguments arguments = {.language = "python"};
	struct run_files files = {0};
	int status;

	argp_parse(&arguments_parser, argc, argv, 0, NULL, &arguments);
	status = read_files(context, &arguments, &files);
	if (status == CLI_DONE && !arguments.has_kind)
		arguments.kind = guess_test_kind(files.tests.bytes, files.tests.len);
	if (status == CLI_DONE)
		status = run(context, &arguments, &files);
	free(files.solution.bytes);
	free(files.tests.bytes);
	free(files.prompt.bytes);
	return status;
}
