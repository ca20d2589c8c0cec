/*
 * Which model a loop asks, and how. Part of `assay loop`.
 */
#include "client/loops/model_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/option_number.h"

#define IN_FLIGHT_DEFAULT 16
#define IN_FLIGHT_MAX 10000
#define TIMEOUT_S_MAX 86400 /* the bounds of assay-model */
#define RETRIES_MAX 100
#define SEED_MAX 1000000000000000
#define TOKENS_MAX 10000000

enum {
	OPTION_URL = 768,
	OPTION_NAME,
	OPTION_COMMAND,
	OPTION_REPLAY,
	OPTION_COMPLETION,
	OPTION_TEMPERATURE,
	OPTION_SEED,
	OPTION_MAX_TOKENS,
	OPTION_TIMEOUT,
	OPTION_RETRIES,
};

static const struct argp_option option_list[] = {
	{NULL, 0, NULL, 0, "The model, by one of:", 0},
	{"model-url", OPTION_URL, "URL", 0,
	 "A server with the interface of OpenAI, such as http://localhost:8000/v1; the key is "
	 "$ASSAY_MODEL_KEY or $OPENAI_API_KEY",
	 0},
	{"model-command", OPTION_COMMAND, "COMMAND", 0,
	 "A program that answers questions, JSON lines on standard input and output", 0},
	{"model-replay", OPTION_REPLAY, "FILE", 0, "Answers that were recorded, such as a journal",
	 0},
	{NULL, 0, NULL, 0, "How it is asked:", 0},
	{"model", OPTION_NAME, "NAME", 0, "Its name, as the server knows it", 0},
	{"completion", OPTION_COMPLETION, NULL, 0,
	 "By the interface for completions, not that for chats", 0},
	{"temperature", OPTION_TEMPERATURE, "T", 0, "0 to 2", 0},
	{"seed", OPTION_SEED, "N", 0, "", 0},
	{"max-tokens", OPTION_MAX_TOKENS, "N", 0, "Of one answer", 0},
	{"model-timeout", OPTION_TIMEOUT, "SECONDS", 0,
	 "Longest time for one answer of a server (default 300)", 0},
	{"model-retries", OPTION_RETRIES, "N", 0,
	 "Tries after a first one that failed, of a server (default 5)", 0},
	{"jobs", 'j', "N", 0, "Questions at one time (default 16)", 0},
	{0},
};

static void add_parameter(struct model_options *options, const char *name, json_t *value)
{
	if (options->parameters == NULL)
		options->parameters = json_object();
	if (json_object_set_new(options->parameters, name, value) < 0)
		abort(); /* memory is short before anything has begun */
}

static json_t *whole(const char *text, uint64_t min, uint64_t max, struct argp_state *state,
		     const char *option)
{
	return json_integer((json_int_t)option_number_whole(text, min, max, state, option));
}

static int n_models(const struct model_options *options)
{
	return (options->url != NULL) + (options->command != NULL);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct model_options *options = state->input;

	switch (key) {
	case OPTION_URL:
		options->url = argument;
		return 0;
	case OPTION_NAME:
		options->name = argument;
		return 0;
	case OPTION_COMMAND:
		options->command = argument;
		return 0;
	case OPTION_REPLAY:
		options->replay_path = argument;
		return 0;
	case OPTION_COMPLETION:
		options->is_completion = true;
		return 0;
	case OPTION_TEMPERATURE:
		add_parameter(
			options, "temperature",
			json_real(option_number_real(argument, 0, 2, state, "--temperature")));
		return 0;
	case OPTION_SEED:
		add_parameter(options, "seed", whole(argument, 0, SEED_MAX, state, "--seed"));
		return 0;
	case OPTION_MAX_TOKENS:
		add_parameter(options, "max_tokens",
			      whole(argument, 1, TOKENS_MAX, state, "--max-tokens"));
		return 0;
	case OPTION_TIMEOUT:
		option_number_whole(argument, 1, TIMEOUT_S_MAX, state, "--model-timeout");
		options->timeout_text = argument;
		return 0;
	case OPTION_RETRIES:
		option_number_whole(argument, 0, RETRIES_MAX, state, "--model-retries");
		options->retries_text = argument;
		return 0;
	case 'j':
		options->n_in_flight =
			(uint32_t)option_number_whole(argument, 1, IN_FLIGHT_MAX, state, "--jobs");
		return 0;
	case ARGP_KEY_END:
		if (n_models(options) > 1 ||
		    (n_models(options) == 0 && options->replay_path == NULL))
			argp_error(state,
				   "give one of --model-url, --model-command, --model-replay");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp model_options_argp = {.options = option_list, .parser = parse_option};

/* The program beside this one, or its bare name to be looked up in $PATH. */
static void find_program(char *path, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", path, size - sizeof("-model"));

	if (len > 0) {
		memcpy(path + len, "-model", sizeof("-model"));
		if (access(path, X_OK) == 0)
			return;
	}
	snprintf(path, size, "assay-model");
}

static void fill_arguments(struct model_options *options)
{
	const struct {
		const char *name, *value;
	} optional[] = {
		{"--name", options->name},
		{"--timeout", options->timeout_text},
		{"--retries", options->retries_text},
	};
	size_t n = 0;

	find_program(options->program, sizeof(options->program));
	options->arguments[n++] = options->program;
	options->arguments[n++] = (char *)"--url";
	options->arguments[n++] = (char *)options->url;
	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
		if (optional[i].value == NULL)
			continue;
		options->arguments[n++] = (char *)optional[i].name;
		options->arguments[n++] = (char *)optional[i].value;
	}
	if (options->is_completion)
		options->arguments[n++] = (char *)"--completion";
	options->arguments[n] = NULL;
}

struct model_settings model_options_settings(struct model_options *options,
					     const char *journal_path)
{
	if (options->n_in_flight == 0)
		options->n_in_flight = IN_FLIGHT_DEFAULT;
	if (options->url != NULL)
		fill_arguments(options);
	else if (options->name != NULL) /* for a program: part of each question */
		add_parameter(options, "model", json_string(options->name));
	return (struct model_settings){
		.command = options->command,
		.arguments = options->url != NULL ? options->arguments : NULL,
		.replay_path = options->replay_path,
		.journal_path = journal_path,
		.n_in_flight = options->n_in_flight,
		.parameters = options->parameters,
	};
}

void model_options_deinit(struct model_options *options)
{
	json_decref(options->parameters);
	options->parameters = NULL;
}
