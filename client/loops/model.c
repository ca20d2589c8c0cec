/*
 * Questions to a program and its answers. Part of `assay loop`.
 *
 * One epoll descriptor stands for all that can happen, so that a loop waits for the daemon and for
 * the model in one place: the program's output, its input when a question did not fit into the
 * pipe, and an eventfd that is up while recorded answers wait to be taken.
 *
 * What the program writes is checked as any input: a line that is no answer, or of no question, is
 * passed over and counted in nothing; what remains unanswered at its end has failed.
 */
#include "client/loops/model.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cli/result_json.h"
#include "client/loops/journal.h"

#define ANSWER_BYTES_MAX                                                         \
	(1u << 20) /* of a text; a longer one is no answer to a question of ours \
		    */
#define LINE_BYTES_MAX (8u << 20)
#define READ_BYTES 65536
#define END_PATIENCE_MS 2000

extern char **environ;

struct question {
	TAILQ_ENTRY(question) link;
	uint64_t id;
	char *task;
	char *step;
	json_t *messages; /* NULL once it was written */
	void *owner;
	json_t *answer; /* a recorded one; NULL: it is asked */
};
TAILQ_HEAD(questions, question);

struct model {
	const struct model_settings *settings;
	struct journal *journal; /* answers that are known, and where new ones are added */
	pid_t pid;               /* 0: there is no program, or it has ended */
	int pidfd;
	int socket; /* its standard input and output; -1: none */
	int epoll;
	int wake; /* eventfd: recorded answers, or the program's end */
	struct questions waiting, asked, known;
	uint32_t n_asked;
	uint64_t last_id;
	bool has_ended;
	char *out; /* lines for the program */
	size_t out_len, out_at;
	char *in; /* what it wrote, up to the next line's end */
	size_t in_len, in_size;
	json_t *told; /* holds the text of the last answer */
};

/* ---------------------------------------------------------------- the program */

static int spawn(struct model *model, int child_end)
{
	const struct model_settings *settings = model->settings;
	char *const shell[] = {(char *)"sh", (char *)"-c", (char *)settings->command, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t signals;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, child_end, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, child_end, STDOUT_FILENO);
	/* Ctrl-C is for us; SIGPIPE, which we ignore, ends it as others. */
	posix_spawnattr_init(&attributes);
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	if (settings->command != NULL)
		err = posix_spawn(&model->pid, "/bin/sh", &actions, &attributes, shell, environ);
	else
		err = posix_spawn(&model->pid, settings->arguments[0], &actions, &attributes,
				  settings->arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (err != 0)
		model->pid = 0;
	return -err;
}

static int watch(struct model *model, int fd, uint32_t events, int operation)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(model->epoll, operation, fd, &event) < 0 ? -errno : 0;
}

