/*
 * Running one tool as a child of the compiling process, which waits for it. In the cell of the
 * candidate, under its filter and limits.
 */
#include "inside/runtimes/native/tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inside/cell/start.h"

void tool_add(struct tool *tool, const char *argument)
{
	if (tool->n == TOOL_ARGUMENTS_MAX)
		start_fail("the command is too long");
	tool->arguments[tool->n++] = (char *)argument; /* execve(2) does not write */
}

void tool_add_all(struct tool *tool, char *const *arguments, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tool_add(tool, arguments[i]);
}

bool tool_run(const struct tool *tool, int output, int error_output)
{
	int status = -1;
	pid_t pid = fork();

	if (pid < 0)
		return false;
	if (pid == 0) {
		dup2(output, STDOUT_FILENO);
		dup2(error_output, STDERR_FILENO);
		execve(tool->arguments[0], tool->arguments, environ);
		dprintf(STDERR_FILENO, "%s: %s\n", tool->arguments[0], strerror(errno));
		_exit(START_EXIT_HARNESS);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}
