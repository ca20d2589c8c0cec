/*
 * assay loop reflexion: attempt, be judged, reflect, try again. Part of the command line `assay`.
 *
 * Many tasks go on at one time, each at its own step (episode.c). The loop waits in one place for
 * the model and for the daemon. A task's line is written when it has ended; the model's answers are
 * in a journal beside the output as soon as they have come, so that --resume asks nothing twice:
 * tasks that had not ended are begun again, from the journal.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/flight.h"
#include "client/cli/request_wishes.h"
#include "client/cli/result_json.h"
#include "client/loops/episode.h"
#include "client/loops/loop.h"
#include "client/loops/model_options.h"
#include "client/suite/lines.h"
#include "client/suite/progress.h"

#define ATTEMPTS_DEFAULT 4
#define ATTEMPTS_MAX 100
#define MEMORY_DEFAULT 3 /* Reflexion keeps one to three */

struct reflexion_arguments {
	const char *tasks_path;
	const char *out_path; /* NULL: standard output, and no journal */
	uint32_t max_attempts, memory;
	bool is_resumed, is_quiet;
	struct model_options model;
	struct request_wishes wishes;
};

struct reflexion {
	struct cli_context *context;
	struct reflexion_arguments arguments;
	struct tasks tasks;
	json_t *done; /* names of the tasks that the output has */
	FILE *out;
	struct model *model;
	struct flight *flight;
	struct progress *progress;
	LIST_HEAD(episodes, episode) active;
	size_t next_task;
	size_t n_active;
	uint32_t *solved_at; /* [1..max_attempts]: tasks that this attempt has solved */
	size_t n_ended, n_solved, n_unjudged, n_known, n_before;
	uint64_t prompt_tokens, completion_tokens;
	char journal_path[4096];
};

/* ---------------------------------------------------------------- options */

enum { OPTION_ATTEMPTS = 256, OPTION_MEMORY, OPTION_RESUME };

static const struct argp_option option_list[] = {
	{"out", 'o', "FILE", 0,
	 "Write the trajectories to FILE, and what the model answered to FILE.journal", 0},
	{"resume", OPTION_RESUME, NULL, 0, "Go on with --out FILE", 0},
	{"max-attempts", OPTION_ATTEMPTS, "N", 0, "Attempts at each task (default 4)", 0},
	{"memory", OPTION_MEMORY, "N", 0, "Earlier attempts that a question shows (default 3)", 0},
	{"quiet", 'q', NULL, 0, "No progress bar and no summary", 0},
	{0},
};

static uint32_t number_of(const char *text, struct argp_state *state, const char *option)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (text[0] < '1' || text[0] > '9' || *end != '\0' || number > ATTEMPTS_MAX)
		argp_error(state, "%s: '%s' is no number from 1 to %d", option, text, ATTEMPTS_MAX);
	return (uint32_t)number;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct reflexion_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->model;
		state->child_inputs[1] = &arguments->wishes;
		return 0;
	case 'o':
		arguments->out_path = argument;
		return 0;
	case OPTION_RESUME:
		arguments->is_resumed = true;
		return 0;
	case OPTION_ATTEMPTS:
		arguments->max_attempts = number_of(argument, state, "--max-attempts");
		return 0;
	case OPTION_MEMORY:
		arguments->memory = number_of(argument, state, "--memory");
		return 0;
	case 'q':
		arguments->is_quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->tasks_path != NULL)
			argp_error(state, "only one file of TASKS");
		arguments->tasks_path = argument;
		return 0;
	case ARGP_KEY_END:
		if (arguments->tasks_path == NULL)
			argp_error(state, "TASKS are missing");
		if (arguments->is_resumed && arguments->out_path == NULL)
			argp_error(state, "--resume needs --out FILE");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child shared_options[] = {
	{&model_options_argp, 0, NULL, 0}, {&request_wishes_argp, 0, NULL, 0}, {0}};

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

static int ask(struct reflexion *loop, struct episode *episode)
{
	char step[32];

	episode_step(episode, step, sizeof(step));
	return model_ask(loop->model, episode->task->name, step,
			 episode_messages(episode, loop->arguments.memory), episode);
}

