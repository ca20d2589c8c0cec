/*
 * fork and exec for the supervisor. What a child gets is an explicit list: descriptors are first
 * moved out of the way and then to their fixed numbers, everything above is closed, the environment
 * is built anew. The supervisor has one thread, so ordinary code may run between fork and exec.
 *
 * A group of its own keeps the terminal's Ctrl-C from the children: only the supervisor ends the
 * daemon, in order. The keeper is not killed with the supervisor: it sees the end of its lifeline
 * and removes the cells and cgroups first; the broker has nothing to put away.
 */
#include "children.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define FD_FIRST 3
#define FD_ASIDE 64 /* above every fixed number */
#define EXIT_CANNOT_EXEC 127

/* The only variables that are passed on: where logs go, and how the sanitizers behave. */
static const char *const kept_variables[] = {"JOURNAL_STREAM", "ASAN_OPTIONS", "UBSAN_OPTIONS",
					     "LSAN_OPTIONS"};

#define N_KEPT (sizeof(kept_variables) / sizeof(kept_variables[0]))

static int place_descriptors(const struct child_plan *plan)
{
	int aside[CHILD_FDS_MAX];
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return -errno;
	for (size_t i = 0; i < plan->n_fds; i++) {
		aside[i] = plan->fds[i] < 0 ? -1 : fcntl(plan->fds[i], F_DUPFD, FD_ASIDE);
		if (aside[i] < 0 && plan->fds[i] >= 0)
			return -errno;
	}
	for (size_t i = 0; i < plan->n_fds; i++) {
		const int place = FD_FIRST + (int)i;

		if (aside[i] < 0)
			close(place);
		else if (dup2(aside[i], place) < 0)
			return -errno;
	}
	return close_range(FD_FIRST + (unsigned int)plan->n_fds, ~0U, 0) < 0 ? -errno : 0;
}

static void reset_signals(void)
{
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become(const struct child_plan *plan, pid_t parent)
{
	static char variables[N_KEPT][512];
	char *environment[N_KEPT + 1] = {NULL};
	char *argv[2] = {(char *)plan->path, NULL};
	size_t n = 0;
	int err;

	setpgid(0, 0);
	if (plan->dies_with_us && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(EXIT_FAILURE);
	if (getppid() != parent) /* it ended before the line above */
		_exit(EXIT_FAILURE);
	for (size_t i = 0; i < N_KEPT; i++) {
		const char *value = getenv(kept_variables[i]);

		if (value == NULL)
			continue;
		snprintf(variables[n], sizeof(variables[n]), "%s=%s", kept_variables[i], value);
		environment[n] = variables[n];
		n++;
	}
	reset_signals();
	err = place_descriptors(plan);
	if (err == 0) {
		execve(plan->path, argv, environment);
		err = -errno;
	}
	log_error("cannot execute %s: %s", plan->path, strerror(-err));
	_exit(EXIT_CANNOT_EXEC);
}

pid_t children_start(const struct child_plan *plan)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0)
		become(plan, parent);
	return pid < 0 ? -errno : pid;
}

void children_kill_orphans(pid_t spared, pid_t also_spared)
{
	char path[64];
	char *word = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	if (file == NULL)
		return;
	while (getdelim(&word, &size, ' ', file) > 0) {
		pid_t pid = (pid_t)strtol(word, NULL, 10);

		if (pid <= 0 || pid == spared || pid == also_spared)
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, WNOHANG);
	}
	free(word);
	fclose(file);
}
