/*
 * Questions to a program and its answers. Part of `assay loop`.
 *
 * One epoll descriptor stands for all that can happen, so that a loop waits for the daemon and for
 * the model in one place: the program's socket (model_program.c), and an eventfd that is up while
 * recorded answers wait to be taken.
 *
 * What the program writes is checked as any input: a line that is no answer, or of no question, is
 * passed over and counted in nothing; what remains unanswered at its end has failed.
 */
#include "client/loops/model.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "client/cli/result_json.h"
#include "client/loops/journal.h"
#include "client/loops/model_program.h"

/* Of a text; a longer one is no answer to a question of ours. */
#define ANSWER_BYTES_MAX (1u << 20)

struct question {
	TAILQ_ENTRY(question) link;
	uint64_t id;
	char *task;
	char *step;
	const char *name; /* of the model; borrowed, NULL: as the settings have it */
	json_t *messages; /* NULL once it was written */
	void *owner;
	json_t *answer; /* a recorded one; NULL: it is asked */
};
TAILQ_HEAD(questions, question);

struct model {
	const struct model_settings *settings;
	struct journal *journal; /* answers that are known, and where new ones are added */
	struct model_program program;
	int epoll;
	int wake; /* eventfd: recorded answers, or the program's end */
	struct questions waiting, asked, known;
	uint32_t n_asked;
	uint64_t last_id;
	json_t *told; /* holds the text of the last answer */
};

/* ---------------------------------------------------------------- making it */

static int begin(struct model *model, const char **path)
{
	const struct model_settings *settings = model->settings;
	struct epoll_event readable = {.events = EPOLLIN};
	int err =
		journal_open(settings->journal_path, settings->replay_path, &model->journal, path);

	if (err < 0)
		return err;
	model->epoll = epoll_create1(EPOLL_CLOEXEC);
	model->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (model->epoll < 0 || model->wake < 0)
		return -errno;
	if (epoll_ctl(model->epoll, EPOLL_CTL_ADD, model->wake, &readable) < 0)
		return -errno;
	*path = settings->command != NULL ? settings->command : "assay-model";
	if (settings->command != NULL || settings->arguments != NULL)
		err = model_program_start(&model->program, settings->command, settings->arguments,
					  model->epoll);
	return err;
}

int model_new(const struct model_settings *settings, struct model **model, const char **path)
{
	int err;

	*path = "";
	*model = calloc(1, sizeof(**model));
	if (*model == NULL)
		return -ENOMEM;
	(*model)->settings = settings;
	(*model)->epoll = (*model)->wake = -1;
	model_program_init(&(*model)->program);
	TAILQ_INIT(&(*model)->waiting);
	TAILQ_INIT(&(*model)->asked);
	TAILQ_INIT(&(*model)->known);
	err = begin(*model, path);
	if (err < 0) {
		model_free(*model);
		*model = NULL;
	}
	return err;
}

static void free_question(struct question *question)
{
	json_decref(question->messages);
	json_decref(question->answer);
	free(question->task);
	free(question->step);
	free(question);
}

static void free_questions(struct questions *questions)
{
	struct question *question;

	while ((question = TAILQ_FIRST(questions)) != NULL) {
		TAILQ_REMOVE(questions, question, link);
		free_question(question);
	}
}

void model_free(struct model *model)
{
	if (model == NULL)
		return;
	model_program_deinit(&model->program);
	free_questions(&model->waiting);
	free_questions(&model->asked);
	free_questions(&model->known);
	journal_close(model->journal);
	if (model->epoll >= 0)
		close(model->epoll);
	if (model->wake >= 0)
		close(model->wake);
	json_decref(model->told);
	free(model);
}

int model_fd(const struct model *model)
{
	return model->epoll;
}

/* ---------------------------------------------------------------- asking */

static void wake(struct model *model)
{
	eventfd_write(model->wake, 1);
}

static int write_question(struct model *model, struct question *question)
{
	json_t *object =
		json_pack("{sIssssso}", "id", (json_int_t)question->id, "task", question->task,
			  "step", question->step, "messages", question->messages);
	char *line = NULL;
	int err = -ENOMEM;

	question->messages = NULL;
	if (object != NULL && (model->settings->parameters == NULL ||
			       json_object_update(object, model->settings->parameters) == 0))
		line = question->name == NULL ||
				       json_object_set_new(object, "model",
							   json_string(question->name)) == 0
			       ? json_to_line(object)
			       : NULL;
	if (line != NULL)
		err = model_program_write(&model->program, line);
	free(line);
	json_decref(object);
	return err;
}

/* As many as the program may have at one time. */
static int write_questions(struct model *model)
{
	struct question *question;

	while (model->n_asked < model->settings->n_in_flight &&
	       (question = TAILQ_FIRST(&model->waiting)) != NULL &&
	       model_program_runs(&model->program)) {
		int err = write_question(model, question);

		if (err < 0)
			return err;
		TAILQ_REMOVE(&model->waiting, question, link);
		TAILQ_INSERT_TAIL(&model->asked, question, link);
		model->n_asked++;
		model_program_send(&model->program);
	}
	return 0;
}

