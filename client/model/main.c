/*
 * assay-model: questions of `assay loop` to a server with the interface of OpenAI, such as vLLM or
 * llama.cpp. A program of its own, so that only it loads an HTTP client and knows the key.
 *
 * JSON lines in, JSON lines out, as client/loops/model.h describes them. Everything in a question
 * beside id, task and step becomes part of the body. Answers leave as they come, in any order; at
 * the end of the input it ends when all are out.
 *
 * One thread: curl_multi_poll() waits for the transfers and for the input together. How many
 * questions there are at one time is the asker's business.
 */
#include <argp.h>
#include <bsd/sys/queue.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/cli/option_number.h"
#include "client/model/transfer.h"

#define READ_BYTES 65536
#define LINE_BYTES_MAX (16u << 20)
#define WAIT_MS_MAX 60000

struct exchange {
	TAILQ_ENTRY(exchange) link;
	struct transfer *transfer;
	int64_t again_ms; /* while it waits for another try */
};
TAILQ_HEAD(exchanges, exchange);

struct asking {
	struct transfer_settings settings;
	CURLM *multi;
	struct exchanges running, pausing;
	char *in; /* read, up to the next line's end */
	size_t in_len, in_size;
	bool has_ended; /* no more questions */
};

/* ---------------------------------------------------------------- options */

