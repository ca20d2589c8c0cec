/*
 * assay loop rank: the best of many candidates, found by tests that the model has written itself
 * (Chen et al., "CodeT: Code Generation with Generated Tests", 2022). Part of the command line
 * `assay`.
 *
 * Reads what was sampled, has every candidate run against every assertion, and groups candidates
 * that agree (rank_groups.c). How a task's matrix is judged is in ranking.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/option_number.h"
#include "client/loops/engine.h"
#include "client/loops/loop.h"
#include "client/loops/rank_input.h"
#include "client/loops/ranking.h"

#define PER_TEXT_DEFAULT 5 /* as in the paper */
#define PER_TEXT_MAX 1000

struct rank {
	struct engine_options options; /* first: what the shared parser fills */
	const char *samples_path, *tests_path;
	size_t per_text;
	enum rank_score score;
	bool is_real;
	struct rank_input input;
	size_t n_real, n_first_passed; /* tasks whose candidates were judged by their real tests */
	double pass_rates;             /* the sum of theirs */
};

/* ---------------------------------------------------------------- options */

enum { OPTION_TESTS = 256, OPTION_PER_TEXT, OPTION_SCORE, OPTION_REAL };

static const struct argp_option option_list[] = {
	{"tests", OPTION_TESTS, "FILE", 0,
	 "The model's own tests: lines of {\"task_id\" or \"prompt\", \"samples\"}, texts with "
	 "assertions",
	 0},
	{"per-text", OPTION_PER_TEXT, "N", 0, "Assertions that count of one text (default 5)", 0},
	{"score", OPTION_SCORE, "NAME", 0,
	 "sqrt: the square root of how many candidates agree, times how many tests they pass "
	 "(default); product: without the root",
	 0},
	{"real", OPTION_REAL, NULL, 0,
	 "Judge all candidates by the tests of TASKS, too, and say what the ranking has gained", 0},
	{0},
};

