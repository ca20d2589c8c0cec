/*
 * assay loop selfplay: one side proposes problems, the other solves them, the daemon judges both.
 * Part of the command line `assay`.
 *
 * Of each task of TASKS, the seeds, problems are proposed one after the other. A proposal is proved
 * (problem.c), then solved several times; kept is what is solved sometimes, because what is always
 * or never solved teaches nothing. Both sides are the same model unless another is named as the
 * proposer.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/option_number.h"
#include "client/cli/result_json.h"
#include "client/loops/engine.h"
#include "client/loops/loop.h"
#include "client/loops/problem.h"
#include "client/loops/selfplay_files.h"

#define PROPOSALS_MAX 1000
#define SAMPLES_MAX 64
#define STARVED_AGAIN_MAX 3 /* the machine had no time for it */

struct selfplay {
	struct engine_options options; /* first: what the shared parser fills */
	const char *problems_path, *results_path;
	const char *proposer; /* NULL: the model that solves, too */
	uint32_t n_proposals, n_samples, tests_min;
	double rate_min, rate_max;
	json_t *prompts; /* of all problems, so that none comes twice */
	size_t n_proposed, n_proved, n_kept;
};

enum phase { PROPOSING, PROVING, SOLVING };

struct game {
	struct engine_task base; /* first; is_good: a problem is kept */
	enum phase phase;
	uint32_t n_proposals;
	json_t *problems;
	json_t *problem; /* the last of them, borrowed */
	const char *why; /* what its proof has found against it; NULL: nothing */
	bool is_starved; /* a verdict is missing for want of time */
	uint32_t n_tries;
};

/* ---------------------------------------------------------------- options */

enum {
	OPTION_PROBLEMS = 256,
	OPTION_RESULTS,
	OPTION_PROPOSER,
	OPTION_PROPOSALS,
	OPTION_SAMPLES,
	OPTION_TESTS_MIN,
	OPTION_RATE_MIN,
	OPTION_RATE_MAX,
};

static const struct argp_option option_list[] = {
	{"problems", OPTION_PROBLEMS, "FILE", 0,
	 "Write the kept problems with their solutions, as tasks for `assay eval`. Needs --out", 0},
	{"results", OPTION_RESULTS, "FILE", 0,
	 "Write what was said of the solutions, as `assay eval` does. Needs --out", 0},
	{"proposer", OPTION_PROPOSER, "NAME", 0,
	 "The model that proposes, as the server knows it (default: the one that solves)", 0},
	{"proposals", OPTION_PROPOSALS, "N", 0, "Problems that follow from each task (default 1)",
	 0},
	{"samples", OPTION_SAMPLES, "N", 0, "Solutions of each problem (default 4)", 0},
	{"min-tests", OPTION_TESTS_MIN, "N", 0, "Tests that a problem has at least (default 3)", 0},
	{"min-rate", OPTION_RATE_MIN, "R", 0,
	 "Keep what is solved at least that often, 0 to 1 (default 0.01)", 0},
	{"max-rate", OPTION_RATE_MAX, "R", 0, "And at most that often (default 0.99)", 0},
	{0},
};

