/*
 * assay loop star: keep the rationales that led to right answers, rationalise the others with the
 * answer as a hint, train on both. Part of the command line `assay`.
 *
 * Of each task N samples are asked for together and judged in one request; the first right one is
 * kept. If there is none, the model is asked again with the hint, and its text is kept if it is
 * right; the hint is in no line of the training file. What is wrong with the hint, too, is dropped.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/option_number.h"
#include "client/cli/result_json.h"
#include "client/loops/engine.h"
#include "client/loops/iterations.h"
#include "client/loops/loop.h"
#include "client/loops/training_file.h"

#define SAMPLES_MAX 64
#define ITERATIONS_MAX 1000

static const char instruction_text[] = "Solve the problem step by step. End with a line \"#### "
				       "ANSWER\" that holds the final answer "
				       "alone.";
static const char instruction_code[] =
	"You are a programmer. Explain in a few sentences how to solve the task, then write the "
	"whole "
	"solution, with all imports that it needs, in one block of code between ``` lines.";

struct star {
	struct engine_options options; /* first: what the shared parser fills */
	struct cli_context *context;
	const char *train_path, *train_command;
	uint32_t n_samples, n_iterations;
	bool has_no_hints;
	size_t n_kept, n_hinted;
};

struct problem {
	struct engine_task base; /* first; is_good: a text is kept */
	char *prompt;
	bool is_text;
	bool is_hinted;  /* the present question has the hint */
	json_t *samples; /* objects, in the order in which they came; judged together */
	size_t n_judged;
	size_t kept;
};

/* ---------------------------------------------------------------- options */

enum {
	OPTION_SAMPLES = 256,
	OPTION_TRAIN,
	OPTION_NO_HINTS,
	OPTION_ITERATIONS,
	OPTION_TRAIN_COMMAND,
};

