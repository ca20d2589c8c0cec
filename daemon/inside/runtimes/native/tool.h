/*
 * Programs that the compiling child runs: the compiler, nm and objcopy.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define TOOL_ARGUMENTS_MAX 64

struct tool {
	char *arguments[TOOL_ARGUMENTS_MAX + 1]; /* [0]: the program's path; borrowed */
	size_t n;
};

/* One argument more. Too many end the run as our fault. */
void tool_add(struct tool *tool, const char *argument);
void tool_add_all(struct tool *tool, char *const *arguments, size_t n);

/* Runs it to its end: whether that was a good one. */
bool tool_run(const struct tool *tool, int output, int error_output);
