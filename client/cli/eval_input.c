/*
 * Reading tasks for `assay eval`. Runs in `assay`, in a thread of its own.
 *
 * Why a thread: the input may be a pipe whose writer waits for an answer before it writes the next
 * task, and it may stop in the middle of a line. Reading must then wait without keeping answers
 * from being written. Parsing JSON here also leaves the main thread to the socket.
 *
 * The thread touches files, JSON and requests that are not yet submitted; never the connection. It
 * hands over through a queue that is bounded in jobs and bytes, so that endless input takes
 * constant memory. Nothing in it can end the command: a line that cannot be used, a damaged archive
 * and a file that vanished all become jobs with an error.
 *
 * At the end the thread may be waiting in read(2) for input that never comes. It is poked with a
 * signal that does nothing but end the wait, again and again, since a signal just before the wait
 * is lost (pthread_cancel() would need no repetition, but upsets AddressSanitizer). Should it not
 * come back, say from opening a named pipe, it is left alone: the process is about to end.
 */
#include "client/cli/eval_input.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "client/cli/call_json.h"
#include "client/suite/lines.h"

#define POKE_SIGNAL SIGUSR1
#define POKE_PAUSE_MS 2
#define POKES_MAX 250
#define QUEUE_JOBS_MAX 64
#define QUEUE_BYTES_MAX ((size_t)8 << 20)

TAILQ_HEAD(job_list, eval_job);

struct eval_input {
	char *const *files;
	size_t n_files;
	struct request_options options;
	struct lines *lines; /* owned by the thread while it runs */
	pthread_t thread;
	int event_fd;
	pthread_mutex_t mutex; /* guards the rest */
	pthread_cond_t room;
	struct job_list queue;
	size_t n_queued, queued_bytes;
	bool read_all, is_stopping;
};

void eval_job_free(struct eval_job *job)
{
	if (job == NULL)
		return;
	for (size_t i = 0; job->held != NULL && i <= job->n_results; i++)
		free(job->held[i]);
	free(job->held);
	free(job->done);
	json_decref(job->suites);
	free(job->id);
	assay_request_free(job->request);
	free(job);
}

size_t eval_job_place(const struct eval_job *job, size_t suite, size_t candidate)
{
	return suite * job->n_candidates + candidate;
}

bool eval_job_is_done(const struct eval_job *job, size_t place)
{
	return job->done != NULL && (job->done[place / 8] & 1u << place % 8) != 0;
}

static void signal_change(struct eval_input *input)
{
	const uint64_t one = 1;
	ssize_t written = write(input->event_fd, &one, sizeof(one));

	(void)written; /* fails only when the counter is at its end, and then it is readable */
}

/* Takes the job; waits for room. False: there will be none. */
static bool push(struct eval_input *input, struct eval_job *job)
{
	bool is_wanted;

	pthread_mutex_lock(&input->mutex);
	while (!input->is_stopping && input->n_queued > 0 &&
	       (input->n_queued >= QUEUE_JOBS_MAX || input->queued_bytes >= QUEUE_BYTES_MAX))
		pthread_cond_wait(&input->room, &input->mutex);
	TAILQ_INSERT_TAIL(&input->queue, job, list);
	input->n_queued++;
	input->queued_bytes += job->bytes;
	is_wanted = !input->is_stopping;
	pthread_mutex_unlock(&input->mutex);
	signal_change(input);
	return is_wanted;
}

static void set_error(struct eval_job *job, const char *text, const char *detail)
{
	snprintf(job->error.message, sizeof(job->error.message), "%s%s", text, detail);
}

static void drop_request(struct eval_job *job)
{
	assay_request_free(job->request);
	job->request = NULL;
}

/* The names of a matrix's suites. */
static int take_suites(struct eval_job *job, const json_t *suites)
{
	char buf[32];

	if (suites == NULL)
		return 0;
	job->suites = json_array();
	job->n_results *= json_array_size(suites);
	for (size_t i = 0; i < json_array_size(suites); i++)
		if (json_array_append_new(job->suites, json_string(request_json_suite_id(
							       suites, i, buf, sizeof(buf)))) < 0)
			return -ENOMEM;
	return 0;
}