int model_ask(struct model *model, const char *task, const char *step, const char *name,
	      json_t *messages, void *owner)
{
	struct question *question = calloc(1, sizeof(*question));

	if (question == NULL || messages == NULL) {
		json_decref(messages);
		free(question);
		return -ENOMEM;
	}
	question->id = ++model->last_id;
	question->messages = messages;
	question->owner = owner;
	question->name = name;
	question->task = strdup(task);
	question->step = strdup(step);
	if (question->task == NULL || question->step == NULL) {
		free_question(question);
		return -ENOMEM;
	}
	question->answer = json_incref(journal_find(model->journal, task, step));
	if (question->answer != NULL || !model_program_runs(&model->program)) {
		TAILQ_INSERT_TAIL(&model->known, question, link);
		wake(model);
		return 0;
	}
	TAILQ_INSERT_TAIL(&model->waiting, question, link);
	return write_questions(model);
}

/* ---------------------------------------------------------------- answers */

static uint64_t count_of(const json_t *object, const char *key)
{
	json_int_t count = json_integer_value(json_object_get(object, key));

	return count > 0 ? (uint64_t)count : 0;
}

/* Takes `told` (may be NULL) and keeps it until the next answer. */
static void tell(struct model *model, struct question *question, json_t *told,
		 struct model_answer *answer)
{
	const json_t *text = json_object_get(told, "text");
	const char *problem = json_string_value(json_object_get(told, "error"));

	*answer = (struct model_answer){
		.owner = question->owner,
		.problem = "",
		.is_recorded = question->answer != NULL,
		.prompt_tokens = count_of(told, "prompt_tokens"),
		.completion_tokens = count_of(told, "completion_tokens"),
	};
	if (json_is_string(text) && json_string_length(text) <= ANSWER_BYTES_MAX) {
		answer->text = json_string_value(text);
		answer->len = json_string_length(text);
	} else if (json_is_string(text)) {
		answer->problem = "its answer is longer than 1 MiB";
	} else {
		answer->problem = problem != NULL ? problem : "its answer has no text";
	}
	json_decref(model->told);
	model->told = told;
}

static struct question *find_asked(const struct model *model, const json_t *told)
{
	const uint64_t id = count_of(told, "id");
	struct question *question;

	TAILQ_FOREACH (question, &model->asked, link)
		if (question->id == id)
			return question;
	return NULL;
}

/* -EAGAIN: this line answers nothing. */
static int take_line(struct model *model, const char *line, size_t len, struct model_answer *answer)
{
	json_t *told = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
	struct question *question = told != NULL ? find_asked(model, told) : NULL;
	int err = 0;

	if (question == NULL) {
		json_decref(told);
		return -EAGAIN;
	}
	TAILQ_REMOVE(&model->asked, question, link);
	model->n_asked--;
	tell(model, question, told, answer);
	if (answer->text != NULL)
		err = journal_add(model->journal, question->task, question->step, told);
	free_question(question);
	if (err == 0)
		err = write_questions(model);
	return err;
}

/* The first of the lines that were read which answers something. */
static int next_line(struct model *model, struct model_answer *answer)
{
	const char *line;
	size_t len;
	int err = -EAGAIN;

	while (err == -EAGAIN && model_program_next(&model->program, &line, &len))
		err = take_line(model, line, len, answer);
	return err;
}

/* Its questions move to those whose answer is known: that there is none. */
static void give_up(struct model *model)
{
	if (!model_program_runs(&model->program))
		return;
	model_program_end(&model->program);
	TAILQ_CONCAT(&model->known, &model->asked, link);
	TAILQ_CONCAT(&model->known, &model->waiting, link);
	model->n_asked = 0;
	wake(model);
}

static int take_known(struct model *model, struct model_answer *answer)
{
	struct question *question = TAILQ_FIRST(&model->known);
	const char *problem = model->program.has_ended ? "the model's program has ended"
						       : "no answer to this is recorded";
	json_t *told;

	if (question == NULL)
		return -EAGAIN;
	told = json_incref(question->answer);
	if (told == NULL)
		told = json_pack("{ss}", "error", problem);
	TAILQ_REMOVE(&model->known, question, link);
	tell(model, question, told, answer);
	free_question(question);
	return 0;
}

int model_next(struct model *model, struct model_answer *answer)
{
	eventfd_t ignored;
	int err = next_line(model, answer);

	if (err != -EAGAIN)
		return err;
	model_program_send(&model->program);
	while (err == -EAGAIN && model_program_read(&model->program))
		err = next_line(model, answer);
	if (err != -EAGAIN)
		return err;
	if (model->program.has_ended)
		give_up(model);
	err = take_known(model, answer);
	if (TAILQ_EMPTY(&model->known))
		eventfd_read(model->wake, &ignored);
	if (err == -EAGAIN && TAILQ_EMPTY(&model->asked) && TAILQ_EMPTY(&model->waiting))
		return -ENODATA;
	return err;
}
