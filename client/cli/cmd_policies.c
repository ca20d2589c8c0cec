/*
 * assay policies: what each language may do; and whether a file of an administrator's would be
 * taken. Runs in `assay`.
 *
 * assayd tells (assayd_report.c): its policies after all inheritance, the groups of system calls
 * with the reasons that the profile gives, and how many calls that leaves. This makes a page of it.
 */
#include <argp.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/assayd_report.h"
#include "client/cli/cli.h"
#include "client/cli/json_text.h"
#include "client/cli/terminal.h"

#define LABEL_WIDTH 14
#define LINE_WIDTH 96
#define MIB 1048576.0

struct policies_arguments {
	struct assayd_question question;
	char **words;
	size_t n_words;
};

static const struct argp_child children[] = {{.argp = &assayd_options}, {0}};

static error_t parse_words(int key, char *argument, struct argp_state *state)
{
	struct policies_arguments *arguments = state->input;

	(void)argument;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->question;
		return 0;
	case ARGP_KEY_ARGS:
		arguments->words = state->argv + state->next;
		arguments->n_words = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_END:
		if (arguments->n_words > 0 && strcmp(arguments->words[0], "check") != 0)
			argp_error(state, "'%s' is not known; there is: check FILE...",
				   arguments->words[0]);
		else if (arguments->n_words == 1)
			argp_error(state, "check: a FILE is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp arguments_parser = {
	.parser = parse_words,
	.children = children,
	.args_doc = "\ncheck FILE...",
	.doc = "List what each language may do: limits, mounts, imports, required layers of "
	       "isolation, and which system calls of how many, with the reasons. With `check`: "
	       "whether files would be taken as a policy (YAML) or as a profile of system calls "
	       "(JSON, as Docker and other OCI runtimes have it)."
	       "\vExit status of check: 1 if a file would be refused.",
};

/* ------------------------------------------------------------------ listing */

static json_int_t number_of(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

static void print_label(const char *label)
{
	printf("  %-*s ", LABEL_WIDTH, label);
}

/* Texts, wrapped below their label. */
static void print_words(const char *label, const json_t *texts, const char *separator)
{
	size_t column = 0;
	const json_t *text;
	size_t i;

	print_label(label);
	json_array_foreach(texts, i, text)
	{
		const size_t len = json_string_length(text) + strlen(separator);
		const bool is_new_line = column > 0 && LABEL_WIDTH + 3 + column + len > LINE_WIDTH;

		/* Not the blank of a separator at the end of a line. */
		printf("%.*s", i > 0 ? (int)strlen(separator) - is_new_line : 0, separator);
		if (is_new_line) {
			printf("\n%*s", LABEL_WIDTH + 3, "");
			column = 0;
		}
		terminal_write(stdout, json_string_value(text), json_string_length(text), -1);
		column += len;
	}
	putchar('\n');
}

static void print_list(const char *label, const json_t *texts)
{
	print_words(label, texts, ", ");
}

static void print_limits(const char *label, const json_t *limits)
{
	print_label(label);
	printf("%.1f s CPU, %.1f s in all, %.0f MiB, %.0f KiB of output, %" JSON_INTEGER_FORMAT
	       " processes\n",
	       (double)number_of(limits, "cpu_ms") / 1e3,
	       (double)number_of(limits, "wall_ms") / 1e3,
	       (double)number_of(limits, "memory_bytes") / MIB,
	       (double)number_of(limits, "output_bytes") / 1024, number_of(limits, "processes"));
}

/* A command as it is written, wrapped below its label. */
static void print_compiler(const json_t *compiler)
{
	if (!json_is_object(compiler))
		return;
	print_words("compiler", json_object_get(compiler, "command"), " ");
	print_words("linked with", json_object_get(compiler, "link"), " ");
	print_label("source");
	json_write_text(compiler, "source", -1);
	putchar('\n');
	print_limits("compiling", json_object_get(compiler, "limits"));
}

static void print_mounts(const json_t *mounts)
{
	const json_t *mount;
	size_t i;

	json_array_foreach(mounts, i, mount)
	{
		const char *kind = json_text(mount, "kind");

		print_label(i == 0 ? "mounts" : "");
		printf("%-8s ", kind);
		json_write_text(mount, "target", -1);
		if (strcmp(kind, "tmpfs") == 0) {
			printf(", %.0f MiB", (double)number_of(mount, "size_bytes") / MIB);
		} else if (json_object_get(mount, "source") != NULL) {
			fputs(" from ", stdout);
			json_write_text(mount, "source", -1);
		}
		putchar('\n');
	}
}

static void print_calls(const json_t *calls)
{
	const json_t *group;
	size_t i;

	print_label("system calls");
	printf("%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
	       " can be reached, %" JSON_INTEGER_FORMAT " of them with certain arguments only\n",
	       number_of(calls, "reachable"), number_of(calls, "known"),
	       number_of(calls, "conditional"));
	json_array_foreach(json_object_get(calls, "groups"), i, group)
	{
		const char *action = json_text(group, "action");
		const bool is_allowed = strcmp(action, "SCMP_ACT_ALLOW") == 0;

		print_label("");
		printf("%3zu %s%s: ", json_array_size(json_object_get(group, "names")),
		       is_allowed ? "allowed" : "refused",
		       json_is_true(json_object_get(group, "has_conditions")) ? " by argument"
									      : "");
		json_write_text(group, "reason", -1);
		putchar('\n');
	}
}

static void print_policy(const json_t *policy, bool color)
{
	const json_t *cell = json_object_get(policy, "cell");

	terminal_color_start(stdout, color, TERMINAL_BOLD);
	json_write_text(policy, "language", -1);
	terminal_color_end(stdout, color);
	printf(" (policy ");
	json_write_text(policy, "name", -1);
	printf(", runtime ");
	json_write_text(policy, "runtime", -1);
	puts(")");
	print_limits("limits", json_object_get(policy, "default_limits"));
	print_limits("at most", json_object_get(policy, "maximum_limits"));
	print_label("cell");
	printf("%.0f MiB for the runtime, files of %.0f MiB, %" JSON_INTEGER_FORMAT
	       " descriptors, stack of %.0f MiB, code of %.0f KiB, made anew after "
	       "%" JSON_INTEGER_FORMAT " runs\n",
	       (double)number_of(cell, "memory_bytes") / MIB,
	       (double)number_of(cell, "file_bytes") / MIB, number_of(cell, "open_files"),
	       (double)number_of(cell, "stack_bytes") / MIB,
	       (double)number_of(cell, "code_bytes") / 1024, number_of(cell, "runs"));
	print_compiler(json_object_get(policy, "compiler"));
	print_list("required", json_object_get(policy, "required_layers"));
	print_list("imports", json_object_get(policy, "imports"));
	print_list("environment", json_object_get(policy, "environment"));
	print_mounts(json_object_get(policy, "mounts"));
	print_calls(json_object_get(policy, "system_calls"));
}

static int list_policies(const struct cli_context *context,
			 const struct policies_arguments *arguments)
{
	const json_t *policy;
	json_t *report;
	int status;
	int err;
	size_t i;

	err = assayd_ask(&arguments->question, "--list-policies", NULL, &report, &status);
	if (err != 0)
		return err;
	if (arguments->question.as_json)
		json_print(report);
	else
		json_array_foreach(json_object_get(report, "policies"), i, policy)
		{
			fputs(i > 0 ? "\n" : "", stdout);
			print_policy(policy, context->color);
		}
	json_decref(report);
	return status == 0 ? CLI_DONE : CLI_NO_DAEMON;
}

/* ------------------------------------------------------------------ checking */

static void print_check(const char *file, const json_t *report, bool color)
{
	const json_t *unknown = json_object_get(report, "unknown");
	const bool is_ok = json_is_true(json_object_get(report, "ok"));

	terminal_color_start(stdout, color, is_ok ? TERMINAL_GREEN : TERMINAL_RED);
	fputs(is_ok ? "ok" : "refused", stdout);
	terminal_color_end(stdout, color);
	fputs("  ", stdout);
	if (!is_ok) {
		json_write_text(report, "error", -1);
		putchar('\n');
		return;
	}
	terminal_write(stdout, file, strlen(file), -1);
	if (strcmp(json_text(report, "kind"), "profile") == 0)
		printf(": a profile, %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
		       " system calls can be reached",
		       number_of(report, "reachable"), number_of(report, "known"));
	else
		printf(": a policy");
	putchar('\n');
	if (json_array_size(unknown) > 0)
		print_list("not known here", unknown);
}

static int check_file(const struct cli_context *context, const struct policies_arguments *arguments,
		      const char *file)
{
	json_t *report;
	int status;
	int err;

	err = assayd_ask(&arguments->question, "--check-file", file, &report, &status);
	if (err != 0)
		return err;
	if (arguments->question.as_json)
		json_print(report);
	else
		print_check(file, report, context->color);
	json_decref(report);
	return status == 0 ? CLI_DONE : CLI_NOT_PASSED;
}

int cmd_policies(struct cli_context *context, int argc, char **argv)
{
	struct policies_arguments arguments = {0};
	int result = CLI_DONE;

	argp_parse(&arguments_parser, argc, argv, 0, NULL, &arguments);
	if (arguments.n_words == 0)
		return list_policies(context, &arguments);
	for (size_t i = 1; i < arguments.n_words; i++) {
		int status = check_file(context, &arguments, arguments.words[i]);

		if (status != CLI_DONE)
			result = status;
	}
	return result;
}
