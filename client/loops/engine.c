/*
 * What the loops have in common. Part of `assay loop`.
 *
 * It waits in one place for the model and for the daemon. A task's line is written when it has
 * ended; the model's answers are in a journal beside the output as soon as they have come, so that
 * --resume asks nothing twice: tasks that had not ended are begun again, from the journal.
 */
#include "client/loops/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/loops/engine_output.h"

/* Tasks at one time, of a loop that asks no model: each has many candidates. */
#define JUDGED_AT_ONCE 4

/* ---------------------------------------------------------------- what a loop does */

int engine_add_message(json_t *messages, const char *role, const char *content)
{
	return json_array_append_new(messages,
				     json_pack("{ssss}", "role", role, "content", content));
}

int engine_ask(struct engine *engine, struct engine_task *task, const char *step, json_t *messages)
{
	return engine_ask_model(engine, task, step, NULL, messages);
}

int engine_ask_model(struct engine *engine, struct engine_task *task, const char *step,
		     const char *name, json_t *messages)
{
	int err = model_ask(engine->model, task->task->name, step, name, messages, task);

	task->n_asked += err == 0;
	return err;
}

static int finish_request(const struct engine *engine, const struct engine_task *task,
			  assay_request **request)
{
	const char *name = task->task->name;
	int err = assay_request_set_text(*request, ASSAY_REQUEST_ID, name, strlen(name));

	if (err == 0)
		err = request_wishes_apply(&engine->options->wishes, *request);
	if (err < 0)
		assay_request_free(*request);
	return err;
}

int engine_new_request(struct engine *engine, const struct engine_task *task,
		       assay_request **request)
{
	int err = engine->tasks.format->new_request(task->task->record, request);

	return err < 0 ? err : finish_request(engine, task, request);
}

int engine_new_request_of(struct engine *engine, const struct engine_task *task,
			  const json_t *record, assay_request **request)
{
	int err = format_own.new_request(record, request);

	return err < 0 ? err : finish_request(engine, task, request);
}

int engine_judge(struct engine *engine, struct engine_task *task, assay_request *request,
		 size_t bytes)
{
	return flight_push(engine->flight, request, bytes, task);
}

static void forget_task(struct engine *engine, struct engine_task *task)
{
	LIST_REMOVE(task, link);
	engine->n_active--;
	engine->loop->free_task(task);
}

