/*
 * assay loop constitution: answers are criticised by written principles and revised, and of two
 * answers one is preferred by them. Part of the command line `assay`.
 *
 * Some principles are judged by the daemon and some by the model (principles.h). Of each task N
 * answers are asked for together and judged in one request; the best one is revised (revising.c),
 * then compared with the others (choosing.c). What is trained on is made of the output
 * (constitution_rows.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/option_number.h"
#include "client/loops/choosing.h"
#include "client/loops/constitution_rows.h"
#include "client/loops/engine.h"
#include "client/loops/loop.h"
#include "client/loops/principles.h"
#include "client/loops/revising.h"
#include "client/loops/training_file.h"

#define SAMPLES_MAX 64
#define SAMPLES_DEFAULT 2 /* with one, there is nothing that the model could choose from */

struct constitution {
	struct engine_options options; /* first: what the shared parser fills */
	const char *principles_path, *sft_path, *preferences_path;
	uint32_t n_samples;
	bool with_shared, with_broken;
	struct principles *principles;
};

/* ---------------------------------------------------------------- options */

enum { OPTION_SAMPLES = 256, OPTION_SFT, OPTION_PREFERENCES, OPTION_SHARED, OPTION_FAILED };

static const struct argp_option option_list[] = {
	{"sft", OPTION_SFT, "FILE", 0,
	 "Write revised texts to train on: lines of {\"prompt\", \"completion\"}. Needs --out", 0},
	{"preferences", OPTION_PREFERENCES, "FILE", 0,
	 "Write preferences: lines of {\"prompt\", \"chosen\", \"rejected\"}. Needs --out", 0},
	{"samples", OPTION_SAMPLES, "N", 0, "Answers to each task (default 2)", 0},
	{"failed", OPTION_FAILED, NULL, 0,
	 "Train also towards texts that break what is measured, if nothing better came", 0},
	{"shared", OPTION_SHARED, NULL, 0,
	 "Use verdicts of integrity SHARED, too, which a candidate can forge", 0},
	{0},
};

/* The file of principles, if any, is the first of two. */
static error_t take_argument(struct constitution *loop, char *argument,
			     const struct argp_state *state)
{
	if (state->arg_num > 0 || state->next >= state->argc)
		return ARGP_ERR_UNKNOWN; /* TASKS: the shared parser's */
	loop->principles_path = argument;
	return 0;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct constitution *loop = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &loop->options;
		return 0;
	case OPTION_SFT:
		loop->sft_path = argument;
		return 0;
	case OPTION_PREFERENCES:
		loop->preferences_path = argument;
		return 0;
	case OPTION_SAMPLES:
		loop->n_samples =
			(uint32_t)option_number_whole(argument, 1, SAMPLES_MAX, state, "--samples");
		return 0;
	case OPTION_FAILED:
		loop->with_broken = true;
		return 0;
	case OPTION_SHARED:
		loop->with_shared = true;
		return 0;
	case ARGP_KEY_ARG:
		return take_argument(loop, argument, state);
	case ARGP_KEY_END:
		if ((loop->sft_path != NULL || loop->preferences_path != NULL) &&
		    loop->options.out_path == NULL)
			argp_error(state, "--sft and --preferences need --out FILE");
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
	.args_doc = "[PRINCIPLES.yaml] TASKS",
	.doc = "Let a model answer, be criticised by principles, and revise (Bai et al., "
	       "\"Constitutional AI\", 2022). What can be measured the daemon judges, the rest the "
	       "model itself. Without PRINCIPLES those for code are used that were installed. "
	       "TASKS is a file of HumanEval, MBPP, GSM8K, or of tasks as `assay eval` reads "
	       "them.\v"
	       "A line of the output is a task: {\"task\", \"prompt\", \"is_sound\", \"final\", "
	       "\"texts\", \"critiques\", \"choices\"}.\n\n"
	       "Exit status: 0 all tasks were tried, 4 some could not be, 130 interrupted (what is "
	       "finished is kept).",
};