static const char *candidate_id(const json_t *task, size_t index, char *buf, size_t size)
{
	const json_t *candidate = json_array_get(json_object_get(task, "candidates"), index);
	const char *id = request_json_id(candidate, buf, size);

	if (id == NULL)
		snprintf(buf, size, "%zu", index);
	return id != NULL ? id : buf;
}

/* What of a matrix has a result is judged with the rest, which costs the daemon little, and not
 * written again. */
static int leave_out_done(const struct eval_input *input, struct eval_job *job, const json_t *task,
			  const char *id)
{
	size_t n_done = 0;
	char buf[32];

	if (input->options.skip == NULL || job->suites == NULL)
		return 0;
	job->done = calloc(job->n_results / 8 + 1, 1);
	if (job->done == NULL)
		return -ENOMEM;
	for (size_t place = 0; place < job->n_results; place++) {
		const json_t *suite = json_array_get(job->suites, place / job->n_candidates);

		if (!input->options.skip(
			    input->options.owner, id,
			    candidate_id(task, place % job->n_candidates, buf, sizeof(buf)),
			    json_string_value(suite)))
			continue;
		job->done[place / 8] |= (uint8_t)(1u << place % 8);
		n_done++;
	}
	if (n_done == job->n_results)
		drop_request(job);
	return 0;
}

static int take_task(struct eval_input *input, struct eval_job *job, const json_t *task)
{
	struct request_options options = input->options;
	const json_t *suites = json_object_get(task, "suites");
	char default_id[32], buf[32];
	const char *id;
	int err;

	snprintf(default_id, sizeof(default_id), "%" PRIu64, job->line);
	options.default_id = default_id;
	if (suites != NULL)
		options.skip = NULL;
	id = request_json_id(task, buf, sizeof(buf));
	job->id = id != NULL ? strdup(id) : NULL;
	err = request_from_json(task, &options, &job->request, &job->error);
	if (err < 0)
		return err;
	job->n_candidates = assay_request_n_candidates(job->request);
	job->n_results = job->n_candidates;
	if (job->n_candidates == 0)
		drop_request(job);
	err = take_suites(job, suites);
	return err == 0 ? leave_out_done(input, job, task, id != NULL ? id : default_id) : err;
}

static void parse(struct eval_input *input, struct eval_job *job, char *text, size_t len)
{
	json_error_t json_error;
	json_t *task = call_json_load(text, len, &json_error);

	if (task == NULL) {
		snprintf(job->error.message, sizeof(job->error.message),
			 "the line is not JSON: %s (column %d)", json_error.text,
			 json_error.column);
		return;
	}
	if (take_task(input, job, task) == -ENOMEM) {
		drop_request(job);
		set_error(job, "not enough memory for this line", "");
	}
	json_decref(task);
}

static struct eval_job *new_job(const struct eval_input *input, const char *file, uint64_t line,
				size_t len)
{
	struct eval_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->file = input->n_files > 1 ? file : NULL;
	job->line = line;
	job->bytes = len;
	return job;
}

static bool is_blank(const char *text, size_t len)
{
	return strspn(text, " \t\r") == len;
}

static void push_failure(struct eval_input *input, const char *file, uint64_t line, int err)
{
	struct eval_job *job = new_job(input, file, line, 0);

	if (job == NULL)
		return;
	if (err == -EFBIG)
		set_error(job, "the line is too long", "");
	else if (err == -EBADMSG)
		set_error(job, "the archive is damaged or cut off", "");
	else
		set_error(job, "cannot read: ", strerror(-err));
	push(input, job);
}

static bool is_stopping(struct eval_input *input)
{
	bool stopping;

	pthread_mutex_lock(&input->mutex);
	stopping = input->is_stopping;
	pthread_mutex_unlock(&input->mutex);
	return stopping;
}

/* As lines_next(); -EINTR only when stopping. */
static int next_line(struct eval_input *input, char **text, size_t *len)
{
	int outcome;

	do {
		outcome = lines_next(input->lines, text, len);
	} while (outcome == -EINTR && !is_stopping(input));
	return outcome;
}