static int end(struct reflexion *loop, struct episode *episode)
{
	json_t *object = episode_to_json(episode);
	char *line = object != NULL ? json_to_line(object) : NULL;
	int err = line == NULL ? -ENOMEM : 0;

	errno = 0;
	if (err == 0 && (fprintf(loop->out, "%s\n", line) < 0 || fflush(loop->out) != 0))
		err = errno != 0 ? -errno : -EIO;
	free(line);
	json_decref(object);
	loop->n_ended++;
	loop->n_solved += episode->is_solved;
	loop->n_unjudged += episode->problem != NULL;
	if (episode->is_solved)
		loop->solved_at[episode_n_attempts(episode)]++;
	progress_update(loop->progress, loop->n_ended, loop->n_solved);
	LIST_REMOVE(episode, link);
	episode_free(episode);
	loop->n_active--;
	return err;
}

static int fail(struct reflexion *loop, struct episode *episode, const char *problem)
{
	snprintf(episode->text, sizeof(episode->text), "%s", problem);
	episode->problem = episode->text;
	return end(loop, episode);
}

/* The attempt that the model has just made. */
static int judge(struct reflexion *loop, struct episode *episode, const char *text, size_t len)
{
	const struct task *task = episode->task;
	assay_request *request = NULL;
	int err = loop->tasks.format->new_request(task->record, &request);

	if (err == 0)
		err = assay_request_set_text(request, ASSAY_REQUEST_ID, task->name,
					     strlen(task->name));
	if (err == 0)
		err = request_wishes_apply(&loop->arguments.wishes, request);
	if (err == 0)
		err = assay_request_set_number(request, ASSAY_REQUEST_EXTRACT_LAST_FENCE, 1);
	if (err == 0)
		err = assay_request_add_candidate(request, NULL, text, len);
	if (err >= 0)
		return flight_push(loop->flight, request, len, episode);
	assay_request_free(request);
	return err == -ENOMEM ? err : fail(loop, episode, "the task cannot be made a request");
}

static int take_model_answer(struct reflexion *loop, const struct model_answer *answer)
{
	struct episode *episode = answer->owner;
	bool was_reflecting = episode->is_reflecting;
	int err;

	loop->n_known += answer->is_recorded;
	loop->prompt_tokens += answer->prompt_tokens;
	loop->completion_tokens += answer->completion_tokens;
	if (answer->text == NULL)
		return fail(loop, episode, answer->problem);
	err = episode_take_text(episode, answer->text, answer->len);
	if (err < 0)
		return err;
	return was_reflecting ? ask(loop, episode)
			      : judge(loop, episode, answer->text, answer->len);
}

/* The daemon has said all about an attempt. */
static int take_verdict(struct reflexion *loop, struct episode *episode)
{
	if (!episode_is_judged(episode))
		return fail(loop, episode, "the daemon gave no verdict about the candidate");
	if (episode->is_solved || episode_n_attempts(episode) == loop->arguments.max_attempts)
		return end(loop, episode);
	episode->is_reflecting = true;
	return ask(loop, episode);
}

static int take_flight_answer(struct reflexion *loop, const struct flight_answer *answer)
{
	switch (answer->type) {
	case FLIGHT_RESULT:
		return episode_take_result(answer->owner, answer->result);
	case FLIGHT_DONE:
		return take_verdict(loop, answer->owner);
	case FLIGHT_REFUSED:
		return fail(loop, answer->owner, answer->message);
	default:
		return 0;
	}
}

/* ---------------------------------------------------------------- all of them */

static int begin_tasks(struct reflexion *loop)
{
	while (loop->n_active < loop->arguments.model.n_in_flight &&
	       loop->next_task < loop->tasks.n) {
		const struct task *task = &loop->tasks.items[loop->next_task++];
		struct episode *episode;
		int err;

		if (task->is_duplicate || json_object_get(loop->done, task->name) != NULL)
			continue;
		episode = episode_new(loop->tasks.format, task);
		if (episode == NULL)
			return -ENOMEM;
		LIST_INSERT_HEAD(&loop->active, episode, link);
		loop->n_active++;
		err = ask(loop, episode);
		if (err < 0)
			return err;
	}
	return 0;
}

