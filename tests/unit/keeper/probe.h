/*
 * The program that runs as pid 1 of a cell in loop_test: the test's own executable, copied to
 * /runtime/probe. It answers commands on its control socket with what it sees from inside.
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inside/lock.h"

#define PROBE_TEXT_BYTES 4096

static const char *word(bool is_true)
{
	return is_true ? "yes" : "no";
}

/* Copies the lines of /proc/self/status that tell of power. */
static void report_status(FILE *out)
{
	static const char *const names[] = {"Cap", "NoNewPrivs", "Seccomp:"};
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strncmp(line, names[i], strlen(names[i])) == 0)
				fputs(line, out);
	if (status != NULL)
		fclose(status);
}

static void report_descriptors(FILE *out)
{
	fputs("fds", out);
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			fprintf(out, " %d", fd);
	fputs("\n", out);
}

static bool can_make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void report_files(FILE *out)
{
	DIR *root = opendir("/");
	unsigned int known = 0;
	unsigned int unknown = 0;

	for (const struct dirent *entry; root != NULL && (entry = readdir(root)) != NULL;) {
		static const char *const names[] = {".",   "..",  "usr",     "lib",  "lib64",
						    "bin", "dev", "runtime", "proc", "tmp"};
		bool is_known = false;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			is_known |= strcmp(entry->d_name, names[i]) == 0;
		known += is_known;
		unknown += !is_known;
	}
	if (root != NULL)
		closedir(root);
	fprintf(out, "root known %u unknown %u\n", known, unknown);
	fprintf(out, "writes /:%s /runtime:%s /usr:%s /tmp:%s\n", word(can_make("/x")),
		word(can_make("/runtime/x")), word(can_make("/usr/x")), word(can_make("/tmp/x")));
	fprintf(out, "null:%s kmsg:%s sysctl:%s\n", word(access("/dev/null", W_OK) == 0),
		word(access("/dev/kmsg", F_OK) == 0), word(access("/proc/sys", F_OK) == 0));
}

static void report_self(FILE *out, int argc, char **argv)
{
	char name[64] = "";
	struct rlimit core;
	struct rlimit files;

	gethostname(name, sizeof(name));
	getrlimit(RLIMIT_CORE, &core);
	getrlimit(RLIMIT_NOFILE, &files);
	fprintf(out, "pid %d uid %u gid %u session %s host %s\n", (int)getpid(), getuid(), getgid(),
		word(getsid(0) == getpid()), name);
	fprintf(out, "core %llu files %llu cwd %s\n", (unsigned long long)core.rlim_max,
		(unsigned long long)files.rlim_max, getcwd(name, sizeof(name)));
	fprintf(out, "arguments %d last %s environment %s %s\n", argc, argv[argc - 1],
		environ[0] != NULL ? environ[0] : "none",
		environ[0] != NULL && environ[1] != NULL ? "and more" : "only");
}

/* The loopback is down, so not even 127.0.0.1 can be reached. */
static bool can_connect(void)
{
	const struct sockaddr_in self = {.sin_family = AF_INET,
					 .sin_port = htons(9),
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool can = fd >= 0 && connect(fd, (const struct sockaddr *)&self, sizeof(self)) == 0;

	if (fd >= 0)
		close(fd);
	return can;
}

static void report_powers(FILE *out)
{
	fprintf(out, "mount:%s newuser:%s setuid:%s inet:%s\n",
		word(mount("a", "/tmp", "tmpfs", 0, "") == 0), word(unshare(CLONE_NEWUSER) == 0),
		word(setuid(0) == 0), word(can_connect()));
}

static void probe_lock(char *text)
{
	struct failure failure;
	int listener;
	int err = lock_self(&failure, &listener);
	long answer;
	int error;

	if (err < 0) {
		snprintf(text, PROBE_TEXT_BYTES, "failed %s: %s", failure.step, failure.detail);
		return;
	}
	/* The test's filter refuses getppid(2) with ENOTTY. */
	answer = syscall(SYS_getppid);
	error = errno;
	snprintf(text, PROBE_TEXT_BYTES, "getppid %d errno %d dumpable %d fd4 %s", (int)answer,
		 error, prctl(PR_GET_DUMPABLE), word(fcntl(CELL_FD_LOCK, F_GETFD) >= 0));
}

static void probe_report(char *text, int argc, char **argv)
{
	FILE *out = fmemopen(text, PROBE_TEXT_BYTES, "w");

	report_descriptors(out);
	report_self(out, argc, argv);
	report_status(out);
	report_files(out);
	report_powers(out);
	fclose(out);
}

/* A fork storm that the cgroup must stop: says how many children could be made. */
static void probe_forks(char *text)
{
	int n = 0;

	for (; n < 64; n++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0)
			for (;;)
				pause();
	}
	(void)kill(-1, SIGKILL);
	while (wait(NULL) > 0)
		;
	snprintf(text, PROBE_TEXT_BYTES, "forks %d", n);
}

#define HOG_BYTES (400u << 20)

/* A child that takes more than the cgroup gives, and what became of it. */
static void probe_memory(char *text)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		char *hog = malloc(HOG_BYTES);

		for (size_t i = 0; hog != NULL && i < HOG_BYTES; i += 4096)
			((volatile char *)hog)[i] = 1;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	snprintf(text, PROBE_TEXT_BYTES, "killed by %d",
		 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static int probe_main(int argc, char **argv)
{
	char command[64];
	static char text[PROBE_TEXT_BYTES];
	ssize_t n;

	while ((n = recv(CELL_FD_CONTROL, command, sizeof(command) - 1, 0)) > 0) {
		command[n] = '\0';
		memset(text, 0, sizeof(text));
		if (strcmp(command, "report") == 0)
			probe_report(text, argc, argv);
		else if (strcmp(command, "lock") == 0)
			probe_lock(text);
		else if (strcmp(command, "forks") == 0)
			probe_forks(text);
		else if (strcmp(command, "memory") == 0)
			probe_memory(text);
		else if (strcmp(command, "leave-child") == 0)
			snprintf(text, sizeof(text), "%d", fork() == 0 ? pause() : 0);
		else
			return 7;
		send(CELL_FD_CONTROL, text, strlen(text) + 1, 0);
	}
	/* The broker's end is closed: stay, as a hanging runtime would. */
	for (;;)
		pause();
}
