/*
 * assay loop reflexion: attempt, be judged, reflect, try again. Part of the command line `assay`.
 *
 * engine.c runs many tasks at one time; episode.c is what one of them remembers and asks.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/option_number.h"
#include "client/loops/engine.h"
#include "client/loops/episode.h"
#include "client/loops/loop.h"

#define ATTEMPTS_DEFAULT 4
#define ATTEMPTS_MAX 100
#define MEMORY_DEFAULT 3 /* Reflexion keeps one to three */

#define OWN_TESTS_MAX 6 /* as many as Reflexion asks for */

/* What an attempt is judged by. With others than the given ones, those are for the end. */
enum tests_of_attempts { TESTS_GIVEN, TESTS_VISIBLE, TESTS_OWN };

static const char *const tests_names[] = {
	[TESTS_GIVEN] = "given", [TESTS_VISIBLE] = "visible", [TESTS_OWN] = "own"};

struct reflexion {
	struct engine_options options; /* first: what the shared parser fills */
	uint32_t max_attempts, memory;
	enum tests_of_attempts tests;
	uint32_t passed_after[ATTEMPTS_MAX + 1]; /* tasks that pass after so many attempts */
};

enum { OPTION_ATTEMPTS = 256, OPTION_MEMORY, OPTION_TESTS };

static const struct argp_option option_list[] = {
	{"max-attempts", OPTION_ATTEMPTS, "N", 0, "Attempts at each task (default 4)", 0},
	{"memory", OPTION_MEMORY, "N", 0, "Earlier attempts that a question shows (default 3)", 0},
	{"tests", OPTION_TESTS, "WHICH", 0,
	 "What attempts are judged by: given (default: the task's own tests), visible (those that "
	 "the task shows: not hidden ones, or the examples of its prompt), own (the model's own, "
	 "written first). With the last two, all of the task's tests judge the attempts at the "
	 "end, and nothing of that is told the model",
	 0},
	{0},
};

static enum tests_of_attempts tests_of(const char *name, struct argp_state *state)
{
	for (size_t i = 0; i < sizeof(tests_names) / sizeof(tests_names[0]); i++)
		if (strcmp(tests_names[i], name) == 0)
			return (enum tests_of_attempts)i;
	argp_error(state, "--tests: '%s' is none of given, visible, own", name);
	return TESTS_GIVEN;
}

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
	case OPTION_TESTS:
		loop->tests = tests_of(argument, state);
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

static const char no_verdict[] = "the daemon gave no verdict about the candidate";

static void count(struct reflexion *loop, const json_t *attempts)
{
	for (uint32_t i = 1; i <= ATTEMPTS_MAX; i++)
		loop->passed_after[i] += episode_passed_after(attempts, i);
}

static struct engine_task *new_task(struct engine *engine, const struct task *task)
{
	const struct reflexion *loop = engine->owner;
	struct episode *episode = episode_new(engine->tasks.format, task);

	if (episode == NULL || loop->tests == TESTS_GIVEN)
		return (struct engine_task *)episode;
	episode->has_inner = true;
	if (inner_tests_init(&episode->inner, task) == 0)
		return &episode->base;
	episode_free(episode);
	return NULL;
}

static void free_task(struct engine_task *task)
{
	episode_free((struct episode *)task);
}

static int ask(struct engine *engine, struct engine_task *task)
{
	const struct reflexion *loop = engine->owner;
	struct episode *episode = (struct episode *)task;
	char step[32];

	if (episode->phase != EPISODE_REFLECTS)
		episode->phase = EPISODE_ATTEMPTS;
	episode_step(episode, step, sizeof(step));
	return engine_ask(engine, task, step, episode_messages(episode, loop->memory));
}

/* ---------------------------------------------------------------- judging */

/* Takes what `err` says of making the request. */
static int submit(struct engine *engine, struct engine_task *task, assay_request *request, int err,
		  size_t bytes)
{
	if (err >= 0)
		return engine_judge(engine, task, request, bytes);
	assay_request_free(request);
	return err;
}

static int refuse(struct engine *engine, struct engine_task *task, int err)
{
	return err == -EINVAL ? engine_fail(engine, task, "the task cannot be made a request")
			      : err;
}

/* The attempts from `first` on, by the task's own tests or by those of its `record`. */
static int judge(struct engine *engine, struct episode *episode, const json_t *record, size_t first)
{
	assay_request *request;
	struct engine_task *task = &episode->base;
	int err = record != NULL ? engine_new_request_of(engine, task, record, &request)
				 : engine_new_request(engine, task, &request);
	size_t bytes = 0;

	if (err < 0)
		return refuse(engine, task, err);
	if (!engine->tasks.format->is_text(task->task->record))
		err = assay_request_set_number(request, ASSAY_REQUEST_EXTRACT_LAST_FENCE, 1);
	for (size_t i = first; i < json_array_size(episode->attempts) && err >= 0; i++) {
		const json_t *text = json_object_get(json_array_get(episode->attempts, i), "text");

		bytes += json_string_length(text);
		err = assay_request_add_candidate(request, NULL, json_string_value(text),
						  json_string_length(text));
	}
	return submit(engine, task, request, err, bytes);
}