static uint32_t whole(const char *text, uint64_t max, struct argp_state *state, const char *option)
{
	return (uint32_t)option_number_whole(text, 1, max, state, option);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct selfplay *loop = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &loop->options;
		return 0;
	case OPTION_PROBLEMS:
		loop->problems_path = argument;
		return 0;
	case OPTION_RESULTS:
		loop->results_path = argument;
		return 0;
	case OPTION_PROPOSER:
		loop->proposer = argument;
		return 0;
	case OPTION_PROPOSALS:
		loop->n_proposals = whole(argument, PROPOSALS_MAX, state, "--proposals");
		return 0;
	case OPTION_SAMPLES:
		loop->n_samples = whole(argument, SAMPLES_MAX, state, "--samples");
		return 0;
	case OPTION_TESTS_MIN:
		loop->tests_min = whole(argument, PROBLEM_TESTS_MAX, state, "--min-tests");
		return 0;
	case OPTION_RATE_MIN:
		loop->rate_min = option_number_real(argument, 0, 1, state, "--min-rate");
		return 0;
	case OPTION_RATE_MAX:
		loop->rate_max = option_number_real(argument, 0, 1, state, "--max-rate");
		return 0;
	case ARGP_KEY_END:
		if ((loop->problems_path != NULL || loop->results_path != NULL) &&
		    loop->options.out_path == NULL)
			argp_error(state, "--problems and --results need --out FILE");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child shared_options[] = {{&engine_argp, 0, NULL, 0}, {0}};

static const struct argp arguments_parser = {
	.options = option_list,
	.parser = parse_option,
	.children = shared_options,
	.args_doc = "TASKS",
	.doc = "Let a model propose problems and solve them (Haluptzok et al., 2022; Absolute "
	       "Zero, "
	       "Zhao et al., 2025). TASKS is a file of HumanEval, MBPP, or of tasks as `assay "
	       "eval` "
	       "reads them: examples for the proposer.\v"
	       "A line of the output is a task: {\"task\", \"problems\": [{\"id\", \"prompt\", "
	       "\"asserts\", \"reference\", \"kept\", \"rate\", \"solutions\"}]}; a problem that "
	       "was "
	       "not kept has \"why\".\n\n"
	       "Exit status: 0 all was played, 4 some could not be, 130 interrupted (what is "
	       "finished is kept).",
};

/* ---------------------------------------------------------------- questions */

static void free_task(struct engine_task *task)
{
	struct game *game = (struct game *)task;

	json_decref(game->problems);
	free(game);
}

static struct engine_task *new_task(struct engine *engine, const struct task *task)
{
	struct game *game = calloc(1, sizeof(*game));

	(void)engine;
	(void)task;
	if (game == NULL)
		return NULL;
	game->problems = json_array();
	if (game->problems != NULL)
		return &game->base;
	free_task(&game->base);
	return NULL;
}

static int propose(struct engine *engine, struct engine_task *task)
{
	const struct selfplay *loop = engine->owner;
	struct game *game = (struct game *)task;
	char *example = engine->tasks.format->new_prompt(task->task->record);
	char step[48];
	int err;

	if (example == NULL)
		return -ENOMEM;
	game->phase = PROPOSING;
	game->n_proposals++;
	snprintf(step, sizeof(step), "proposal %" PRIu32, game->n_proposals);
	err = engine_ask_model(engine, task, step, loop->proposer, problem_question(example));
	free(example);
	return err;
}

static int ask_solvers(struct engine *engine, struct game *game)
{
	const struct selfplay *loop = engine->owner;
	int err = json_object_set_new(game->problem, "solutions", json_array());

	game->phase = SOLVING;
	for (uint32_t i = 1; i <= loop->n_samples && err == 0; i++) {
		char step[64];

		snprintf(step, sizeof(step), "solution %" PRIu32 " of proposal %" PRIu32, i,
			 game->n_proposals);
		err = engine_ask(engine, &game->base, step, problem_to_solve(game->problem));
	}
	return err < 0 ? -ENOMEM : 0;
}

/* ---------------------------------------------------------------- judging */

/* With the id of the problem in its results. */
static int new_request(const struct engine *engine, const json_t *problem, assay_request **request)
{
	const char *id = json_string_value(json_object_get(problem, "id"));
	json_t *task = problem_to_task(problem);
	int err = task == NULL ? -ENOMEM : format_own.new_request(task, request);

	json_decref(task);
	if (err < 0)
		return err;
	err = assay_request_set_text(*request, ASSAY_REQUEST_ID, id, strlen(id));
	if (err == 0)
		err = request_wishes_apply(&engine->options->wishes, *request);
	if (err < 0)
		assay_request_free(*request);
	return err;
}

static int add_solutions(const struct game *game, assay_request *request)
{
	const json_t *solution;
	size_t i;
	int err = 0;

	json_array_foreach(json_object_get(game->problem, "solutions"), i, solution)
	{
		const json_t *text = json_object_get(solution, "text");
		char id[32];

		snprintf(id, sizeof(id), "%zu", i + 1);
		if (err >= 0)
			err = assay_request_add_candidate(request, id, json_string_value(text),
							  json_string_length(text));
	}
	return err < 0 ? err : 0;
}

static int judge(struct engine *engine, struct game *game)
{
	assay_request *request;
	int err = new_request(engine, game->problem, &request);

	if (err == -EINVAL)
		return engine_fail(engine, &game->base, "a problem cannot be made a request");
	if (err < 0)
		return err;
	game->is_starved = false;
	err = game->phase == PROVING ? problem_add_proof(game->problem, request)
				     : add_solutions(game, request);
	if (err == 0)
		return engine_judge(engine, &game->base, request,
				    json_string_length(json_object_get(game->problem, "prompt")));
	assay_request_free(request);
	return err;
}

static int take_solved(const struct game *game, const assay_result *result)
{
	static const char *const kept[] = {"id",    "candidate", "verdict",   "passed",
					   "score", "maskable",  "integrity", "feedback"};
	size_t at = assay_result_number(result, ASSAY_RESULT_CANDIDATE_INDEX);
	json_t *solution = json_array_get(json_object_get(game->problem, "solutions"), at);
	json_t *object = result_to_json(result), *told = json_object();
	int err = object == NULL || told == NULL ? -1 : 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]) && err == 0; i++)
		err = json_object_set(told, kept[i], json_object_get(object, kept[i]));
	if (err == 0)
		err = json_object_set(solution, "result", told);
	json_decref(told);
	json_decref(object);
	return err < 0 ? -ENOMEM : 0;
}

