/*
 * One run of assayd for its answer. Runs in `assay`.
 *
 * The command line must not know how a daemon sees the machine, or it would sooner or later see it
 * differently; so it asks, and only makes a page of the answer. assayd prints one JSON object on
 * its standard output, a memory file here, and complaints on standard error.
 */
#include "client/cli/assayd_report.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cli/cli.h"

#define ARGUMENTS_MAX 8

extern char **environ;

/* ---- its options ---- */

enum { OPTION_JSON = 1024, OPTION_POLICIES }; /* beyond those of the verbs */

static const struct argp_option option_list[] = {
	{"policies", OPTION_POLICIES, "DIR", 0, "Folder of the policies (default: the daemon's)",
	 0},
	{"json", OPTION_JSON, NULL, 0, "JSON instead of a page, one object a line", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct assayd_question *question = state->input;

	switch (key) {
	case OPTION_JSON:
		question->as_json = true;
		return 0;
	case OPTION_POLICIES:
		question->policies_path = argument;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp assayd_options = {.options = option_list, .parser = parse_option};

/* ---- asking ---- */

void assayd_find(char *path, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (len > 0) {
		path[len] = '\0';
		slash = strrchr(path, '/');
		if (slash != NULL && (size_t)(slash - path) + sizeof("/assayd") <= size) {
			memcpy(slash, "/assayd", sizeof("/assayd"));
			if (access(path, X_OK) == 0)
				return;
		}
	}
	snprintf(path, size, "assayd");
}

/* We ignore SIGPIPE; programs that we start should not. */
static void set_signals(posix_spawnattr_t *attributes)
{
	sigset_t changed;

	sigemptyset(&changed);
	sigaddset(&changed, SIGPIPE);
	posix_spawnattr_setsigdefault(attributes, &changed);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
}

/* Its exit status; -errno: it could not be run, or was killed. */
static int run(const char *path, const char *const *argv, int out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int status = 0;
	int err;
	pid_t pid;

	posix_spawnattr_init(&attributes);
	set_signals(&attributes);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	err = -posix_spawnp(&pid, path, &actions, &attributes, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (err < 0)
		return err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

int assayd_ask(const struct assayd_question *question, const char *option, const char *value,
	       json_t **report, int *status)
{
	const char *argv[ARGUMENTS_MAX] = {"assayd", "--log-level", "error", option};
	size_t n = 4;
	char path[4096];
	json_error_t mistake;
	int out = memfd_create("assayd-report", MFD_CLOEXEC);

	if (value != NULL)
		argv[n++] = value;
	if (question->policies_path != NULL) {
		argv[n++] = "--policies";
		argv[n++] = question->policies_path;
	}
	assayd_find(path, sizeof(path));
	*report = NULL;
	*status = out < 0 ? -errno : run(path, argv, out);
	if (*status < 0)
		cli_error("cannot run %s: %s", path, strerror(-*status));
	else if (lseek(out, 0, SEEK_SET) == 0)
		*report = json_loadfd(out, 0, &mistake);
	if (out >= 0)
		close(out);
	if (*report != NULL)
		return 0;
	/* Without an object it has said why on standard error. */
	return *status == CLI_USAGE ? CLI_USAGE : CLI_NO_DAEMON;
}