/* ---------------------------------------------------------------- one task's steps */

static struct engine_task *new_task(struct engine *engine, const struct task *task)
{
	const struct constitution *loop = engine->owner;

	return (struct engine_task *)revising_new(engine->tasks.format, task, loop->principles);
}

static void free_task(struct engine_task *task)
{
	revising_free((struct revising *)task);
}

/* The texts from `first` on, or the reference, as the candidates of one request. */
static int judge(struct engine *engine, struct revising *revising, const char *reference,
		 size_t reference_len)
{
	assay_request *request;
	int err = engine_new_request(engine, &revising->base, &request);
	size_t bytes = reference_len;

	if (err == -EINVAL)
		return engine_fail(engine, &revising->base, "the task cannot be made a request");
	if (err < 0)
		return err;
	if (reference != NULL)
		err = assay_request_add_candidate(request, NULL, reference, reference_len);
	else if (!revising->is_text)
		err = assay_request_set_number(request, ASSAY_REQUEST_EXTRACT_LAST_FENCE, 1);
	for (size_t i = revising->n_judged;
	     reference == NULL && i < json_array_size(revising->texts) && err >= 0; i++) {
		const char *text = revising_text(revising, i);

		bytes += strlen(text);
		err = assay_request_add_candidate(request, NULL, text, strlen(text));
	}
	if (err >= 0)
		return engine_judge(engine, &revising->base, request, bytes);
	assay_request_free(request);
	return err;
}

static int ask_answers(struct engine *engine, struct revising *revising)
{
	const struct constitution *loop = engine->owner;
	int err = 0;

	revising->phase = REVISING_ANSWERS;
	for (uint32_t i = 1; i <= loop->n_samples && err == 0; i++) {
		char step[32];

		snprintf(step, sizeof(step), "answer %" PRIu32, i);
		err = engine_ask(engine, &revising->base, step, revising_messages(revising));
	}
	return err;
}

static bool needs_reference(const struct principles *principles)
{
	for (unsigned int i = 0; i < principles->n; i++)
		if (principles->items[i].measure != NULL &&
		    principles->items[i].measure->is_of_time)
			return true;
	return false;
}

static int begin(struct engine *engine, struct engine_task *task)
{
	struct revising *revising = (struct revising *)task;
	size_t len;
	const char *reference = engine->tasks.format->reference(task->task->record, &len);

	if (reference == NULL || revising->is_text || !needs_reference(revising->principles))
		return ask_answers(engine, revising);
	revising->phase = REVISING_MEASURES;
	return judge(engine, revising, reference, len);
}

static int ask_choice(struct engine *engine, struct revising *revising)
{
	json_t *messages;
	char step[48];

	if (!choosing_next(revising, &messages, step, sizeof(step)))
		return engine_end(engine, &revising->base);
	return engine_ask(engine, &revising->base, step, messages);
}

/* To the next question about the best text, then to the choices. */
static int go_on(struct engine *engine, struct revising *revising)
{
	char step[96];
	int err;

	if (revising_go_on(revising)) {
		revising_step(revising, step, sizeof(step));
		return engine_ask(engine, &revising->base, step, revising_messages(revising));
	}
	err = choosing_begin(revising);
	return err < 0 ? err : ask_choice(engine, revising);
}

static int take_critique(struct engine *engine, struct revising *revising)
{
	char step[96];

	if (revising_is_content(revising))
		return go_on(engine, revising);
	revising->phase = REVISING_REVISES;
	revising_step(revising, step, sizeof(step));
	return engine_ask(engine, &revising->base, step, revising_messages(revising));
}

