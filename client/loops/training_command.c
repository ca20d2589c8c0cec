/*
 * The command that trains. Part of `assay loop`.
 *
 * It has a process group of its own: Ctrl-C reaches us alone, and we end it with all that it has
 * started. It may run for days, so nothing here counts its time.
 */
#include "client/loops/training_command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 200 /* how often we look whether we were interrupted */
#define END_PATIENCE_MS 10000
#define LINE_BYTES_MAX 2048

extern char **environ;

struct training {
	pid_t pid;
	int output;
	char line[LINE_BYTES_MAX];
	size_t len;
	struct training_told told;
};

static int spawn(struct training *training, const char *script, const char *path,
		 const char *number, int output)
{
	char *const arguments[] = {(char *)"sh", (char *)"-c", (char *)script,
				   (char *)"sh", (char *)path, (char *)number,
				   NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t signals;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	err = posix_spawn(&training->pid, "/bin/sh", &actions, &attributes, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -err;
}

static int start(struct training *training, const char *command, const char *path,
		 uint32_t iteration)
{
	char number[16], *script;
	int ends[2], err;

	snprintf(number, sizeof(number), "%" PRIu32, iteration);
	if (setenv("ASSAY_TRAIN_FILE", path, 1) < 0 || setenv("ASSAY_ITERATION", number, 1) < 0 ||
	    asprintf(&script, "%s \"$@\"", command) < 0)
		return -ENOMEM;
	err = pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
	if (err == 0) {
		err = spawn(training, script, path, number, ends[1]);
		close(ends[1]);
		training->output = ends[0];
	}
	free(script);
	return err;
}

/* ---------------------------------------------------------------- what it says */

/* False: the line does not begin with the key. */
static bool take_value(const char *line, const char *key, char *value, size_t size)
{
	const size_t len = strlen(key);

	if (strncmp(line, key, len) != 0 || strlen(line + len) >= size)
		return false;
	snprintf(value, size, "%s", line + len);
	return true;
}

static void take_line(struct training *training)
{
	struct training_told *told = &training->told;

	training->line[training->len] = '\0';
	training->len = 0;
	if (!take_value(training->line, "model=", told->model, sizeof(told->model)) &&
	    !take_value(training->line, "model-url=", told->model_url, sizeof(told->model_url)))
		fprintf(stderr, "%s\n", training->line);
}

static void take_bytes(struct training *training, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n' || training->len == sizeof(training->line) - 1)
			take_line(training);
		if (bytes[i] != '\n')
			training->line[training->len++] = bytes[i];
	}
}

/* Until the end of its output. 0 or -EINTR. */
static int listen_to(struct training *training, const volatile sig_atomic_t *interrupted)
{
	struct pollfd output = {.fd = training->output, .events = POLLIN};
	char bytes[4096];
	ssize_t n;

	for (;;) {
		if (*interrupted)
			return -EINTR;
		if (poll(&output, 1, LOOK_MS) <= 0)
			continue;
		n = read(training->output, bytes, sizeof(bytes));
		if (n > 0)
			take_bytes(training, bytes, (size_t)n);
		else if (n == 0 || errno != EINTR)
			break;
	}
	if (training->len > 0)
		take_line(training);
	return 0;
}

/* ---------------------------------------------------------------- its end */

/* It may have closed its output and go on. 0 or -EINTR. */
static int wait_for(const struct training *training, const volatile sig_atomic_t *interrupted,
		    int *status)
{
	for (;;) {
		if (waitpid(training->pid, status, WNOHANG) == training->pid)
			return 0;
		if (*interrupted)
			return -EINTR;
		poll(NULL, 0, LOOK_MS / 10);
	}
}

static void end(const struct training *training)
{
	struct pollfd ended = {.fd = pidfd_open(training->pid, 0), .events = POLLIN};

	kill(-training->pid, SIGTERM);
	if (ended.fd < 0 || poll(&ended, 1, END_PATIENCE_MS) != 1)
		kill(-training->pid, SIGKILL);
	waitpid(training->pid, NULL, 0);
	if (ended.fd >= 0)
		close(ended.fd);
}

int training_command_run(const char *command, const char *path, uint32_t iteration,
			 const volatile sig_atomic_t *interrupted, struct training_told *told)
{
	struct training training = {.output = -1};
	int status = 0;
	int err = start(&training, command, path, iteration);

	if (err == 0) {
		err = listen_to(&training, interrupted);
		if (err == 0)
			err = wait_for(&training, interrupted, &status);
		if (err < 0)
			end(&training);
	}
	if (training.output >= 0)
		close(training.output);
	if (err < 0)
		return err;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	if (WEXITSTATUS(status) == 0)
		*told = training.told;
	return WEXITSTATUS(status);
}
