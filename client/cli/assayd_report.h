/*
 * Asking the program assayd itself, which knows this machine and its policies, without a daemon
 * that runs.
 */
#pragma once

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>

/* What the verbs that ask have in common: --policies and --json. */
struct assayd_question {
	const char *policies_path; /* NULL: the daemon's own folder */
	bool as_json;
};

/* Parses these options into a struct assayd_question, as a child of a verb's own parser. */
extern const struct argp assayd_options;

/* The assayd beside this program, or its bare name to be looked up in $PATH. */
void assayd_find(char *path, size_t size);

/*
 * Runs assayd with `option` ("--doctor") and its `value` (NULL: it has none) and reads the JSON
 * object that it prints; what it says on standard error goes to ours. 0: *report is the caller's,
 * *status its exit status. Otherwise the reason has been printed, and the result is an exit status
 * of this program.
 */
int assayd_ask(const struct assayd_question *question, const char *option, const char *value,
	       json_t **report, int *status);