static int start_program(struct model *model)
{
	int ends[2], err;

	/* One socket for both ways: its end of file tells of the program's death. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	err = spawn(model, ends[1]);
	close(ends[1]);
	model->socket = ends[0];
	if (err < 0)
		return err;
	fcntl(model->socket, F_SETFL, O_NONBLOCK);
	return watch(model, model->socket, EPOLLIN, EPOLL_CTL_ADD);
}

static void end_program(struct model *model)
{
	struct pollfd ended = {.events = POLLIN};

	if (model->socket >= 0)
		close(model->socket);
	model->socket = -1;
	if (model->pid == 0)
		return;
	ended.fd = pidfd_open(model->pid, 0);
	if (ended.fd < 0 || poll(&ended, 1, END_PATIENCE_MS) != 1)
		kill(-model->pid, SIGKILL);
	waitpid(model->pid, NULL, 0);
	if (ended.fd >= 0)
		close(ended.fd);
	model->pid = 0;
}

/* ---------------------------------------------------------------- making it */

static int begin(struct model *model, const char **path)
{
	const struct model_settings *settings = model->settings;
	int err =
		journal_open(settings->journal_path, settings->replay_path, &model->journal, path);

	if (err < 0)
		return err;
	model->epoll = epoll_create1(EPOLL_CLOEXEC);
	model->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (model->epoll < 0 || model->wake < 0)
		return -errno;
	err = watch(model, model->wake, EPOLLIN, EPOLL_CTL_ADD);
	*path = settings->command != NULL ? settings->command : "assay-model";
	if (err == 0 && (settings->command != NULL || settings->arguments != NULL))
		err = start_program(model);
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
	(*model)->socket = (*model)->epoll = (*model)->wake = -1;
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
	end_program(model);
	free_questions(&model->waiting);
	free_questions(&model->asked);
	free_questions(&model->known);
	journal_close(model->journal);
	if (model->epoll >= 0)
		close(model->epoll);
	if (model->wake >= 0)
		close(model->wake);
	json_decref(model->told);
	free(model->out);
	free(model->in);
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

static int append_line(struct model *model, const char *line)
{
	size_t len = strlen(line), left = model->out_len - model->out_at;
	char *out;

	memmove(model->out, model->out + model->out_at, left);
	model->out_at = 0;
	model->out_len = left;
	out = realloc(model->out, left + len + 1);
	if (out == NULL)
		return -ENOMEM;
	model->out = out;
	memcpy(out + left, line, len);
	out[left + len] = '\n';
	model->out_len = left + len + 1;
	return 0;
}

/* What does not fit into the socket is sent when it has room. */
static void send_lines(struct model *model)
{
	while (model->out_at < model->out_len) {
		ssize_t n = send(model->socket, model->out + model->out_at,
				 model->out_len - model->out_at, MSG_NOSIGNAL);

		if (n < 0)
			break; /* an end is seen when reading */
		model->out_at += (size_t)n;
	}
	watch(model, model->socket, EPOLLIN | (model->out_at < model->out_len ? EPOLLOUT : 0),
	      EPOLL_CTL_MOD);
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
		line = json_to_line(object);
	if (line != NULL)
		err = append_line(model, line);
	free(line);
	json_decref(object);
	return err;
}

/* As many as the program may have at one time. */
static int write_questions(struct model *model)
{
	struct question *question;

	while (model->n_asked < model->settings->n_in_flight &&
	       (question = TAILQ_FIRST(&model->waiting)) != NULL && model->socket >= 0) {
		int err = write_question(model, question);

		if (err < 0)
			return err;
		TAILQ_REMOVE(&model->waiting, question, link);
		TAILQ_INSERT_TAIL(&model->asked, question, link);
		model->n_asked++;
		send_lines(model);
	}
	return 0;
}

int model_ask(struct model *model, const char *task, const char *step, json_t *messages,
	      void *owner)
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
	question->task = strdup(task);
	question->step = strdup(step);
	if (question->task == NULL || question->step == NULL) {
		free_question(question);
		return -ENOMEM;
	}
	question->answer = json_incref(journal_find(model->journal, task, step));
	if (question->answer != NULL || model->socket < 0) {
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

/* The first whole line of what was read. */
static int next_line(struct model *model, struct model_answer *answer)
{
	char *end;
	int err = -EAGAIN;

	while (err == -EAGAIN && model->in_len > 0 &&
	       (end = memchr(model->in, '\n', model->in_len)) != NULL) {
		size_t len = (size_t)(end - model->in);

		err = take_line(model, model->in, len, answer);
		model->in_len -= len + 1;
		memmove(model->in, end + 1, model->in_len);
	}
	return err;
}

/* False: there is nothing more for now, or for ever (has_ended). */
static bool read_more(struct model *model)
{
	ssize_t n;

	if (model->socket < 0)
		return false;
	if (model->in_size - model->in_len < READ_BYTES) {
		size_t size = model->in_size * 2 + READ_BYTES;
		char *in = size <= LINE_BYTES_MAX ? realloc(model->in, size) : NULL;

		if (in == NULL) {
			model->has_ended = true; /* no program that we understand */
			return false;
		}
		model->in = in;
		model->in_size = size;
	}
	n = recv(model->socket, model->in + model->in_len, READ_BYTES, 0);
	if (n > 0)
		model->in_len += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		model->has_ended = true;
	return n > 0;
}

/* Its questions move to those whose answer is known: that there is none. */
static void give_up(struct model *model)
{
	if (model->socket < 0)
		return;
	end_program(model);
	TAILQ_CONCAT(&model->known, &model->asked, link);
	TAILQ_CONCAT(&model->known, &model->waiting, link);
	model->n_asked = 0;
	wake(model);
}

static int take_known(struct model *model, struct model_answer *answer)
{
	struct question *question = TAILQ_FIRST(&model->known);
	const char *problem = model->has_ended ? "the model's program has ended"
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
	if (model->socket >= 0 && model->out_at < model->out_len)
		send_lines(model);
	while (err == -EAGAIN && read_more(model))
		err = next_line(model, answer);
	if (err != -EAGAIN)
		return err;
	if (model->has_ended)
		give_up(model);
	err = take_known(model, answer);
	if (TAILQ_EMPTY(&model->known))
		eventfd_read(model->wake, &ignored);
	if (err == -EAGAIN && TAILQ_EMPTY(&model->asked) && TAILQ_EMPTY(&model->waiting))
		return -ENODATA;
	return err;
}
