/*
 * A daemon of our own, for one command, when no other is to be found. Runs in `assay`.
 *
 * It must end with the command however that ends, so it holds the read end of a pipe, the lifeline,
 * whose write end only we have: when we end, even by kill -9, the kernel closes it and assayd sees
 * the end of file. It says READY on another pipe once it can judge; if that pipe closes first, what
 * it wrote to stderr says why. Its stderr is a memory file and not a pipe, because nobody would
 * drain a pipe while the command works, and a full one would stop the daemon.
 *
 * It gets a process group of its own, so that Ctrl-C in the terminal reaches only us and we decide
 * what to finish; and /dev/null as stdin and stdout, because holding our stdout would keep a
 * pipeline behind us waiting.
 *
 * Order at the end: close the lifeline, wait, be less and less patient, then remove the directory.
 */
#include "client/cli/private_daemon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cli/assayd_report.h"
#include "client/cli/terminal.h"

#define READY_PATIENCE_MS 120000
#define STOP_PATIENCE_MS 15000
#define TERMINATE_PATIENCE_MS 3000
#define LOG_PRINTED_MAX 8192

extern char **environ;

struct private_daemon {
	pid_t pid;
	int lifeline_fd; /* write end: the daemon ends when it closes */
	int ready_fd;    /* read end */
	int log_fd;      /* its stderr */
	off_t log_printed;
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char address[sizeof(((struct sockaddr_un *)0)->sun_path) + 32];
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int make_directory(struct private_daemon *daemon)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const char *parents[] = {runtime != NULL && runtime[0] == '/' ? runtime : NULL, "/tmp"};

	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		int len;

		if (parents[i] == NULL)
			continue;
		len = snprintf(daemon->directory, sizeof(daemon->directory), "%s/assay-XXXXXX",
			       parents[i]);
		/* The socket's whole path has to fit into sun_path. */
		if ((size_t)len + sizeof("/assay.sock") > sizeof(daemon->directory))
			continue;
		if (mkdtemp(daemon->directory) == NULL)
			continue;
		snprintf(daemon->address, sizeof(daemon->address), "unix:%s/assay.sock",
			 daemon->directory);
		return 0;
	}
	daemon->directory[0] = '\0';
	return errno != 0 ? -errno : -ENAMETOOLONG;
}

static void remove_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
	rmdir(path);
}