static const struct argp_option option_list[] = {
	{"train", OPTION_TRAIN, "FILE", 0,
	 "Write what is to be trained on: lines of {\"prompt\", \"completion\"}. Needs --out", 0},
	{"samples", OPTION_SAMPLES, "N", 0, "Samples of each task (default 1)", 0},
	{"no-hints", OPTION_NO_HINTS, NULL, 0, "Drop what is wrong without a second question", 0},
	{"train-command", OPTION_TRAIN_COMMAND, "COMMAND", 0,
	 "Then train: COMMAND is given the file's path and the iteration's number, and may print "
	 "\"model=NAME\" and \"model-url=URL\". Files get the iteration's number at their end",
	 0},
	{"iterations", OPTION_ITERATIONS, "N", 0, "Do all of it N times (default 1)", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct star *loop = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &loop->options;
		return 0;
	case OPTION_TRAIN:
		loop->train_path = argument;
		return 0;
	case OPTION_NO_HINTS:
		loop->has_no_hints = true;
		return 0;
	case OPTION_SAMPLES:
		loop->n_samples =
			(uint32_t)option_number_whole(argument, 1, SAMPLES_MAX, state, "--samples");
		return 0;
	case OPTION_TRAIN_COMMAND:
		loop->train_command = argument;
		return 0;
	case OPTION_ITERATIONS:
		loop->n_iterations = (uint32_t)option_number_whole(argument, 1, ITERATIONS_MAX,
								   state, "--iterations");
		return 0;
	case ARGP_KEY_END:
		if (loop->n_iterations > 1 && loop->train_command == NULL)
			argp_error(state, "--iterations needs --train-command COMMAND");
		if (loop->train_command != NULL && loop->train_path == NULL)
			argp_error(state, "--train-command needs --train FILE");
		if (loop->train_path != NULL && loop->options.out_path == NULL)
			argp_error(state, "--train needs --out FILE");
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
	.doc = "Make training data by STaR (Zelikman et al., 2022): keep what the model solved, "
	       "ask "
	       "again with the answer as a hint where it did not, drop what stays wrong. TASKS is "
	       "a "
	       "file of GSM8K, HumanEval, MBPP, or of tasks as `assay eval` reads them.\v"
	       "A line of the output is a task: {\"task\", \"prompt\", \"kept\", \"hinted\", "
	       "\"completion\", \"samples\"}.\n\n"
	       "Exit status: 0 all tasks were tried, 4 some could not be, 130 interrupted (what is "
	       "finished is kept).",
};

/* ---------------------------------------------------------------- one task's steps */

static void free_task(struct engine_task *task)
{
	struct problem *problem = (struct problem *)task;

	json_decref(problem->samples);
	free(problem->prompt);
	free(problem);
}

static struct engine_task *new_task(struct engine *engine, const struct task *task)
{
	struct problem *problem = calloc(1, sizeof(*problem));

	if (problem == NULL)
		return NULL;
	problem->prompt = engine->tasks.format->new_prompt(task->record);
	problem->is_text = engine->tasks.format->is_text(task->record);
	problem->samples = json_array();
	if (problem->prompt != NULL && problem->samples != NULL)
		return &problem->base;
	free_task(&problem->base);
	return NULL;
}

/* `hint` NULL: none is given. */
static json_t *question(const struct problem *problem, const char *hint, size_t len)
{
	json_t *messages = json_array();
	char *content;

	if (messages == NULL ||
	    engine_add_message(messages, "system",
			       problem->is_text ? instruction_text : instruction_code) < 0)
		return messages;
	if (hint == NULL) {
		engine_add_message(messages, "user", problem->prompt);
		return messages;
	}
	if (asprintf(&content,
		     "%s\n\nHint: %s\n\n%.*s\n\nDerive it as if you did not know it, and do not "
		     "mention the hint.",
		     problem->prompt,
		     problem->is_text ? "the final answer is" : "this is a right solution:",
		     (int)len, hint) < 0) {
		json_decref(messages);
		return NULL;
	}
	engine_add_message(messages, "user", content);
	free(content);
	return messages;
}

static int begin(struct engine *engine, struct engine_task *task)
{
	const struct star *loop = engine->owner;
	int err = 0;

	for (uint32_t i = 1; i <= loop->n_samples && err == 0; i++) {
		char step[32];

		snprintf(step, sizeof(step), "sample %" PRIu32, i);
		err = engine_ask(engine, task, step, question((struct problem *)task, NULL, 0));
	}
	return err;
}

/* All samples that were not judged yet, as the candidates of one request. */
static int judge(struct engine *engine, struct problem *problem)
{
	assay_request *request;
	int err = engine_new_request(engine, &problem->base, &request);
	size_t bytes = 0;

	if (err == -EINVAL)
		return engine_fail(engine, &problem->base, "the task cannot be made a request");
	if (err < 0)
		return err;
	if (!problem->is_text)
		err = assay_request_set_number(request, ASSAY_REQUEST_EXTRACT_LAST_FENCE, 1);
	for (size_t i = problem->n_judged; i < json_array_size(problem->samples) && err >= 0; i++) {
		const json_t *text = json_object_get(json_array_get(problem->samples, i), "text");

		bytes += json_string_length(text);
		err = assay_request_add_candidate(request, NULL, json_string_value(text),
						  json_string_length(text));
	}
	if (err >= 0)
		return engine_judge(engine, &problem->base, request, bytes);
	assay_request_free(request);
	return err;
}

static int take_text(struct engine *engine, struct engine_task *task, const char *text, size_t len)
{
	const struct star *loop = engine->owner;
	struct problem *problem = (struct problem *)task;
	json_t *sample = json_pack("{ss%sb}", "text", text, len, "hinted", problem->is_hinted);

	if (sample == NULL || json_array_append_new(problem->samples, sample) < 0)
		return -ENOMEM;
	if (!problem->is_hinted && json_array_size(problem->samples) < loop->n_samples)
		return 0;
	return judge(engine, problem);
}

static int take_result(struct engine *engine, struct engine_task *task, const assay_result *result)
{
	static const char *const kept[] = {"verdict", "passed", "maskable", "feedback"};
	struct problem *problem = (struct problem *)task;
	size_t at = problem->n_judged + assay_result_number(result, ASSAY_RESULT_CANDIDATE_INDEX);
	json_t *sample = json_array_get(problem->samples, at), *object = result_to_json(result);
	int err = object == NULL ? -ENOMEM : 0;

	(void)engine;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]) && err == 0; i++)
		if (json_object_set(sample, kept[i], json_object_get(object, kept[i])) < 0)
			err = -ENOMEM;
	json_decref(object);
	return err;
}

/* The first one that is right, of those that were just judged. */
static void keep(struct problem *problem)
{
	const size_t n = json_array_size(problem->samples);

	for (size_t i = problem->n_judged; i < n && !problem->base.is_good; i++) {
		const json_t *sample = json_array_get(problem->samples, i);

		problem->base.is_good = json_is_true(json_object_get(sample, "passed"));
		problem->kept = i;
	}
	problem->n_judged = n;
}