static int take_text(struct engine *engine, struct engine_task *task, const char *text, size_t len)
{
	const struct constitution *loop = engine->owner;
	struct revising *revising = (struct revising *)task;
	int err;

	if (revising->phase == REVISING_CHOOSES)
		err = choosing_take_text(revising, text);
	else
		err = revising_take_text(revising, text, len);
	if (err < 0)
		return err;
	switch (revising->phase) {
	case REVISING_CHOOSES:
		return ask_choice(engine, revising);
	case REVISING_CRITICISES:
		return take_critique(engine, revising);
	case REVISING_ANSWERS:
		return revising->n_answers < loop->n_samples ? 0 : judge(engine, revising, NULL, 0);
	default:
		return judge(engine, revising, NULL, 0);
	}
}

static int take_result(struct engine *engine, struct engine_task *task, const assay_result *result)
{
	const struct constitution *loop = engine->owner;

	return revising_take_result((struct revising *)task, result, loop->with_shared);
}

static int take_verdict(struct engine *engine, struct engine_task *task)
{
	struct revising *revising = (struct revising *)task;

	if (revising->phase == REVISING_MEASURES)
		return ask_answers(engine, revising);
	revising_settle(revising);
	if (!revising->has_best)
		return engine_fail(engine, task,
				   "no answer got a verdict that can be used: all were maskable, "
				   "or SHARED (--shared takes those)");
	return go_on(engine, revising);
}

static json_t *to_json(const struct engine_task *task)
{
	return revising_to_json((const struct revising *)task);
}

static void take_done(struct engine *engine, const json_t *line)
{
	engine->n_good += json_is_true(json_object_get(line, "is_sound"));
}

static const struct engine_loop functions = {
	.label = "constitution",
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

static int load_principles(struct constitution *loop)
{
	char path[4096], problem[PRINCIPLES_PROBLEM_MAX];
	int err;

	if (loop->principles_path != NULL)
		snprintf(path, sizeof(path), "%s", loop->principles_path);
	else
		principles_find_default(path, sizeof(path));
	err = principles_load(path, &loop->principles, problem);
	if (err == -EINVAL)
		cli_error("%s", problem);
	else if (err < 0)
		cli_error("cannot read %s: %s", path, strerror(-err));
	return err < 0 ? CLI_USAGE : CLI_DONE;
}

/* `path` NULL: it is not wanted. */
static int write_rows(struct constitution *loop, const char *path, training_rows *rows_of,
		      const char *what)
{
	size_t n;
	int err;

	if (path == NULL)
		return CLI_DONE;
	err = training_file_write(path, loop->options.out_path, rows_of, &loop->with_broken, &n);
	if (err < 0)
		cli_error("cannot write %s: %s", path, strerror(-err));
	else if (!loop->options.is_quiet)
		fprintf(stderr, "assay: %zu %s in %s\n", n, what, path);
	return err < 0 ? CLI_USAGE : CLI_DONE;
}

static int conclude(struct engine *engine, int status)
{
	struct constitution *loop = engine->owner;

	if (engine->flight != NULL && !loop->options.is_quiet) {
		fprintf(stderr, "assay: %zu of %zu tasks have a text that breaks no principle",
			engine->n_good, engine->n_ended);
		engine_print_counts(engine);
	}
	if (status != CLI_DONE && status != CLI_BAD_INPUT)
		return status;
	if (write_rows(loop, loop->sft_path, constitution_rows_final, "texts") != CLI_DONE ||
	    write_rows(loop, loop->preferences_path, constitution_rows_preferred, "preferences") !=
		    CLI_DONE)
		return CLI_USAGE;
	return status;
}

int loop_constitution(struct cli_context *context, int argc, char **argv)
{
	struct constitution loop = {.n_samples = SAMPLES_DEFAULT};
	struct engine engine = {
		.context = context, .options = &loop.options, .loop = &functions, .owner = &loop};
	int status;

	argp_parse(&arguments_parser, argc, argv, 0, NULL, &loop);
	status = load_principles(&loop);
	if (status == CLI_DONE)
		status = conclude(&engine, engine_run(&engine));
	engine_deinit(&engine);
	principles_free(loop.principles);
	return status;
}
