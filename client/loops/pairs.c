/*
 * assay loop pairs: preference pairs from judged candidates. Part of the command line `assay`.
 *
 * A pair is two candidates of one task of which the daemon has said that one is better: what DPO
 * (Rafailov et al. 2023) and ORPO (Hong et al. 2024) are trained on, in the columns that TRL reads.
 * What may teach something wrong is left out and counted: verdicts that a trainer may drop because
 * they may not be the candidate's fault, and, unless asked for, passes of tests that the candidate
 * had in its own process.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/option_number.h"
#include "client/cli/result_json.h"
#include "client/loops/judged.h"
#include "client/loops/loop.h"

#define PER_TASK_DEFAULT 16
#define PER_TASK_MAX 1000000

struct pairs_arguments {
	const char *tasks_path;
	char **result_paths; /* borrowed from argv */
	size_t n_result_paths;
	const char *out_path; /* NULL: standard output */
	double margin;
	size_t per_task;
	bool with_shared, with_failed, as_chat, is_quiet;
};

enum { OPTION_MARGIN = 256, OPTION_PER_TASK, OPTION_SHARED, OPTION_FAILED, OPTION_CHAT };

static const struct argp_option option_list[] = {
	{"out", 'o', "FILE", 0, "Write the pairs to FILE instead of standard output", 0},
	{"margin", OPTION_MARGIN, "M", 0,
	 "The chosen one's score is higher by at least M, 0 to 1 (default 0: higher at all)", 0},
	{"per-task", OPTION_PER_TASK, "N", 0, "At most N pairs of a task (default 16)", 0},
	{"failed", OPTION_FAILED, NULL, 0,
	 "Choose also candidates that did not pass, if they are better", 0},
	{"shared", OPTION_SHARED, NULL, 0,
	 "Use verdicts of integrity SHARED, too, which a candidate can forge", 0},
	{"chat", OPTION_CHAT, NULL, 0, "Columns of messages instead of columns of text", 0},
	{"quiet", 'q', NULL, 0, "No summary", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct pairs_arguments *arguments = state->input;

	switch (key) {
	case 'o':
		arguments->out_path = argument;
		return 0;
	case OPTION_MARGIN:
		arguments->margin = option_number_real(argument, 0, 1, state, "--margin");
		return 0;
	case OPTION_PER_TASK:
		arguments->per_task =
			option_number_whole(argument, 0, PER_TASK_MAX, state, "--per-task");
		return 0;
	case OPTION_SHARED:
		arguments->with_shared = true;
		return 0;
	case OPTION_FAILED:
		arguments->with_failed = true;
		return 0;
	case OPTION_CHAT:
		arguments->as_chat = true;
		return 0;
	case 'q':
		arguments->is_quiet = true;
		return 0;
	case ARGP_KEY_ARGS:
		arguments->tasks_path = state->argv[state->next];
		arguments->result_paths = state->argv + state->next + 1;
		arguments->n_result_paths = (size_t)(state->argc - state->next - 1);
		return 0;
	case ARGP_KEY_END:
		if (arguments->n_result_paths == 0)
			argp_error(state, "TASKS and at least one file of RESULTS are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp arguments_parser = {
	.options = option_list,
	.parser = parse_option,
	.args_doc = "TASKS RESULTS...",
	.doc = "Make preference pairs of the same task: JSON lines with the columns prompt, chosen "
	       "and rejected that TRL's DPO and ORPO trainers read, and the ids and scores of "
	       "both. "
	       "TASKS is what `assay eval` read, RESULTS what it wrote.\v"
	       "Left out, and counted: verdicts that are maskable (they may not be the candidate's "
	       "fault), SHARED ones, candidates without a result, and texts that came before.\n\n"
	       "Exit status: 0 done, 4 some lines could not be used.",
};

struct counts {
	size_t pairs, tasks, maskable, shared, unjudged, twice;
};

/* ---------------------------------------------------------------- choosing */

/* Candidates that may be in a pair, best first. */
struct ranking {
	const struct judged_candidate **items;
	size_t n;
};

static bool is_text_twice(const struct ranking *ranking, const struct judged_candidate *candidate)
{
	for (size_t i = 0; i < ranking->n; i++)
		if (ranking->items[i]->code_len == candidate->code_len &&
		    memcmp(ranking->items[i]->code, candidate->code, candidate->code_len) == 0)
			return true;
	return false;
}

/* Stable: of equals the first one of the file comes first. */
static void insert(struct ranking *ranking, const struct judged_candidate *candidate)
{
	size_t at = ranking->n++;

	for (; at > 0 && ranking->items[at - 1]->score < candidate->score; at--)
		ranking->items[at] = ranking->items[at - 1];
	ranking->items[at] = candidate;
}

static int rank(const struct judged_task *task, const struct pairs_arguments *arguments,
		struct ranking *ranking, struct counts *counts)
{
	*ranking = (struct ranking){.items = calloc(task->n_candidates + 1, sizeof(void *))};
	if (ranking->items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < task->n_candidates; i++) {
		const struct judged_candidate *candidate = &task->candidates[i];

		if (!candidate->is_judged)
			counts->unjudged++;
		else if (candidate->is_maskable)
			counts->maskable++;
		else if (candidate->is_shared && !arguments->with_shared)
			counts->shared++;
		else if (is_text_twice(ranking, candidate))
			counts->twice++;
		else
			insert(ranking, candidate);
	}
	return 0;
}

static bool is_better(const struct judged_candidate *chosen,
		      const struct judged_candidate *rejected,
		      const struct pairs_arguments *arguments)
{
	if (!chosen->passed && !arguments->with_failed)
		return false;
	/* 0.3 + 0.1 is not 0.4: what a margin says in decimal is meant. */
	return chosen->score > rejected->score &&
	       chosen->score - rejected->score >= arguments->margin - 1e-9;
}

/* ---------------------------------------------------------------- writing */

static json_t *column(const char *text, size_t len, const char *role)
{
	if (role == NULL)
		return json_stringn(text, len);
	return json_pack("[{ssss%}]", "role", role, "content", text, len);
}

static int write_pair(FILE *out, const struct judged_task *task,
		      const struct judged_candidate *chosen,
		      const struct judged_candidate *rejected,
		      const struct pairs_arguments *arguments)
{
	const char *user = arguments->as_chat ? "user" : NULL;
	const char *assistant = arguments->as_chat ? "assistant" : NULL;
	json_t *pair = json_pack("{sosososssssssfsf}", "prompt",
				 column(task->prompt, task->prompt_len, user), "chosen",
				 column(chosen->code, chosen->code_len, assistant), "rejected",
				 column(rejected->code, rejected->code_len, assistant), "id",
				 task->id, "chosen_id", chosen->id, "rejected_id", rejected->id,
				 "chosen_score", chosen->score, "rejected_score", rejected->score);
	char *line = pair != NULL ? json_to_line(pair) : NULL;
	int err = line == NULL ? -ENOMEM : 0;

	errno = 0;
	if (line != NULL && (fputs(line, out) < 0 || fputc('\n', out) < 0))
		err = errno != 0 ? -errno : -EIO;
	free(line);
	json_decref(pair);
	return err;
}

/*
 * Every rejected one gets a chosen one, in turn, before any gets a second: the pairs of a task show
 * as many of its texts as they can.
 */
static int pair_up(FILE *out, const struct judged_task *task, const struct ranking *ranking,
		   const struct pairs_arguments *arguments, size_t *n_pairs)
{
	int err = 0;

	*n_pairs = 0;
	for (size_t shift = 0; shift < ranking->n && err == 0; shift++) {
		for (size_t i = ranking->n; i-- > 0 && err == 0;) {
			const struct judged_candidate *rejected = ranking->items[i];
			const struct judged_candidate *chosen =
				ranking->items[(ranking->n - 1 - i + shift) % ranking->n];

			if (*n_pairs == arguments->per_task)
				return 0;
			if (!is_better(chosen, rejected, arguments))
				continue;
			err = write_pair(out, task, chosen, rejected, arguments);
			++*n_pairs;
		}
	}
	return err;
}

static int write_all(FILE *out, const struct judged *judged,
		     const struct pairs_arguments *arguments, struct counts *counts)
{
	int err = 0;

	for (size_t i = 0; i < judged->n_tasks && err == 0; i++) {
		struct ranking ranking;
		size_t n_pairs = 0;

		err = rank(&judged->tasks[i], arguments, &ranking, counts);
		if (err == 0)
			err = pair_up(out, &judged->tasks[i], &ranking, arguments, &n_pairs);
		free(ranking.items);
		counts->pairs += n_pairs;
		counts->tasks += n_pairs > 0;
	}
	if (err == 0 && fflush(out) != 0)
		err = -errno;
	return err;
}

/* ---------------------------------------------------------------- the command */

static void print_summary(const struct counts *counts, size_t n_tasks)
{
	const struct {
		size_t n;
		const char *what;
	} left_out[] = {
		{counts->unjudged, "without a result"},
		{counts->maskable, "maskable"},
		{counts->shared, "SHARED (--shared takes them)"},
		{counts->twice, "the same text as another"},
	};
	const char *separator = "; candidates left out: ";

	fprintf(stderr, "assay: %zu pair%s of %zu of %zu task%s", counts->pairs,
		counts->pairs == 1 ? "" : "s", counts->tasks, n_tasks, n_tasks == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		if (left_out[i].n == 0)
			continue;
		fprintf(stderr, "%s%zu %s", separator, left_out[i].n, left_out[i].what);
		separator = ", ";
	}
	fputc('\n', stderr);
}

static int write_to(const struct pairs_arguments *arguments, const struct judged *judged)
{
	const char *path = arguments->out_path;
	FILE *out = path != NULL ? fopen(path, "we") : stdout;
	struct counts counts = {0};
	int err;

	if (out == NULL) {
		cli_error("cannot write %s: %s", path, strerror(errno));
		return CLI_USAGE;
	}
	err = write_all(out, judged, arguments, &counts);
	if (path != NULL && fclose(out) != 0 && err == 0)
		err = -errno;
	if (err == -EPIPE && path == NULL)
		return CLI_INTERRUPTED; /* whoever read the pairs has gone before the end */
	if (err < 0) {
		cli_error("cannot write %s: %s", path != NULL ? path : "the pairs", strerror(-err));
		return CLI_USAGE;
	}
	if (!arguments->is_quiet)
		print_summary(&counts, judged->n_tasks);
	return CLI_DONE;
}

int loop_pairs(struct cli_context *context, int argc, char **argv)
{
	struct pairs_arguments arguments = {.per_task = PER_TASK_DEFAULT};
	struct complaints complaints = {.say = cli_error};
	struct judged judged;
	const char *path;
	int err, status;

	(void)context; /* what it needs has been judged */
	argp_parse(&arguments_parser, argc, argv, 0, NULL, &arguments);
	err = judged_load(arguments.tasks_path, arguments.result_paths, arguments.n_result_paths,
			  &complaints, &judged, &path);
	if (err < 0) {
		cli_error("cannot read %s: %s", path, strerror(-err));
		return CLI_USAGE;
	}
	complain_rest(&complaints);
	status = write_to(&arguments, &judged);
	judged_deinit(&judged);
	return status == CLI_DONE && complaints.n > 0 ? CLI_BAD_INPUT : status;
}