static enum rank_score score_of(const char *name, struct argp_state *state)
{
	if (strcmp(name, "product") == 0)
		return RANK_PRODUCT;
	if (strcmp(name, "sqrt") != 0)
		argp_error(state, "--score: '%s' is neither sqrt nor product", name);
	return RANK_SQUARE_ROOT;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct rank *loop = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &loop->options;
		return 0;
	case OPTION_TESTS:
		loop->tests_path = argument;
		return 0;
	case OPTION_PER_TEXT:
		loop->per_text =
			option_number_whole(argument, 1, PER_TEXT_MAX, state, "--per-text");
		return 0;
	case OPTION_SCORE:
		loop->score = score_of(argument, state);
		return 0;
	case OPTION_REAL:
		loop->is_real = true;
		return 0;
	case ARGP_KEY_ARG:
		/* TASKS is the shared parser's, SAMPLES the one behind it. */
		if (loop->options.tasks_path == NULL || loop->samples_path != NULL)
			return ARGP_ERR_UNKNOWN;
		loop->samples_path = argument;
		return 0;
	case ARGP_KEY_END:
		if (loop->samples_path == NULL || loop->tests_path == NULL)
			argp_error(state, "SAMPLES and --tests FILE are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child shared_options[] = {{&engine_judging_argp, 0, NULL, 0}, {0}};

static const struct argp arguments_parser = {
	.options = option_list,
	.parser = parse_option,
	.children = shared_options,
	.args_doc = "TASKS SAMPLES",
	.doc = "Rank candidates by the tests that the model has written itself (CodeT, Chen et "
	       "al., "
	       "2022): those that pass the same tests agree, and the first of the group with the "
	       "most candidates and tests is the best. TASKS is a file of HumanEval, MBPP, or of "
	       "tasks as `assay eval` reads them.\v"
	       "A line of the output is a task: {\"task\", \"best\", \"code\", \"groups\": "
	       "[{\"score\", \"candidates\", \"tests\"}], \"tests\", \"n_samples\", "
	       "\"n_different\", \"n_broken\"}; with --real also \"best_passed\" and "
	       "\"pass_rate\".\n\n"
	       "Exit status: 0 all tasks were ranked, 4 some could not be, 130 interrupted (what "
	       "is "
	       "finished is kept).",
};

/* ---------------------------------------------------------------- one task's steps */

static int prepare(struct engine *engine)
{
	struct rank *loop = engine->owner;
	struct complaints complaints = {.say = cli_error};
	const char *path;
	int err = rank_input_load(&engine->tasks, loop->samples_path, loop->tests_path,
				  loop->per_text, &complaints, &loop->input, &path);

	complain_rest(&complaints);
	if (err == 0)
		return CLI_DONE;
	cli_error("cannot read %s: %s", path, strerror(-err));
	return CLI_USAGE;
}

static struct engine_task *new_task(struct engine *engine, const struct task *task)
{
	const struct rank *loop = engine->owner;
	size_t place = (size_t)(task - engine->tasks.items);

	return (struct engine_task *)ranking_new(&loop->input.of_task[place], loop->score,
						 loop->is_real);
}

static void free_task(struct engine_task *task)
{
	ranking_free((struct ranking *)task);
}

static int take_result(struct engine *engine, struct engine_task *task, const assay_result *result)
{
	(void)engine;
	ranking_take_result((struct ranking *)task, result);
	return 0;
}

static void count(struct rank *loop, const json_t *line)
{
	const json_t *passed = json_object_get(line, "best_passed");

	if (passed == NULL)
		return;
	loop->n_real++;
	loop->n_first_passed += json_is_true(passed);
	loop->pass_rates += json_number_value(json_object_get(line, "pass_rate"));
}

/* `outcome` of a step: whether the last has been taken. */
static int end_if_over(struct engine *engine, struct engine_task *task, int outcome)
{
	json_t *line;

	if (outcome != RANKING_DONE)
		return outcome;
	line = ranking_to_json(task);
	count(engine->owner, line);
	task->is_good = true;
	json_decref(line);
	return engine_end(engine, task);
}

static int begin(struct engine *engine, struct engine_task *task)
{
	return end_if_over(engine, task, ranking_begin(engine, (struct ranking *)task));
}

static int take_verdict(struct engine *engine, struct engine_task *task)
{
	return end_if_over(engine, task, ranking_go_on(engine, (struct ranking *)task));
}

static void take_done(struct engine *engine, const json_t *line)
{
	engine->n_good++;
	count(engine->owner, line);
}

static const struct engine_loop functions = {
	.label = "rank",
	.prepare = prepare,
	.new_task = new_task,
	.free_task = free_task,
	.begin = begin,
	.take_result = take_result,
	.take_verdict = take_verdict,
	.to_json = ranking_to_json,
	.take_done = take_done,
};

/* ---------------------------------------------------------------- the command */

static void print_summary(const struct engine *engine)
{
	const struct rank *loop = engine->owner;
	double n = (double)loop->n_real;

	fprintf(stderr, "assay: %zu of %zu tasks ranked", engine->n_good, engine->n_ended);
	engine_print_counts(engine);
	if (loop->n_real == 0)
		return;
	fprintf(stderr, "assay: pass@1 of the first-ranked: %.1f %%, of random picks: %.1f %%\n",
		100.0 * (double)loop->n_first_passed / n, 100.0 * loop->pass_rates / n);
}

int loop_rank(struct cli_context *context, int argc, char **argv)
{
	struct rank loop = {.per_text = PER_TEXT_DEFAULT};
	struct engine engine = {
		.context = context, .options = &loop.options, .loop = &functions, .owner = &loop};
	int status;

	argp_parse(&arguments_parser, argc, argv, 0, NULL, &loop);
	status = engine_run(&engine);
	if (engine.flight != NULL && !loop.options.is_quiet)
		print_summary(&engine);
	engine_deinit(&engine);
	rank_input_deinit(&loop.input);
	return status;
}