static const struct argp_option option_list[] = {
	{"url", 'u', "URL", 0, "Where the server's interface begins, such as http://host:8000/v1",
	 0},
	{"name", 'n', "MODEL", 0, "The model's name, as the server knows it", 0},
	{"completion", 'c', NULL, 0, "The interface for completions instead of that for chats", 0},
	{"retries", 'r', "N", 0, "Tries after a first one that failed (default 5)", 0},
	{"timeout", 't', "SECONDS", 0, "Longest time for one answer (default 300)", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct transfer_settings *settings = state->input;

	switch (key) {
	case 'u':
		settings->url = argument;
		while (argument[0] != '\0' && argument[strlen(argument) - 1] == '/')
			argument[strlen(argument) - 1] = '\0';
		return 0;
	case 'n':
		settings->name = argument;
		return 0;
	case 'c':
		settings->is_completion = true;
		return 0;
	case 'r':
		settings->retries =
			(unsigned int)option_number_whole(argument, 0, 100, state, "--retries");
		return 0;
	case 't':
		settings->timeout_s =
			(long)option_number_whole(argument, 1, 86400, state, "--timeout");
		return 0;
	case ARGP_KEY_END:
		if (settings->url == NULL)
			argp_error(state, "--url is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp arguments_parser = {
	.options = option_list,
	.parser = parse_option,
	.doc = "Answer questions, JSON lines on standard input, by asking a model's server. "
	       "Started "
	       "by `assay loop --model-url`.\v"
	       "The key is $ASSAY_MODEL_KEY, else $OPENAI_API_KEY; without one none is sent.",
};

/* ---------------------------------------------------------------- questions and answers */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Takes the answer. Nobody to write to is the end. */
static void write_answer(json_t *answer)
{
	if (answer == NULL || json_dumpf(answer, stdout, JSON_COMPACT) < 0 ||
	    fputc('\n', stdout) == EOF || fflush(stdout) != 0)
		exit(EXIT_FAILURE);
	json_decref(answer);
}

static void begin(struct asking *asking, struct exchange *exchange)
{
	curl_multi_add_handle(asking->multi, transfer_handle(exchange->transfer));
	TAILQ_INSERT_TAIL(&asking->running, exchange, link);
}

static void take_question(struct asking *asking, const char *line, size_t len)
{
	json_t *question = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
	struct exchange *exchange = NULL;

	if (!json_is_integer(json_object_get(question, "id"))) {
		fprintf(stderr, "assay-model: a line is no question\n");
	} else {
		exchange = calloc(1, sizeof(*exchange));
		if (exchange != NULL)
			exchange->transfer = transfer_new(&asking->settings, question);
		if (exchange == NULL || exchange->transfer == NULL)
			exit(EXIT_FAILURE); /* memory is short: the asker sees our end */
		begin(asking, exchange);
	}
	json_decref(question);
}

static void read_questions(struct asking *asking)
{
	ssize_t n;
	char *end;

	if (asking->in_size - asking->in_len < READ_BYTES) {
		asking->in_size = asking->in_size * 2 + READ_BYTES;
		asking->in = asking->in_size <= LINE_BYTES_MAX
				     ? realloc(asking->in, asking->in_size)
				     : NULL;
		if (asking->in == NULL)
			exit(EXIT_FAILURE);
	}
	n = read(STDIN_FILENO, /* it is readable, so this does not wait */
		 asking->in + asking->in_len, READ_BYTES);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		asking->has_ended = true;
	if (n <= 0)
		return;
	asking->in_len += (size_t)n;
	while ((end = memchr(asking->in, '\n', asking->in_len)) != NULL) {
		size_t len = (size_t)(end - asking->in);

		take_question(asking, asking->in, len);
		asking->in_len -= len + 1;
		memmove(asking->in, end + 1, asking->in_len);
	}
}

static struct exchange *find(struct asking *asking, const struct transfer *transfer)
{
	struct exchange *exchange;

	TAILQ_FOREACH (exchange, &asking->running, link)
		if (exchange->transfer == transfer)
			return exchange;
	abort(); /* only what runs can end */
}

static void end_try(struct asking *asking, CURL *handle, CURLcode code)
{
	struct transfer *transfer = NULL;
	struct exchange *exchange;
	json_t *answer;

	curl_easy_getinfo(handle, CURLINFO_PRIVATE, (char **)&transfer);
	exchange = find(asking, transfer);
	curl_multi_remove_handle(asking->multi, handle);
	TAILQ_REMOVE(&asking->running, exchange, link);
	answer = transfer_end(transfer, code, now_ms(), &exchange->again_ms);
	if (answer == NULL) {
		TAILQ_INSERT_TAIL(&asking->pausing, exchange, link);
		return;
	}
	write_answer(answer);
	transfer_free(transfer);
	free(exchange);
}

/* Starts what is to be tried again; the time until the next one is, in ms. */
static int begin_again(struct asking *asking)
{
	struct exchange *exchange, *next;
	int64_t now = now_ms(), wait_ms = WAIT_MS_MAX;

	TAILQ_FOREACH_SAFE (exchange, &asking->pausing, link, next) {
		if (exchange->again_ms <= now) {
			TAILQ_REMOVE(&asking->pausing, exchange, link);
			begin(asking, exchange);
		} else if (exchange->again_ms - now < wait_ms) {
			wait_ms = exchange->again_ms - now;
		}
	}
	return (int)wait_ms;
}

static bool is_busy(const struct asking *asking)
{
	return !TAILQ_EMPTY(&asking->running) || !TAILQ_EMPTY(&asking->pausing);
}

static void serve(struct asking *asking)
{
	while (!asking->has_ended || is_busy(asking)) {
		struct curl_waitfd input = {.fd = STDIN_FILENO, .events = CURL_WAIT_POLLIN};
		int n_running, n_left, wait_ms;
		CURLMsg *message;

		curl_multi_perform(asking->multi, &n_running);
		while ((message = curl_multi_info_read(asking->multi, &n_left)) != NULL)
			if (message->msg == CURLMSG_DONE)
				end_try(asking, message->easy_handle, message->data.result);
		wait_ms = begin_again(asking);
		if (asking->has_ended && !is_busy(asking))
			break;
		curl_multi_poll(asking->multi, &input, asking->has_ended ? 0 : 1, wait_ms, NULL);
		if (input.revents != 0)
			read_questions(asking);
	}
}

int main(int argc, char **argv)
{
	struct asking asking = {.settings = {.retries = 5, .timeout_s = 300}};
	const char *key = getenv("ASSAY_MODEL_KEY");

	argp_err_exit_status = 2;
	argp_parse(&arguments_parser, argc, argv, 0, NULL, &asking.settings);
	asking.settings.key = key != NULL ? key : getenv("OPENAI_API_KEY");
	TAILQ_INIT(&asking.running);
	TAILQ_INIT(&asking.pausing);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return EXIT_FAILURE;
	asking.multi = curl_multi_init();
	if (asking.multi == NULL)
		return EXIT_FAILURE;
	serve(&asking);
	curl_multi_cleanup(asking.multi);
	free(asking.in);
	curl_global_cleanup();
	return EXIT_SUCCESS;
}