static int take_result(struct engine *engine, struct engine_task *task, const assay_result *result)
{
	struct game *game = (struct game *)task;
	enum assay_fault fault = assay_result_fault(result);
	const char *why;

	(void)engine;
	if (fault == ASSAY_FAULT_OVERLOAD || fault == ASSAY_FAULT_INFRASTRUCTURE)
		game->is_starved = true;
	if (game->phase == SOLVING)
		return take_solved(game, result);
	why = problem_objection(result);
	if (why != NULL &&
	    (game->why == NULL || assay_result_number(result, ASSAY_RESULT_CANDIDATE_INDEX) == 0))
		game->why = why;
	return 0;
}

/* ---------------------------------------------------------------- from step to step */

static int next_proposal(struct engine *engine, struct game *game)
{
	const struct selfplay *loop = engine->owner;

	if (game->n_proposals < loop->n_proposals)
		return propose(engine, &game->base);
	return engine_end(engine, &game->base);
}

static int reject(struct engine *engine, struct game *game, const char *why)
{
	if (json_object_set_new(game->problem, "why", json_string(why)) < 0)
		return -ENOMEM;
	return next_proposal(engine, game);
}

/* What has been proposed before is no new problem, nor is the example. */
static bool is_new(struct engine *engine, const struct game *game)
{
	const struct selfplay *loop = engine->owner;
	const char *prompt = json_string_value(json_object_get(game->problem, "prompt"));
	char *example = engine->tasks.format->new_prompt(game->base.task->record);
	bool is_known = json_object_get(loop->prompts, prompt) != NULL ||
			(example != NULL && strcmp(example, prompt) == 0);

	free(example);
	return !is_known && json_object_set_new(loop->prompts, prompt, json_true()) == 0;
}

static int take_proposal(struct engine *engine, struct game *game, const char *text)
{
	struct selfplay *loop = engine->owner;
	char id[320];

	snprintf(id, sizeof(id), "%.200s#%" PRIu32, game->base.task->name, game->n_proposals);
	game->problem = problem_from_text(id, text, loop->tests_min);
	game->why = NULL;
	game->n_tries = 0;
	loop->n_proposed++;
	if (json_array_append_new(game->problems, game->problem) < 0)
		return -ENOMEM;
	if (json_object_get(game->problem, "why") != NULL)
		return next_proposal(engine, game);
	if (!is_new(engine, game))
		return reject(engine, game, "it was there before");
	game->phase = PROVING;
	return judge(engine, game);
}

static int take_text(struct engine *engine, struct engine_task *task, const char *text, size_t len)
{
	const struct selfplay *loop = engine->owner;
	struct game *game = (struct game *)task;
	json_t *solutions;

	if (game->phase == PROPOSING)
		return take_proposal(engine, game, text);
	solutions = json_object_get(game->problem, "solutions");
	if (json_array_append_new(solutions, json_pack("{ss%}", "text", text, len)) < 0)
		return -ENOMEM;
	return json_array_size(solutions) < loop->n_samples ? 0 : judge(engine, game);
}

static int end_proof(struct engine *engine, struct game *game)
{
	struct selfplay *loop = engine->owner;

	if (game->why != NULL)
		return reject(engine, game, game->why);
	loop->n_proved++;
	return ask_solvers(engine, game);
}