static json_t *line_of(const struct engine *engine, const struct engine_task *task)
{
	json_t *object = engine->loop->to_json(task);

	if (object != NULL && task->problem[0] != '\0' &&
	    json_object_set_new(object, "problem", json_string(task->problem)) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

int engine_end(struct engine *engine, struct engine_task *task)
{
	json_t *object = line_of(engine, task);
	int err = engine_output_write(engine, object);

	json_decref(object);
	engine->n_ended++;
	engine->n_good += task->is_good;
	engine->n_failed += task->problem[0] != '\0';
	progress_update(engine->progress, engine->n_ended, engine->n_good);
	forget_task(engine, task);
	return err;
}

int engine_fail(struct engine *engine, struct engine_task *task, const char *problem)
{
	snprintf(task->problem, sizeof(task->problem), "%s", problem);
	return engine_end(engine, task);
}

/* ---------------------------------------------------------------- all tasks */

static int take_model_answer(struct engine *engine, const struct model_answer *answer)
{
	struct engine_task *task = answer->owner;

	engine->n_recorded += answer->is_recorded;
	engine->prompt_tokens += answer->prompt_tokens;
	engine->completion_tokens += answer->completion_tokens;
	task->n_asked--;
	if (answer->text == NULL && task->problem[0] == '\0')
		snprintf(task->problem, sizeof(task->problem), "%s", answer->problem);
	if (task->problem[0] == '\0')
		return engine->loop->take_text(engine, task, answer->text, answer->len);
	return task->n_asked == 0 ? engine_end(engine, task) : 0;
}

static int take_flight_answer(struct engine *engine, const struct flight_answer *answer)
{
	switch (answer->type) {
	case FLIGHT_RESULT:
		return engine->loop->take_result(engine, answer->owner, answer->result);
	case FLIGHT_DONE:
		return engine->loop->take_verdict(engine, answer->owner);
	case FLIGHT_REFUSED:
		return engine_fail(engine, answer->owner, answer->message);
	default:
		return 0;
	}
}

static int begin_tasks(struct engine *engine)
{
	while (engine->n_active < engine->options->model.n_in_flight &&
	       engine->next_task < engine->tasks.n) {
		const struct task *task = &engine->tasks.items[engine->next_task++];
		struct engine_task *begun;
		int err;

		if (task->is_duplicate || json_object_get(engine->done, task->name) != NULL)
			continue;
		begun = engine->loop->new_task(engine, task);
		if (begun == NULL)
			return -ENOMEM;
		begun->task = task;
		LIST_INSERT_HEAD(&engine->active, begun, link);
		engine->n_active++;
		err = engine->loop->begin(engine, begun);
		if (err < 0)
			return err;
	}
	return 0;
}

/* Everything that the model has said by now. */
static int take_model_answers(struct engine *engine)
{
	struct model_answer answer;
	int err;

	if (engine->model == NULL)
		return 0;
	while ((err = model_next(engine->model, &answer)) == 0) {
		err = take_model_answer(engine, &answer);
		if (err < 0)
			return err;
	}
	return err == -EAGAIN || err == -ENODATA ? 0 : err;
}

/* 0: all tasks have ended; -EINTR; -ECONNRESET: the daemon is gone; other: of writing, memory. */
static int run(struct engine *engine)
{
	for (;;) {
		struct flight_answer answer;
		int err = begin_tasks(engine);

		if (err == 0)
			err = take_model_answers(engine);
		if (err == 0 && engine->n_active == 0 && engine->next_task == engine->tasks.n)
			return 0;
		if (err == 0 && engine->n_active == 0)
			continue;
		if (err == 0)
			err = flight_next(engine->flight,
					  engine->model != NULL ? model_fd(engine->model) : -1,
					  &answer);
		if (err == 0)
			err = take_flight_answer(engine, &answer);
		if (err < 0)
			return err;
	}
}

static int open_model(struct engine *engine)
{
	const char *journal = engine->journal_path[0] != '\0' ? engine->journal_path : NULL;
	const char *path;
	int err;

	if (engine->loop->take_text == NULL) {
		engine->options->model.n_in_flight = JUDGED_AT_ONCE;
		return CLI_DONE;
	}
	engine->model_settings = model_options_settings(&engine->options->model, journal);
	err = model_new(&engine->model_settings, &engine->model, &path);
	if (err == 0)
		return CLI_DONE;
	cli_error("cannot use %s: %s", path,
		  err == -EBADMSG ? "a line of it is no answer" : strerror(-err));
	return CLI_USAGE;
}

static int load_tasks(struct engine *engine)
{
	struct complaints complaints = {.say = cli_error};
	int err = tasks_load(engine->options->tasks_path, &complaints, &engine->tasks);

	complain_rest(&complaints);
	if (err < 0)
		cli_error("cannot read %s: %s", engine->options->tasks_path, strerror(-err));
	return err == 0 ? CLI_DONE : CLI_USAGE;
}

/* ---------------------------------------------------------------- the whole */

static int start(struct engine *engine)
{
	int status = load_tasks(engine);

	if (status == CLI_DONE && engine->loop->prepare != NULL)
		status = engine->loop->prepare(engine);
	if (status == CLI_DONE)
		status = engine_output_open(engine);
	if (status == CLI_DONE)
		status = open_model(engine);
	if (status == CLI_DONE)
		status = engine->context->client == NULL ? cli_connect(engine->context) : CLI_DONE;
	if (status != CLI_DONE)
		return status;
	engine->flight = flight_new(engine->context, 0);
	if (engine->flight == NULL) {
		cli_error("cannot start: %s", strerror(ENOMEM));
		return CLI_USAGE;
	}
	if (!engine->options->is_quiet)
		engine->progress = progress_new(engine->loop->label, engine->tasks.n);
	return CLI_DONE;
}

static int conclude(const struct engine *engine, int err)
{
	if (err == -EINTR)
		fputs("assay: interrupted; what has ended is kept\n", stderr);
	if (err == -EINTR || err == -EPIPE)
		return CLI_INTERRUPTED;
	if (err == -ECONNRESET)
		return CLI_NO_DAEMON;
	if (err < 0)
		cli_error("cannot go on: %s", strerror(-err));
	if (err < 0)
		return CLI_USAGE;
	return engine->n_failed > 0 ? CLI_BAD_INPUT : CLI_DONE;
}

/* What the model has said meanwhile goes into the journal; nothing is made of it now. */
static void keep_answers(struct engine *engine)
{
	struct model_answer answer;

	while (engine->model != NULL && model_next(engine->model, &answer) == 0)
		;
}

int engine_run(struct engine *engine)
{
	int status, err;

	engine->context->quiet = engine->options->is_quiet;
	engine->done = json_object();
	status = start(engine);
	if (status != CLI_DONE)
		return status;
	err = run(engine);
	if (err == -EINTR || err == -ECONNRESET)
		keep_answers(engine);
	progress_free(engine->progress);
	engine->progress = NULL;
	return conclude(engine, err);
}

void engine_deinit(struct engine *engine)
{
	struct engine_task *task;

	flight_free(engine->flight);
	model_free(engine->model);
	while ((task = LIST_FIRST(&engine->active)) != NULL)
		forget_task(engine, task);
	tasks_deinit(&engine->tasks);
	engine_output_close(engine);
	model_options_deinit(&engine->options->model);
	json_decref(engine->done);
}

void engine_print_counts(const struct engine *engine)
{
	if (engine->n_failed > 0)
		fprintf(stderr, "; %zu could not be tried to their end", engine->n_failed);
	if (engine->n_before > 0)
		fprintf(stderr, "; %zu had ended before", engine->n_before);
	if (engine->loop->take_text != NULL)
		fprintf(stderr, "; %" PRIu64 " + %" PRIu64 " tokens", engine->prompt_tokens,
			engine->completion_tokens);
	if (engine->n_recorded > 0)
		fprintf(stderr, ", %zu answers were recorded", engine->n_recorded);
	fputc('\n', stderr);
}
