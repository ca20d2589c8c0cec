/*
 * Options that `run`, `eval` and `suite` have in common: how to judge, whatever the tasks say. Runs
 * in `assay`.
 */
#include "client/cli/request_wishes.h"

#include <string.h>

#include "client/cli/option_number.h"

#define REPEAT_MAX 100 /* the daemon's */

enum { OPTION_LIMITS = 512, OPTION_INTEGRITY, OPTION_REPEAT, OPTION_NO_CONTROL, OPTION_NO_CACHE };

static const struct argp_option option_list[] = {
	{NULL, 0, NULL, 0, "How to judge, whatever the tasks say:", 0},
	{"limits", OPTION_LIMITS, "NAME=N[,...]", 0,
	 "Limits of each candidate: cpu_ms, wall_ms, memory_bytes, output_bytes, processes, "
	 "test_ms",
	 0},
	{"integrity", OPTION_INTEGRITY, "HOW", 0,
	 "Where the tests are: native (in no process: answers to their calls are compared, or not "
	 "at all), split (in a process and cell of their own, or not at all), shared (in the "
	 "candidate's process, weaker), auto (the first of these that the tests allow)",
	 0},
	{"repeat", OPTION_REPEAT, "N", 0,
	 "Judge each candidate N times and tell whether the verdicts agree", 0},
	{"no-control", OPTION_NO_CONTROL, NULL, 0,
	 "Believe a pass in the candidate's own process without a second run with altered "
	 "expectations",
	 0},
	{"no-cache", OPTION_NO_CACHE, NULL, 0,
	 "Run each candidate, also where the verdict of one that is alike is known", 0},
	{0},
};

static void take_integrity(struct request_wishes *wishes, const char *text,
			   struct argp_state *state)
{
	wishes->has_integrity = true;
	if (strcmp(text, "auto") == 0)
		wishes->integrity = ASSAY_INTEGRITY_UNKNOWN;
	else if (strcmp(text, "native") == 0)
		wishes->integrity = ASSAY_NATIVE;
	else if (strcmp(text, "split") == 0)
		wishes->integrity = ASSAY_SPLIT;
	else if (strcmp(text, "shared") == 0)
		wishes->integrity = ASSAY_SHARED;
	else
		argp_error(state, "--integrity: '%s' is none of auto, native, split, shared", text);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct request_wishes *wishes = state->input;
	char message[256];

	switch (key) {
	case OPTION_LIMITS:
		if (request_limits_parse(argument, &wishes->limits, message, sizeof(message)) < 0)
			argp_error(state, "--limits: %s", message);
		return 0;
	case OPTION_INTEGRITY:
		take_integrity(wishes, argument, state);
		return 0;
	case OPTION_REPEAT:
		wishes->repeat =
			(uint32_t)option_number_whole(argument, 1, REPEAT_MAX, state, "--repeat");
		return 0;
	case OPTION_NO_CONTROL:
		wishes->has_no_control = true;
		return 0;
	case OPTION_NO_CACHE:
		wishes->has_no_cache = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp request_wishes_argp = {.options = option_list, .parser = parse_option};