/* Our own signal dispositions are not the daemon's. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	const short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	sigset_t none, changed;

	sigemptyset(&none);
	sigemptyset(&changed);
	sigaddset(&changed, SIGPIPE);
	sigaddset(&changed, SIGINT);
	sigaddset(&changed, SIGTERM);
	sigaddset(&changed, SIGHUP);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &changed);
	return -posix_spawnattr_setflags(attributes, flags);
}

static int spawn(struct private_daemon *daemon, int lifeline_fd, int ready_fd)
{
	char program[4096], lifeline[16], ready[16];
	const char *socket = daemon->address + strlen("unix:");
	/* It is the caller's own machine and code: what is missing is said, not refused. */
	const char *argv[] = {"assayd", "--socket",       "",    "--lifeline-fd",
			      lifeline, "--ready-fd",     ready, "--log-level",
			      "error",  "--allow-weaker", "any", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int err;

	assayd_find(program, sizeof(program));
	argv[2] = socket;
	snprintf(lifeline, sizeof(lifeline), "%d", lifeline_fd);
	snprintf(ready, sizeof(ready), "%d", ready_fd);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_init(&actions);
	err = set_attributes(&attributes);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, daemon->log_fd, STDERR_FILENO);
	/* Onto itself: takes close-on-exec away in the child only. */
	posix_spawn_file_actions_adddup2(&actions, lifeline_fd, lifeline_fd);
	posix_spawn_file_actions_adddup2(&actions, ready_fd, ready_fd);
	if (err == 0)
		err = -posix_spawnp(&daemon->pid, program, &actions, &attributes,
				    (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (err < 0)
		cli_error("cannot run %s: %s", program, strerror(-err));
	return err;
}

/* 0: it is ready; -ECHILD: it ended; -EINTR; -ETIMEDOUT. */
static int wait_ready(const struct cli_context *context, const struct private_daemon *daemon)
{
	char text[sizeof("READY\n")] = "";
	size_t len = 0;

	for (int waited_ms = 0; waited_ms < READY_PATIENCE_MS;) {
		struct pollfd watched = {.fd = daemon->ready_fd, .events = POLLIN};
		int n;
		ssize_t got;

		if (*context->interrupted)
			return -EINTR;
		/* Short turns: a signal between the look at the flag and poll() is not missed long.
		 */
		n = poll(&watched, 1, 100);
		if (n == 0)
			waited_ms += 100;
		if (n <= 0)
			continue;
		got = read(daemon->ready_fd, text + len, sizeof(text) - 1 - len);
		if (got <= 0)
			return -ECHILD;
		len += (size_t)got;
		if (memchr(text, '\n', len) != NULL || len == sizeof(text) - 1)
			return strncmp(text, "READY", 5) == 0 ? 0 : -EPROTO;
	}
	return -ETIMEDOUT;
}

static int wait_end(const struct private_daemon *daemon, int patience_ms)
{
	int pidfd = pidfd_open(daemon->pid, 0);
	struct pollfd watched = {.fd = pidfd, .events = POLLIN};
	int n;

	if (pidfd < 0)
		return waitpid(daemon->pid, NULL, 0) == daemon->pid ? 0 : -errno;
	do {
		n = poll(&watched, 1, patience_ms);
	} while (n < 0 && errno == EINTR);
	close(pidfd);
	if (n <= 0)
		return -ETIMEDOUT;
	return waitpid(daemon->pid, NULL, 0) == daemon->pid ? 0 : -errno;
}

void private_daemon_stop(struct private_daemon *daemon)
{
	if (daemon == NULL)
		return;
	close_fd(&daemon->lifeline_fd);
	close_fd(&daemon->ready_fd);
	if (daemon->pid > 0 && wait_end(daemon, STOP_PATIENCE_MS) == -ETIMEDOUT) {
		kill(daemon->pid, SIGTERM);
		if (wait_end(daemon, TERMINATE_PATIENCE_MS) == -ETIMEDOUT) {
			kill(-daemon->pid, SIGKILL);
			waitpid(daemon->pid, NULL, 0);
		}
	}
	close_fd(&daemon->log_fd);
	if (daemon->directory[0] != '\0')
		remove_directory(daemon->directory);
	free(daemon);
}

void private_daemon_print_log(struct private_daemon *daemon)
{
	struct stat status;
	char *text;
	ssize_t len;

	if (fstat(daemon->log_fd, &status) < 0 || status.st_size <= daemon->log_printed)
		return;
	if (status.st_size - daemon->log_printed > LOG_PRINTED_MAX)
		daemon->log_printed = status.st_size - LOG_PRINTED_MAX;
	text = malloc(LOG_PRINTED_MAX);
	if (text == NULL)
		return;
	len = pread(daemon->log_fd, text, LOG_PRINTED_MAX, daemon->log_printed);
	if (len > 0) {
		daemon->log_printed += len;
		terminal_write(stderr, text, (size_t)len, 0);
		if (text[len - 1] != '\n')
			fputc('\n', stderr);
	}
	free(text);
}

static int start(const struct cli_context *context, struct private_daemon *daemon)
{
	int lifeline[2] = {-1, -1}, ready[2] = {-1, -1};
	int err = make_directory(daemon);

	if (err < 0) {
		cli_error("cannot make a directory for a private daemon: %s", strerror(-err));
		return err;
	}
	daemon->log_fd = memfd_create("assayd-stderr", MFD_CLOEXEC);
	if (daemon->log_fd < 0 || pipe2(lifeline, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0) {
		err = -errno;
		cli_error("cannot start a private daemon: %s", strerror(-err));
		close_fd(&lifeline[0]);
		close_fd(&lifeline[1]);
		return err;
	}
	fcntl(daemon->log_fd, F_SETFL, O_APPEND);
	daemon->lifeline_fd = lifeline[1];
	daemon->ready_fd = ready[0];
	err = spawn(daemon, lifeline[0], ready[1]);
	close_fd(&lifeline[0]);
	close_fd(&ready[1]);
	if (err < 0)
		return err;
	err = wait_ready(context, daemon);
	if (err < 0 && err != -EINTR) {
		cli_error("the private daemon %s",
			  err == -ETIMEDOUT ? "does not get ready" : "could not start:");
		private_daemon_print_log(daemon);
	}
	return err;
}

int private_daemon_start(const struct cli_context *context, struct private_daemon **result)
{
	struct private_daemon *daemon = calloc(1, sizeof(*daemon));
	int err;

	if (daemon == NULL)
		return -ENOMEM;
	daemon->lifeline_fd = daemon->ready_fd = daemon->log_fd = -1;
	err = start(context, daemon);
	if (err < 0) {
		private_daemon_stop(daemon);
		return err;
	}
	*result = daemon;
	return 0;
}

const char *private_daemon_address(const struct private_daemon *daemon)
{
	return daemon->address;
}
