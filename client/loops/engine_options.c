/*
 * The options that all loops with a model share. Part of `assay loop`.
 */
#include "client/loops/engine_options.h"

enum { OPTION_RESUME = 1024 };

static const struct argp_option option_list[] = {
	{NULL, 0, NULL, 0, "What is written:", 0},
	{"out", 'o', "FILE", 0,
	 "A line a task to FILE, and what the model answered to FILE.journal (default: standard "
	 "output, and no journal)",
	 0},
	{"resume", OPTION_RESUME, NULL, 0, "Go on with --out FILE", 0},
	{"quiet", 'q', NULL, 0, "No progress bar and no summary", 0},
	{0},
};

static const struct argp_option judging_option_list[] = {
	{NULL, 0, NULL, 0, "What is written:", 0},
	{"out", 'o', "FILE", 0, "A line a task to FILE (default: standard output)", 0},
	{"resume", OPTION_RESUME, NULL, 0, "Go on with --out FILE", 0},
	{"quiet", 'q', NULL, 0, "No progress bar and no summary", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct engine_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->model;
		state->child_inputs[1] = &options->wishes;
		return 0;
	case 'o':
		options->out_path = argument;
		return 0;
	case OPTION_RESUME:
		options->is_resumed = true;
		return 0;
	case 'q':
		options->is_quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		if (options->tasks_path != NULL)
			argp_error(state, "only one file of TASKS");
		options->tasks_path = argument;
		return 0;
	case ARGP_KEY_END:
		if (options->tasks_path == NULL)
			argp_error(state, "TASKS are missing");
		if (options->is_resumed && options->out_path == NULL)
			argp_error(state, "--resume needs --out FILE");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child shared_options[] = {
	{&model_options_argp, 0, NULL, 0}, {&request_wishes_argp, 0, NULL, 0}, {0}};

const struct argp engine_argp = {
	.options = option_list, .parser = parse_option, .children = shared_options};

static error_t parse_judging_option(int key, char *argument, struct argp_state *state)
{
	struct engine_options *options = state->input;

	if (key != ARGP_KEY_INIT)
		return parse_option(key, argument, state);
	state->child_inputs[0] = &options->wishes;
	return 0;
}

static const struct argp_child judging_options[] = {{&request_wishes_argp, 0, NULL, 0}, {0}};

const struct argp engine_judging_argp = {.options = judging_option_list,
					 .parser = parse_judging_option,
					 .children = judging_options};
