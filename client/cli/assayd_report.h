/*
 * Asking the program assayd itself, which knows this machine and its policies, without a daemon
 * that runs.
 */
#pragma once

#include <jansson.h>

#define ASSAYD_ARGUMENTS_MAX 16

/* The assayd beside this program, or its bare name to be looked up in $PATH. */
void assayd_find(char *path, size_t size);

/*
 * Runs assayd with `arguments` (NULL-terminated, without the program's name) and reads the JSON
 * object that it prints; what it says on standard error goes to ours. 0: *report is the caller's,
 * *status its exit status. Otherwise the reason has been printed, and the result is an exit status
 * of this program.
 */
int assayd_report(const char *const *arguments, json_t **report, int *status);