static double rate_of(const json_t *problem)
{
	const json_t *solutions = json_object_get(problem, "solutions"), *solution;
	size_t i, n_passed = 0;

	json_array_foreach(solutions, i, solution)
	{
		n_passed += json_is_true(
			json_object_get(json_object_get(solution, "result"), "passed"));
	}
	return (double)n_passed / (double)json_array_size(solutions);
}

static int end_solving(struct engine *engine, struct game *game)
{
	struct selfplay *loop = engine->owner;
	double rate = rate_of(game->problem);
	bool is_kept = rate >= loop->rate_min && rate <= loop->rate_max;

	if (json_object_set_new(game->problem, "rate", json_real(rate)) < 0 ||
	    json_object_set_new(game->problem, "kept", json_boolean(is_kept)) < 0)
		return -ENOMEM;
	loop->n_kept += is_kept;
	game->base.is_good |= is_kept;
	if (is_kept)
		return next_proposal(engine, game);
	return reject(engine, game,
		      rate < loop->rate_min ? "it is solved too seldom" : "it is solved too often");
}

static int take_verdict(struct engine *engine, struct engine_task *task)
{
	struct game *game = (struct game *)task;

	if (game->is_starved && game->n_tries++ < STARVED_AGAIN_MAX) {
		game->why = NULL;
		return judge(engine, game);
	}
	if (game->is_starved)
		return engine_fail(engine, task, "the daemon gave no verdict about a candidate");
	game->n_tries = 0;
	return game->phase == PROVING ? end_proof(engine, game) : end_solving(engine, game);
}

static json_t *to_json(const struct engine_task *task)
{
	const struct game *game = (const struct game *)task;

	return json_pack("{sssO}", "task", task->task->name, "problems", game->problems);
}

static void take_done(struct engine *engine, const json_t *line)
{
	struct selfplay *loop = engine->owner;
	const json_t *problem;
	bool is_good = false;
	size_t i;

	json_array_foreach(json_object_get(line, "problems"), i, problem)
	{
		const char *prompt = json_string_value(json_object_get(problem, "prompt"));
		bool is_kept = json_is_true(json_object_get(problem, "kept"));

		loop->n_proposed++;
		loop->n_proved += json_object_get(problem, "rate") != NULL;
		loop->n_kept += is_kept;
		is_good = is_good || is_kept;
		if (prompt != NULL)
			json_object_set_new(loop->prompts, prompt, json_true());
	}
	engine->n_good += is_good;
}

static const struct engine_loop functions = {
	.label = "selfplay",
	.new_task = new_task,
	.free_task = free_task,
	.begin = propose,
	.take_text = take_text,
	.take_result = take_result,
	.take_verdict = take_verdict,
	.to_json = to_json,
	.take_done = take_done,
};

/* ---------------------------------------------------------------- the command */

static void print_summary(const struct engine *engine)
{
	const struct selfplay *loop = engine->owner;

	fprintf(stderr, "assay: %zu problems proposed, %zu of them sound, %zu kept",
		loop->n_proposed, loop->n_proved, loop->n_kept);
	engine_print_counts(engine);
}

static int write_files(const struct selfplay *loop)
{
	const char *path;
	int err = selfplay_files_write(loop->options.out_path, loop->problems_path,
				       loop->results_path, &path);

	if (err < 0)
		cli_error("cannot write %s: %s", path, strerror(-err));
	return err < 0 ? CLI_USAGE : CLI_DONE;
}

int loop_selfplay(struct cli_context *context, int argc, char **argv)
{
	struct selfplay loop = {.n_proposals = 1,
				.n_samples = 4,
				.tests_min = 3,
				.rate_min = 0.01,
				.rate_max = 0.99,
				.prompts = json_object()};
	struct engine engine = {
		.context = context, .options = &loop.options, .loop = &functions, .owner = &loop};
	int status;

	argp_parse(&arguments_parser, argc, argv, 0, NULL, &loop);
	status = engine_run(&engine);
	if (engine.flight != NULL && !loop.options.is_quiet)
		print_summary(&engine);
	if (loop.options.out_path != NULL && (status == CLI_DONE || status == CLI_BAD_INPUT) &&
	    write_files(&loop) != CLI_DONE)
		status = CLI_USAGE;
	engine_deinit(&engine);
	json_decref(loop.prompts);
	return status;
}