static void read_file(struct eval_input *input, const char *file)
{
	size_t len;
	char *text;
	int outcome;

	outcome = lines_open(file, &input->lines);
	if (outcome < 0) {
		if (outcome != -EINTR)
			push_failure(input, file, 0, outcome);
		return;
	}
	while ((outcome = next_line(input, &text, &len)) == 0) {
		struct eval_job *job;

		if (is_blank(text, len))
			continue;
		job = new_job(input, file, lines_number(input->lines), len);
		if (job == NULL) {
			outcome = -ENOMEM;
			break;
		}
		parse(input, job, text, len);
		if (!push(input, job))
			break;
	}
	if (outcome < 0 && outcome != -EINTR)
		push_failure(input, file, lines_number(input->lines) + 1, outcome);
	lines_close(input->lines);
	input->lines = NULL;
}

static void *read_files(void *argument)
{
	struct eval_input *input = argument;

	for (size_t i = 0; i < input->n_files && !is_stopping(input); i++)
		read_file(input, input->files[i]);
	pthread_mutex_lock(&input->mutex);
	input->read_all = true;
	pthread_mutex_unlock(&input->mutex);
	signal_change(input);
	return NULL;
}

static void do_nothing(int signal)
{
	(void)signal;
}

static int start_thread(struct eval_input *input)
{
	struct sigaction poke = {.sa_handler = do_nothing}; /* no SA_RESTART: waits end */
	sigset_t all, before;
	int err;

	sigemptyset(&poke.sa_mask);
	sigaction(POKE_SIGNAL, &poke, NULL);
	/* Other signals are the main thread's: a new thread starts with the mask of its maker. */
	sigfillset(&all);
	sigdelset(&all, POKE_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&input->thread, NULL, read_files, input);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

/* False: it does not come back. */
static bool end_thread(struct eval_input *input)
{
	pthread_mutex_lock(&input->mutex);
	input->is_stopping = true;
	pthread_cond_signal(&input->room);
	pthread_mutex_unlock(&input->mutex);
	for (int i = 0; i < POKES_MAX; i++) {
		if (pthread_tryjoin_np(input->thread, NULL) == 0)
			return true;
		pthread_kill(input->thread, POKE_SIGNAL);
		poll(NULL, 0, POKE_PAUSE_MS);
	}
	return pthread_tryjoin_np(input->thread, NULL) == 0;
}

int eval_input_start(char *const *files, size_t n_files, const struct request_options *options,
		     struct eval_input **result)
{
	struct eval_input *input = calloc(1, sizeof(*input));
	int err;

	if (input == NULL)
		return -ENOMEM;
	input->files = files;
	input->n_files = n_files;
	input->options = *options;
	TAILQ_INIT(&input->queue);
	pthread_mutex_init(&input->mutex, NULL);
	pthread_cond_init(&input->room, NULL);
	input->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = input->event_fd < 0 ? -errno : 0;
	if (err == 0)
		err = start_thread(input);
	if (err < 0) {
		if (input->event_fd >= 0)
			close(input->event_fd);
		free(input);
		return err;
	}
	*result = input;
	return 0;
}

int eval_input_fd(const struct eval_input *input)
{
	return input->event_fd;
}

struct eval_job *eval_input_take(struct eval_input *input)
{
	struct eval_job *job;
	uint64_t ignored;

	pthread_mutex_lock(&input->mutex);
	job = TAILQ_FIRST(&input->queue);
	if (job != NULL) {
		TAILQ_REMOVE(&input->queue, job, list);
		input->n_queued--;
		input->queued_bytes -= job->bytes;
		pthread_cond_signal(&input->room);
	} else if (!input->read_all && read(input->event_fd, &ignored, sizeof(ignored)) < 0) {
		job = NULL; /* it was not readable; nothing to reset */
	}
	pthread_mutex_unlock(&input->mutex);
	return job;
}

bool eval_input_has_ended(struct eval_input *input)
{
	bool has_ended;

	pthread_mutex_lock(&input->mutex);
	has_ended = input->read_all && input->n_queued == 0;
	pthread_mutex_unlock(&input->mutex);
	return has_ended;
}

void eval_input_stop(struct eval_input *input)
{
	struct eval_job *job;

	if (input == NULL)
		return;
	if (!end_thread(input))
		return;
	lines_close(input->lines);
	while ((job = TAILQ_FIRST(&input->queue)) != NULL) {
		TAILQ_REMOVE(&input->queue, job, list);
		eval_job_free(job);
	}
	close(input->event_fd);
	pthread_cond_destroy(&input->room);
	pthread_mutex_destroy(&input->mutex);
	free(input);
}