/* All attempts by the task's own tests, which no question has told of. */
static int judge_at_end(struct engine *engine, struct episode *episode)
{
	episode->phase = EPISODE_ENDS;
	episode->base.is_good = false; /* what other tests said counts no more */
	return judge(engine, episode, NULL, 0);
}

static int judge_attempt(struct engine *engine, struct episode *episode)
{
	if (!episode->has_inner)
		return judge(engine, episode, NULL, episode_n_attempts(episode) - 1);
	if (!inner_tests_are_there(&episode->inner))
		return judge_at_end(engine, episode); /* nothing to reflect on */
	return judge(engine, episode, episode->inner.record, episode_n_attempts(episode) - 1);
}

/* Which tests of a text can be used; then the first attempt. */
static int check_tests(struct engine *engine, struct episode *episode)
{
	struct engine_task *task = &episode->base;
	assay_request *request;
	json_t *record;
	char *code;
	int err;

	episode->phase = EPISODE_CHECKS;
	if (!inner_tests_next(&episode->inner, &record, &code))
		return ask(engine, task);
	if (record == NULL)
		return -ENOMEM;
	err = engine_new_request_of(engine, task, record, &request);
	json_decref(record);
	if (err == 0)
		err = submit(engine, task, request,
			     assay_request_add_candidate(request, NULL, code, strlen(code)),
			     strlen(code));
	else
		err = refuse(engine, task, err);
	free(code);
	return err;
}

static int begin(struct engine *engine, struct engine_task *task)
{
	const struct reflexion *loop = engine->owner;
	struct episode *episode = (struct episode *)task;
	int err;

	if (!episode->has_inner || engine->tasks.format->is_text(task->task->record))
		return ask(engine, task);
	if (loop->tests == TESTS_OWN) {
		episode->phase = EPISODE_WRITES_TESTS;
		return engine_ask(engine, task, "tests",
				  episode_ask_for_tests(episode, OWN_TESTS_MAX));
	}
	err = inner_tests_take_visible(&episode->inner, task->task);
	return err < 0 ? err : check_tests(engine, episode);
}

/* ---------------------------------------------------------------- what comes */

static int take_text(struct engine *engine, struct engine_task *task, const char *text, size_t len)
{
	struct episode *episode = (struct episode *)task;
	int err;

	if (episode->phase == EPISODE_WRITES_TESTS) {
		err = inner_tests_take_answer(&episode->inner, text, OWN_TESTS_MAX);
		return err < 0 ? err : check_tests(engine, episode);
	}
	err = episode_take_text(episode, text, len);
	if (err < 0)
		return err;
	if (episode->phase == EPISODE_ATTEMPTS)
		return judge_attempt(engine, episode);
	episode->phase = EPISODE_ATTEMPTS;
	return ask(engine, task);
}

static int take_result(struct engine *engine, struct engine_task *task, const assay_result *result)
{
	struct episode *episode = (struct episode *)task;

	(void)engine;
	switch (episode->phase) {
	case EPISODE_CHECKS:
		return inner_tests_take_result(&episode->inner, result);
	case EPISODE_ENDS:
		return episode_take_real_result(episode, result);
	default:
		return episode_take_result(episode, result);
	}
}

static int end(struct engine *engine, struct engine_task *task)
{
	struct reflexion *loop = engine->owner;
	const struct episode *episode = (struct episode *)task;

	if (episode->phase == EPISODE_ENDS && !episode_is_really_judged(episode))
		return engine_fail(engine, task, no_verdict);
	count(loop, episode->attempts);
	return engine_end(engine, task);
}

static int take_verdict(struct engine *engine, struct engine_task *task)
{
	const struct reflexion *loop = engine->owner;
	struct episode *episode = (struct episode *)task;

	if (episode->phase == EPISODE_CHECKS)
		return check_tests(engine, episode);
	if (episode->phase == EPISODE_ENDS)
		return end(engine, task);
	if (!episode_is_judged(episode))
		return engine_fail(engine, task, no_verdict);
	if (!task->is_good && episode_n_attempts(episode) < loop->max_attempts) {
		episode->phase = EPISODE_REFLECTS;
		return ask(engine, task);
	}
	return episode->has_inner ? judge_at_end(engine, episode) : end(engine, task);
}

static json_t *to_json(const struct engine_task *task)
{
	return episode_to_json((const struct episode *)task);
}

static void take_done(struct engine *engine, const json_t *line)
{
	struct reflexion *loop = engine->owner;

	engine->n_good += json_is_true(json_object_get(line, "solved"));
	count(loop, json_object_get(line, "attempts"));
}

static const struct engine_loop functions = {
	.label = "reflexion",
	.new_task = new_task,
	.free_task = free_task,
	.begin = begin,
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

	fprintf(stderr, "assay: %zu of %zu tasks solved", engine->n_good, engine->n_ended);
	engine_print_counts(engine);
	for (uint32_t i = 1; i <= loop->max_attempts && engine->n_ended > 0; i++) {
		fprintf(stderr, "assay: pass@1 after %" PRIu32 " attempt%s: %.1f %%\n", i,
			i == 1 ? "" : "s", 100.0 * loop->passed_after[i] / (double)engine->n_ended);
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
