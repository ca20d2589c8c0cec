/*
 * assay: the command line. Options before the verb, then the verb, whose arguments are its own.
 *
 * Verbs are one table; each is a file cmd_<verb>.c with one argp. Exit statuses are those of
 * cli.h, also for wrong arguments (argp's own would be 64).
 *
 * Signals: SIGINT, SIGTERM and SIGHUP set a flag, so that what is finished is kept and a private
 * daemon is ended in order; whoever insists three times ends at once (and the private daemon with
 * us, because it holds the lifeline). SIGPIPE is ignored: a closed stdout is seen when writing.
 */
#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"

static const struct cli_verb verbs[] = {
	{"run", "judge one solution and print a report", cmd_run},
	{"eval", "judge JSON lines of tasks with candidates", cmd_eval},
	{"suite", "score samples on a task file such as HumanEval: pass@k", cmd_suite},
	{"loop", "loops of self-improvement: Reflexion, STaR, preference pairs", cmd_loop},
	{"status", "show what the daemon does", cmd_status},
	{"doctor", "examine this machine: what protects it, what is missing", cmd_doctor},
	{"policies", "list what each language may do; check a policy", cmd_policies},
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	if (++interrupted >= 3)
		_exit(CLI_INTERRUPTED);
}

static void install_signals(void)
{
	struct sigaction action = {.sa_handler = interrupt}; /* no SA_RESTART: waits end */

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

static void print_verbs(FILE *out)
{
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
}

static void print_short_help(FILE *out)
{
	fputs("Usage: assay [--connect ADDRESS] VERB ...\n"
	      "Judge generated code: run candidates against their tests in a locked box.\n\n",
	      out);
	print_verbs(out);
	fputs("\nExamples:\n"
	      "  assay run solution.py --tests tests.py\n"
	      "  assay eval tasks.jsonl.gz --out results.jsonl\n"
	      "  assay suite HumanEval.jsonl.gz samples.jsonl --k 1,10\n"
	      "  assay status\n\n"
	      "`assay VERB --help` tells more. Without a daemon to talk to, one is started for "
	      "the\n"
	      "command and ended with it.\n",
	      out);
}

/* Edits (insert, delete, replace, swap neighbours) between two short words. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][16], len_a = strlen(a), len_b = strlen(b);

	if (len_a > 15 || len_b > 15)
		return 16;
	for (size_t j = 0; j <= len_b; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			best = above[j] + 1 < best ? above[j] + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    above2[j - 2] + 1 < best)
				best = above2[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[len_a % 3][len_b];
}

static int fail_unknown_verb(const char *name)
{
	const struct cli_verb *nearest = NULL;
	size_t smallest = 3; /* further away is no misspelling */

	for (size_t i = 0; i < N_VERBS; i++) {
		size_t edits = distance(name, verbs[i].name);

		if (edits < smallest) {
			smallest = edits;
			nearest = &verbs[i];
		}
	}
	if (nearest != NULL)
		cli_error("there is no verb '%s'; did you mean '%s'?", name, nearest->name);
	else
		cli_error("there is no verb '%s'; the verbs are:", name);
	if (nearest == NULL)
		print_verbs(stderr);
	return CLI_USAGE;
}

static const struct cli_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* ------------------------------------------------------------------ options before the verb */

enum { OPTION_CONNECT = 256, OPTION_TOKEN_FILE };

static const struct argp_option option_list[] = {
	{"connect", OPTION_CONNECT, "ADDRESS", 0,
	 "The daemon's socket: unix:PATH, PATH or tcp:HOST:PORT (default: $ASSAY_ADDR, else the "
	 "user's, else the "
	 "system's, else a private daemon is started)",
	 0},
	{"token-file", OPTION_TOKEN_FILE, "FILE", 0,
	 "For tcp: the token is the last word of this file's first line (default: $ASSAY_TOKEN)",
	 0},
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0},
	{"version", 'V', NULL, 0, "Print the version", -1},
	{0},
};

struct global_arguments {
	struct cli_context *context;
	int verb_at; /* in argv; 0: none was given */
};

#define BLANKS " \t\r\n"

/* A line of the daemon's own file, "NAME TOKEN", will do, too. */
static void read_token(struct cli_context *context, const char *path, struct argp_state *state)
{
	static char line[512];
	FILE *file = fopen(path, "re");
	char *rest;
	const char *word;

	if (file == NULL)
		argp_failure(state, CLI_USAGE, errno, "--token-file: %s", path);
	if (fgets(line, sizeof(line), file) != NULL)
		for (word = strtok_r(line, BLANKS, &rest); word != NULL;
		     word = strtok_r(NULL, BLANKS, &rest))
			context->token = word;
	fclose(file);
	if (context->token == NULL)
		argp_error(state, "--token-file: %s holds no token", path);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct global_arguments *arguments = state->input;

	switch (key) {
	case OPTION_CONNECT:
		if (argument[0] == '\0')
			argp_error(state, "--connect: the address is empty");
		arguments->context->address = argument;
		return 0;
	case OPTION_TOKEN_FILE:
		read_token(arguments->context, argument, state);
		return 0;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case 'V':
		printf("assay %s\n", assay_version());
		exit(CLI_DONE);
	case ARGP_KEY_ARG:
		/* The rest belongs to the verb. */
		arguments->verb_at = state->next - 1;
		state->next = state->argc;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static char *filter_help(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&list, &size);
	if (out == NULL)
		return (char *)text;
	fputs("Verbs (`assay VERB --help` tells more):\n\n", out);
	print_verbs(out);
	fputs("\nExit status: 0 done (run: passed), 1 the candidate (or machine, or file) did not "
	      "pass, 2 wrong usage, 3 "
	      "no "
	      "daemon can be reached or started, 4 part of the input could not be used, 130 "
	      "interrupted.",
	      out);
	fclose(out);
	return list;
}

static const struct argp arguments_parser = {
	.options = option_list,
	.parser = parse_option,
	.args_doc = "VERB [ARGUMENT...]",
	.doc = "Judge generated code: run candidates against their tests in a locked box.\v ",
	.help_filter = filter_help,
};

/* ------------------------------------------------------------------ */

static int run_verb(struct cli_context *context, const struct cli_verb *verb, int argc, char **argv)
{
	char name[32];
	int status;

	snprintf(name, sizeof(name), "assay %s", verb->name);
	argv[0] = name;
	status = verb->run(context, argc, argv);
	cli_disconnect(context);
	if (fflush(stdout) != 0 && errno != EPIPE && status == CLI_DONE) {
		cli_error("cannot write to standard output: %s", strerror(errno));
		status = CLI_USAGE;
	}
	return status;
}

int main(int argc, char **argv)
{
	static char name[] = "assay";
	const char *no_color = getenv("NO_COLOR");
	struct cli_context context = {
		.interrupted = &interrupted,
		.color = isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0'),
	};
	struct global_arguments arguments = {.context = &context};
	const struct cli_verb *verb;

	setlocale(LC_CTYPE, "C.UTF-8"); /* for the width of table columns */
	json_object_seed(0);            /* before there are threads */
	argp_err_exit_status = CLI_USAGE;
	install_signals();
	argv[0] = name;
	argp_parse(&arguments_parser, argc, argv, ARGP_IN_ORDER, NULL, &arguments);
	if (arguments.verb_at == 0) {
		print_short_help(stderr);
		return CLI_USAGE;
	}
	verb = find_verb(argv[arguments.verb_at]);
	if (verb == NULL)
		return fail_unknown_verb(argv[arguments.verb_at]);
	return run_verb(&context, verb, argc - arguments.verb_at, argv + arguments.verb_at);
}