/* Everything that the model has said by now. */
static int take_model_answers(struct reflexion *loop)
{
	struct model_answer answer;
	int err;

	while ((err = model_next(loop->model, &answer)) == 0) {
		err = take_model_answer(loop, &answer);
		if (err < 0)
			return err;
	}
	return err == -EAGAIN || err == -ENODATA ? 0 : err;
}

/* 0: all tasks have ended; -EINTR; -ECONNRESET: the daemon is gone; other: of writing, memory. */
static int run(struct reflexion *loop)
{
	for (;;) {
		struct flight_answer answer;
		int err = begin_tasks(loop);

		if (err == 0)
			err = take_model_answers(loop);
		if (err == 0 && loop->n_active == 0 && loop->next_task == loop->tasks.n)
			return 0;
		if (err == 0 && loop->n_active == 0)
			continue;
		if (err == 0)
			err = flight_next(loop->flight, model_fd(loop->model), &answer);
		if (err == 0)
			err = take_flight_answer(loop, &answer);
		if (err < 0)
			return err;
	}
}

/* ---------------------------------------------------------------- output and resuming */

static void take_done(struct reflexion *loop, const char *text, size_t len)
{
	json_t *line = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	const char *name = json_string_value(json_object_get(line, "task"));
	size_t n = json_array_size(json_object_get(line, "attempts"));
	bool is_solved = json_is_true(json_object_get(line, "solved"));

	/* One that has a problem was not tried to its end: it is tried again. */
	if (name != NULL && json_object_get(line, "problem") == NULL &&
	    json_object_set_new(loop->done, name, json_true()) == 0) {
		loop->n_before++;
		loop->n_ended++;
		loop->n_solved += is_solved;
		if (is_solved && n >= 1 && n <= loop->arguments.max_attempts)
			loop->solved_at[n]++;
	}
	json_decref(line);
}

static int load_done(struct reflexion *loop, const char *path)
{
	struct lines *lines;
	size_t len;
	char *text;
	int err = lines_open(path, &lines);

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	while ((err = lines_next(lines, &text, &len)) == 0)
		take_done(loop, text, len);
	lines_close(lines);
	return err < 0 ? err : 0;
}

static int open_output(struct reflexion *loop)
{
	const struct reflexion_arguments *arguments = &loop->arguments;
	const char *path = arguments->out_path;
	int err = 0;

	loop->out = stdout;
	if (path == NULL)
		return CLI_DONE;
	snprintf(loop->journal_path, sizeof(loop->journal_path), "%s.journal", path);
	if (!arguments->is_resumed && access(loop->journal_path, F_OK) == 0) {
		cli_error("%s is there: --resume goes on with it", loop->journal_path);
		return CLI_USAGE;
	}
	if (arguments->is_resumed)
		err = load_done(loop, path);
	if (err == 0) {
		loop->out = fopen(path, arguments->is_resumed ? "ae" : "we");
		err = loop->out == NULL ? -errno : 0;
	}
	if (err == 0)
		return CLI_DONE;
	loop->out = stdout;
	cli_error("cannot write %s: %s", path, strerror(-err));
	return CLI_USAGE;
}

static int open_model(struct reflexion *loop)
{
	const char *journal = loop->journal_path[0] != '\0' ? loop->journal_path : NULL;
	static struct model_settings settings; /* the model borrows it */
	const char *path;
	int err;

	settings = model_options_settings(&loop->arguments.model, journal);
	err = model_new(&settings, &loop->model, &path);
	if (err == 0)
		return CLI_DONE;
	cli_error("cannot use %s: %s", path,
		  err == -EBADMSG ? "a line of it is no answer" : strerror(-err));
	return CLI_USAGE;
}

