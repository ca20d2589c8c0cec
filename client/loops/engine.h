/*
 * What the loops have in common: tasks that go on at one time, each asking a model and the daemon
 * in its own turn; the output, a line a task; the journal; resuming. Part of `assay loop`.
 *
 * A loop is a struct engine_loop of functions. Each task's course is: begin(), then one answer for
 * each engine_ask() (take_text()) and each engine_judge() (take_result(), then take_verdict()),
 * until the loop calls engine_end(). Functions that return int give 0 or -errno, which ends the
 * loop.
 */
#pragma once

#include <bsd/sys/queue.h>
#include <jansson.h>

#include "client/cli/cli.h"
#include "client/cli/flight.h"
#include "client/loops/engine_options.h"
#include "client/suite/progress.h"
#include "client/suite/tasks.h"

/* The first member of a loop's own struct of a task. */
struct engine_task {
	LIST_ENTRY(engine_task) link;
	const struct task *task; /* borrowed */
	bool is_good;            /* what the progress bar counts; the loop sets it */
	char problem[256];       /* why it ends before its end; "": it does not */
	size_t n_asked;          /* questions that are not answered */
};

struct engine;

struct engine_loop {
	const char *label;
	/* With the tasks loaded, before anything else: an exit status. NULL: there is nothing to
	 * be done. */
	int (*prepare)(struct engine *engine);
	/* NULL when memory is short. */
	struct engine_task *(*new_task)(struct engine *engine, const struct task *task);
	void (*free_task)(struct engine_task *task);
	int (*begin)(struct engine *engine, struct engine_task *task);
	/* A text of the model. Without one the engine ends the task with the problem, once its
	 * other questions are answered. NULL: the loop asks no model, its options are
	 * engine_judging_argp's, and each task has something judged until it ends. */
	int (*take_text)(struct engine *engine, struct engine_task *task, const char *text,
			 size_t len);
	int (*take_result)(struct engine *engine, struct engine_task *task,
			   const assay_result *result);
	int (*take_verdict)(struct engine *engine, struct engine_task *task);
	/* The task's line, which has "task"; the engine adds "problem". The caller owns it. */
	json_t *(*to_json)(const struct engine_task *task);
	/* The line of a task that had ended before: to be counted. */
	void (*take_done)(struct engine *engine, const json_t *line);
};

struct engine {
	struct cli_context *context;
	struct engine_options *options;
	const struct engine_loop *loop;
	void *owner; /* the loop's own, to be used by its functions */
	struct tasks tasks;
	size_t n_ended, n_good, n_failed, n_before, n_recorded;
	uint64_t prompt_tokens, completion_tokens;
	/* the rest is the engine's own */
	json_t *done; /* names of the tasks that the output has */
	FILE *out;
	struct model_settings model_settings;
	struct model *model;
	struct flight *flight;
	struct progress *progress;
	LIST_HEAD(engine_tasks, engine_task) active;
	size_t n_active, next_task;
	char journal_path[4096];
};

/*
 * Runs the loop over all tasks of the file; errors have been told. Returns an exit status; unless
 * it is CLI_USAGE, `engine` has counts for a summary (engine_print_counts()). engine_deinit() in
 * any case.
 */
int engine_run(struct engine *engine);
void engine_deinit(struct engine *engine);

/* The names of steps are unique within a task. Takes `messages` (NULL: memory was short). */
int engine_ask(struct engine *engine, struct engine_task *task, const char *step, json_t *messages);

/* The same of another model behind the same door; `name` lives as long as the engine, NULL: the one
 * that the options name. */
int engine_ask_model(struct engine *engine, struct engine_task *task, const char *step,
		     const char *name, json_t *messages);

/* A request for the task's own tests, with the wishes of the command line; the caller adds
 * candidates. -EINVAL: the task cannot be one. */
int engine_new_request(struct engine *engine, const struct engine_task *task,
		       assay_request **request);

/* The same of a record of assay's own format: of other tests, that is. */
int engine_new_request_of(struct engine *engine, const struct engine_task *task,
			  const json_t *record, assay_request **request);

/* Takes the request. `bytes`: about how large it is. */
int engine_judge(struct engine *engine, struct engine_task *task, assay_request *request,
		 size_t bytes);

/* Writes its line and frees it. */
int engine_end(struct engine *engine, struct engine_task *task);
int engine_fail(struct engine *engine, struct engine_task *task, const char *problem);

/* "; 3 could not be tried to their end; 120 + 80 tokens, ..." and a newline on stderr. */
void engine_print_counts(const struct engine *engine);

/* Appends {"role", "content"}; 0 or -1. */
int engine_add_message(json_t *messages, const char *role, const char *content);
