/*
 * assay loop reflexion: attempt, be judged, reflect, try again. Part of the command line `assay`.
 *
 * engine.c runs many tasks at one time; episode.c is what one of them remembers and asks.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/cli/option_number.h"
#include "client/loops/engine.h"
#include "client/loops/episode.h"
#include "client/loops/loop.h"

#define ATTEMPTS_DEFAULT 4
#define ATTEMPTS_MAX 100
#define MEMORY_DEFAULT 3 /* Reflexion keeps one to three */

struct reflexion {
	struct engine_options options; /* first: what the shared parser fills */
	uint32_t max_attempts, memory;
	uint32_t solved_at[ATTEMPTS_MAX + 1]; /* tasks that this attempt has solved, from 1 */
};

enum { OPTION_ATTEMPTS = 256, OPTION_MEMORY };

static const struct argp_option option_list[] = {
	{"max-attempts", OPTION_ATTEMPTS, "N", 0, "Attempts at each task (default 4)", 0},
	{"memory", OPTION_MEMORY, "N", 0, "Earlier attempts that a question shows (default 3)", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct reflexion *loop = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &loop->options;
		return 0;
	case OPTION_ATTEMPTS:
		loop->max_attempts = (uint32_t)option_number_whole(argument, 1, ATTEMPTS_MAX, state,
								   "--max-attempts");
		return 0;
	case OPTION_MEMORY:
		loop->memory =
			(uint32_t)option_number_whole(argument, 1, ATTEMPTS_MAX, state, "--memory");
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
	.doc = "Let a model solve tasks by Reflexion (Shinn et al., 2023): each attempt is judged, "
	       "the model reflects on the feedback, and tries again with that in its context. "
	       "TASKS "
	       "is a file of HumanEval, MBPP, or of tasks as `assay eval` reads them.\v"
	       "A line of the output is a task: {\"task\", \"solved\", \"attempts\": [{\"text\", "
	       "\"verdict\", \"feedback\", \"reflection\", ...}]}.\n\n"
	       "Exit status: 0 all tasks were tried, 4 some could not be, 130 interrupted (what is "
	       "finished is kept).",
};

/* ---------------------------------------------------------------- one task's steps */

static struct engine_task *new_task(struct engine *engine, const struct task *task)
{
	return (struct engine_task *)episode_new(engine->tasks.format, task);
}

static void free_task(struct engine_task *task)
{
	episode_free((struct episode *)task);
}

static int ask(struct engine *engine, struct engine_task *task)
{
	const struct reflexion *loop = engine->owner;
	const struct episode *episode = (struct episode *)task;
	char step[32];

	episode_step(episode, step, sizeof(step));
	return engine_ask(engine, task, step, episode_messages(episode, loop->memory));
}

static int judge(struct engine *engine, struct engine_task *task, const char *text, size_t len)
{
	assay_request *request;
	int err = engine_new_request(engine, task, &request);

	if (err == -EINVAL)
		return engine_fail(engine, task, "the task cannot be made a request");
	if (err < 0)
		return err;
	err = assay_request_set_number(request, ASSAY_REQUEST_EXTRACT_LAST_FENCE, 1);
	if (err == 0)
		err = assay_request_add_candidate(request, NULL, text, len);
	if (err < 0) {
		assay_request_free(request);
		return err;
	}
	return engine_judge(engine, task, request, len);
}

static int take_text(struct engine *engine, struct engine_task *task, const char *text, size_t len)
{
	struct episode *episode = (struct episode *)task;
	bool was_reflecting = episode->is_reflecting;
	int err = episode_take_text(episode, text, len);

	if (err < 0)
		return err;
	return was_reflecting ? ask(engine, task) : judge(engine, task, text, len);
}

static int take_result(struct engine *engine, struct engine_task *task, const assay_result *result)
{
	(void)engine;
	return episode_take_result((struct episode *)task, result);
}

static int take_verdict(struct engine *engine, struct engine_task *task)
{
	struct reflexion *loop = engine->owner;
	struct episode *episode = (struct episode *)task;
	uint32_t n = episode_n_attempts(episode);

	if (!episode_is_judged(episode))
		return engine_fail(engine, task, "the daemon gave no verdict about the candidate");
	if (task->is_good)
		loop->solved_at[n]++;
	if (task->is_good || n == loop->max_attempts)
		return engine_end(engine, task);
	episode->is_reflecting = true;
	return ask(engine, task);
}

static json_t *to_json(const struct engine_task *task)
{
	return episode_to_json((const struct episode *)task);
}

static void take_done(struct engine *engine, const json_t *line)
{
	struct reflexion *loop = engine->owner;
	size_t n = json_array_size(json_object_get(line, "attempts"));

	if (!json_is_true(json_object_get(line, "solved")) || n < 1 || n > ATTEMPTS_MAX)
		return;
	engine->n_good++;
	loop->solved_at[n]++;
}

static const struct engine_loop functions = {
	.label = "reflexion",
	.new_task = new_task,
	.free_task = free_task,
	.begin = ask,
	.take_text = take_text,
	.take_result = take_result,
	.take_verdict = take_verdict,
	.to_json = to_json,
	.take_done = take_done,
};

/* ---------------------------------------------------------------- the command */

static void print_summary(const struct engine *engine)
{
	const struct reflexion *loop = engine->owner;
	size_t solved = 0;

	fprintf(stderr, "assay: %zu of %zu tasks solved", engine->n_good, engine->n_ended);
	engine_print_counts(engine);
	for (uint32_t i = 1; i <= loop->max_attempts && engine->n_ended > 0; i++) {
		solved += loop->solved_at[i];
		fprintf(stderr, "assay: pass@1 after %" PRIu32 " attempt%s: %.1f %%\n", i,
			i == 1 ? "" : "s", 100.0 * (double)solved / (double)engine->n_ended);
	}
}

int loop_reflexion(struct cli_context *context, int argc, char **argv)
{
	struct reflexion loop = {.max_attempts = ATTEMPTS_DEFAULT, .memory = MEMORY_DEFAULT};
	struct engine engine = {
		.context = context, .options = &loop.options, .loop = &functions, .owner = &loop};
	int status;

	argp_parse(&arguments_parser, argc, argv, 0, NULL, &loop);
	status = engine_run(&engine);
	if (engine.flight != NULL && !loop.options.is_quiet)
		print_summary(&engine);
	engine_deinit(&engine);
	return status;
}