static int load_tasks(struct reflexion *loop)
{
	struct complaints complaints = {.say = cli_error};
	int err = tasks_load(loop->arguments.tasks_path, &complaints, &loop->tasks);

	complain_rest(&complaints);
	if (err < 0)
		cli_error("cannot read %s: %s", loop->arguments.tasks_path, strerror(-err));
	return err == 0 ? CLI_DONE : CLI_USAGE;
}

/* ---------------------------------------------------------------- the command */

static void print_summary(const struct reflexion *loop)
{
	size_t solved = 0;

	fprintf(stderr, "assay: %zu of %zu tasks solved", loop->n_solved, loop->n_ended);
	if (loop->n_unjudged > 0)
		fprintf(stderr, "; %zu could not be tried to their end", loop->n_unjudged);
	if (loop->n_before > 0)
		fprintf(stderr, "; %zu had ended before", loop->n_before);
	fprintf(stderr, "; %" PRIu64 " + %" PRIu64 " tokens", loop->prompt_tokens,
		loop->completion_tokens);
	if (loop->n_known > 0)
		fprintf(stderr, ", %zu answers were recorded", loop->n_known);
	fputc('\n', stderr);
	for (uint32_t i = 1; i <= loop->arguments.max_attempts && loop->n_ended > 0; i++) {
		solved += loop->solved_at[i];
		fprintf(stderr, "assay: pass@1 after %" PRIu32 " attempt%s: %.1f %%\n", i,
			i == 1 ? "" : "s", 100.0 * (double)solved / (double)loop->n_ended);
	}
}

static int conclude(struct reflexion *loop, int err)
{
	progress_free(loop->progress);
	loop->progress = NULL;
	if (err < 0 && err != -EINTR && err != -ECONNRESET && err != -EPIPE)
		cli_error("cannot go on: %s", strerror(-err));
	if (err == -EINTR)
		fputs("assay: interrupted; what has ended is kept\n", stderr);
	if (!loop->arguments.is_quiet && err != -EPIPE)
		print_summary(loop);
	if (err == -EINTR || err == -EPIPE)
		return CLI_INTERRUPTED;
	if (err == -ECONNRESET)
		return CLI_NO_DAEMON;
	if (err < 0)
		return CLI_USAGE;
	return loop->n_unjudged > 0 ? CLI_BAD_INPUT : CLI_DONE;
}

static int run_all(struct reflexion *loop)
{
	int status = open_model(loop);

	if (status != CLI_DONE)
		return status;
	status = cli_connect(loop->context);
	if (status != CLI_DONE)
		return status;
	loop->flight = flight_new(loop->context, 0);
	if (loop->flight == NULL)
		return conclude(loop, -ENOMEM);
	if (!loop->arguments.is_quiet)
		loop->progress = progress_new("reflexion", loop->tasks.n);
	return conclude(loop, run(loop));
}

/* What had not ended, and what it waited for. */
static void forget(struct reflexion *loop)
{
	struct episode *episode, *next;

	flight_free(loop->flight);
	model_free(loop->model);
	LIST_FOREACH_SAFE(episode, &loop->active, link, next)
	episode_free(episode);
}

int loop_reflexion(struct cli_context *context, int argc, char **argv)
{
	struct reflexion loop = {
		.context = context,
		.arguments = {.max_attempts = ATTEMPTS_DEFAULT, .memory = MEMORY_DEFAULT},
	};
	int status;

	argp_parse(&arguments_parser, argc, argv, 0, NULL, &loop.arguments);
	context->quiet = loop.arguments.is_quiet;
	loop.done = json_object();
	loop.solved_at = calloc(loop.arguments.max_attempts + 1, sizeof(*loop.solved_at));
	status = load_tasks(&loop);
	if (status == CLI_DONE) {
		status = open_output(&loop);
		if (status == CLI_DONE)
			status = run_all(&loop);
		forget(&loop);
		tasks_deinit(&loop.tasks);
	}
	if (loop.out != NULL && loop.out != stdout && fclose(loop.out) != 0 && status == CLI_DONE)
		status = CLI_USAGE;
	model_options_deinit(&loop.arguments.model);
	json_decref(loop.done);
	free(loop.solved_at);
	return status;
}