static int take_verdict(struct engine *engine, struct engine_task *task)
{
	struct star *loop = engine->owner;
	struct problem *problem = (struct problem *)task;
	const char *hint;
	size_t len;

	keep(problem);
	hint = engine->tasks.format->hint(task->task->record, &len);
	if (task->is_good || problem->is_hinted || loop->has_no_hints || hint == NULL) {
		loop->n_kept += task->is_good;
		loop->n_hinted += task->is_good && problem->is_hinted;
		return engine_end(engine, task);
	}
	problem->is_hinted = true;
	return engine_ask(engine, task, "hint", question(problem, hint, len));
}

static json_t *to_json(const struct engine_task *task)
{
	const struct problem *problem = (const struct problem *)task;
	json_t *object =
		json_pack("{sssssbsO}", "task", task->task->name, "prompt", problem->prompt, "kept",
			  task->is_good, "samples", problem->samples);
	const json_t *sample = json_array_get(problem->samples, problem->kept);

	if (object == NULL || !task->is_good)
		return object;
	json_object_set(object, "completion", json_object_get(sample, "text"));
	json_object_set(object, "hinted", json_object_get(sample, "hinted"));
	return object;
}

static void take_done(struct engine *engine, const json_t *line)
{
	struct star *loop = engine->owner;

	if (!json_is_true(json_object_get(line, "kept")))
		return;
	engine->n_good++;
	loop->n_kept++;
	loop->n_hinted += json_is_true(json_object_get(line, "hinted"));
}

static const struct engine_loop functions = {
	.label = "star",
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

static int rows_of(const json_t *line, void *owner, json_t *rows)
{
	(void)owner;
	if (!json_is_true(json_object_get(line, "kept")))
		return 0;
	return json_array_append_new(rows, json_pack("{sOsOsOsO}", "prompt",
						     json_object_get(line, "prompt"), "completion",
						     json_object_get(line, "completion"), "task",
						     json_object_get(line, "task"), "hinted",
						     json_object_get(line, "hinted"))) < 0
		       ? -ENOMEM
		       : 0;
}

static void print_summary(const struct engine *engine)
{
	const struct star *loop = engine->owner;

	fprintf(stderr, "assay: %zu of %zu tasks kept, %zu of them by the hint", loop->n_kept,
		engine->n_ended, loop->n_hinted);
	engine_print_counts(engine);
}

/* All tasks once, with these options, which the run takes. */
static int run(struct star *loop, struct engine_options *options, const char *train_path,
	       size_t *n_lines)
{
	struct engine engine = {
		.context = loop->context, .options = options, .loop = &functions, .owner = loop};
	int err, status;

	loop->n_kept = loop->n_hinted = 0;
	status = engine_run(&engine);
	if (engine.flight != NULL && !options->is_quiet)
		print_summary(&engine);
	engine_deinit(&engine);
	if (train_path == NULL || (status != CLI_DONE && status != CLI_BAD_INPUT))
		return status;
	err = training_file_write(train_path, options->out_path, rows_of, NULL, n_lines);
	if (err < 0)
		cli_error("cannot write %s: %s", train_path, strerror(-err));
	return err < 0 ? CLI_USAGE : status;
}

static int run_iteration(void *owner, const struct iteration *iteration, size_t *n_lines)
{
	struct star *loop = owner;
	struct engine_options options = loop->options;

	json_incref(options.model.parameters);
	options.out_path = iteration->out_path;
	if (iteration->model != NULL)
		options.model.name = iteration->model;
	if (iteration->model_url != NULL) {
		options.model.url = iteration->model_url;
		options.model.command = NULL;
	}
	return run(loop, &options, iteration->train_path, n_lines);
}

int loop_star(struct cli_context *context, int argc, char **argv)
{
	struct star loop = {.context = context, .n_samples = 1, .n_iterations = 1};
	size_t n_lines;
	int status;

	argp_parse(&arguments_parser, argc, argv, 0, NULL, &loop);
	if (loop.train_command == NULL)
		return run(&loop, &loop.options, loop.train_path, &n_lines);
	status = iterations_run(&(struct iterations){
		.n = loop.n_iterations,
		.command = loop.train_command,
		.out_path = loop.options.out_path,
		.train_path = loop.train_path,
		.is_resumed = loop.options.is_resumed,
		.is_quiet = loop.options.is_quiet,
		.interrupted = context->interrupted,
		.run = run_iteration,
		.owner = &loop,
	});
	model_options_deinit(&loop.options.model);
	return status;
}
