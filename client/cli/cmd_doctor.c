/*
 * assay doctor: what protects this machine from candidates and what is missing. Runs in `assay`.
 *
 * assayd examines (assayd_report.c); this makes a page of it. What must be mended comes first, what
 * could be better next, and what is well last and short.
 */
#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/assayd_report.h"
#include "client/cli/cli.h"
#include "client/cli/json_text.h"
#include "client/cli/terminal.h"

#define NAME_WIDTH 20
#define STATE_WIDTH 8

struct doctor_arguments {
	struct assayd_question question;
	const char *policy; /* --explain */
};

enum { OPTION_EXPLAIN = 256 };

static const struct argp_option option_list[] = {
	{"explain", OPTION_EXPLAIN, "POLICY", 0,
	 "Instead: the steps by which a cell of this policy is built, in order", 0},
	{0},
};

static const struct argp_child children[] = {{.argp = &assayd_options}, {0}};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct doctor_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->question;
		return 0;
	case OPTION_EXPLAIN:
		arguments->policy = argument;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is too much; doctor takes no arguments", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp arguments_parser = {
	.options = option_list,
	.parser = parse_option,
	.children = children,
	.doc = "Examine this machine: which layers of isolation it gives to the cells in which "
	       "candidates run, what is missing, why it matters and what to do."
	       "\vIt looks at the machine as it is for the user who calls it: a daemon of root has "
	       "more. Exit status: 1 if something is missing that a policy requires.",
};

/* ------------------------------------------------------------------ findings */

static const struct {
	const char *state;
	enum terminal_color color;
} state_table[] = {
	{"missing", TERMINAL_RED},
	{"weak", TERMINAL_YELLOW},
	{"ok", TERMINAL_GREEN},
};

#define N_STATES (sizeof(state_table) / sizeof(state_table[0]))

static void print_finding(const json_t *finding, size_t state, bool color)
{
	const bool is_ok = strcmp(state_table[state].state, "ok") == 0;
	const char *fix = json_text(finding, "fix");

	terminal_color_start(stdout, color, state_table[state].color);
	printf("%-*s", STATE_WIDTH, state_table[state].state);
	terminal_color_end(stdout, color);
	printf(" %-*s ", NAME_WIDTH, json_text(finding, "name"));
	json_write_text(finding, "seen", STATE_WIDTH + NAME_WIDTH + 2);
	putchar('\n');
	if (is_ok)
		return;
	printf("%*s why  ", STATE_WIDTH, "");
	json_write_text(finding, "why", STATE_WIDTH + 6);
	putchar('\n');
	if (fix[0] == '\0')
		return;
	printf("%*s fix  ", STATE_WIDTH, "");
	json_write_text(finding, "fix", STATE_WIDTH + 6);
	putchar('\n');
}

static void print_findings(const json_t *report, bool color)
{
	const json_t *findings = json_object_get(report, "findings");
	size_t counts[N_STATES] = {0};
	const json_t *finding;
	size_t i;

	for (size_t state = 0; state < N_STATES; state++) {
		json_array_foreach(findings, i, finding)
		{
			if (strcmp(json_text(finding, "state"), state_table[state].state) != 0)
				continue;
			print_finding(finding, state, color);
			counts[state]++;
		}
	}
	printf("\n%zu missing, %zu weak, %zu ok", counts[0], counts[1], counts[2]);
	if (counts[0] > 0)
		printf(": assayd does not start here, unless --allow-weaker names what it may go "
		       "without");
	putchar('\n');
}

/* ------------------------------------------------------------------ steps */

/* A step that has details comes in several lines; it is numbered once. */
static void print_steps(const json_t *report)
{
	const json_t *steps = json_object_get(report, "steps");
	const char *before = "";
	const json_t *step;
	unsigned int number = 0;
	size_t i;

	printf("A cell of the policy %s is built in these steps:\n\n", json_text(report, "policy"));
	json_array_foreach(steps, i, step)
	{
		const char *name = json_text(step, "step");

		if (strcmp(name, before) == 0)
			printf("%*s ", 3 + 9 + NAME_WIDTH + 2, "");
		else
			printf("%3u  %-8s %-*s ", ++number, json_text(step, "who"), NAME_WIDTH,
			       name);
		json_write_text(step, "what", -1);
		putchar('\n');
		before = name;
	}
}

int cmd_doctor(struct cli_context *context, int argc, char **argv)
{
	struct doctor_arguments arguments = {0};
	json_t *report;
	int status;
	int err;

	argp_parse(&arguments_parser, argc, argv, 0, NULL, &arguments);
	err = assayd_ask(&arguments.question, arguments.policy != NULL ? "--explain" : "--doctor",
			 arguments.policy, &report, &status);
	if (err != 0)
		return err == CLI_NO_DAEMON && arguments.policy != NULL ? CLI_USAGE : err;
	if (arguments.question.as_json)
		json_print(report);
	else if (arguments.policy != NULL)
		print_steps(report);
	else
		print_findings(report, context->color);
	json_decref(report);
	return status == 0 ? CLI_DONE : CLI_NOT_PASSED;
}
