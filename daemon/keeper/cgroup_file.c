/*
 * The files of cgroup folders, for assay-keeper. Every write is one write(2), as the kernel wants
 * it, and the error that counts is that of the write.
 */
#include "keeper/cgroup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"

#define PATH_BYTES 768
#define PROCESSES_BYTES (256 * 1024)
#define REMOVE_TRIES 500
#define REMOVE_PAUSE_NS 10000000L

int cgroup_file_open(const char *folder, const char *name, int flags)
{
	char path[PATH_BYTES];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int cgroup_file_write(const char *folder, const char *name, const char *text)
{
	_cleanup_fd_ int fd = cgroup_file_open(folder, name, O_WRONLY);

	if (fd < 0)
		return fd;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int cgroup_file_write_number(const char *folder, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	return cgroup_file_write(folder, name, text);
}

ssize_t cgroup_file_read(const char *folder, const char *name, char *text, size_t size)
{
	_cleanup_fd_ int fd = cgroup_file_open(folder, name, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = fd_read_all(fd, text, size - 1);
	if (n >= 0)
		text[n] = '\0';
	return n;
}

int cgroup_file_limit(const char *folder, const char *name, uint64_t limit)
{
	char text[32];
	ssize_t n;
	int err = cgroup_file_write_number(folder, name, limit);

	if (err < 0)
		return err;
	n = cgroup_file_read(folder, name, text, sizeof(text));
	if (n < 0)
		return (int)n;
	/* "max" and the like would be no number. */
	if (text[0] < '0' || text[0] > '9' || strtoull(text, NULL, 10) > limit)
		return -EIO;
	return 0;
}

int cgroup_file_each_process(const char *folder, int (*visit)(pid_t pid, void *context),
			     void *context)
{
	char *text = xmalloc(PROCESSES_BYTES);
	ssize_t n = cgroup_file_read(folder, "cgroup.procs", text, PROCESSES_BYTES);
	int err = n < 0 ? (int)n : 0;
	char *rest = text;

	while (err == 0 && *rest != '\0') {
		long pid = strtol(rest, &rest, 10);

		rest += strspn(rest, "\n");
		err = visit((pid_t)pid, context);
	}
	free(text);
	return err;
}

static int kill_process(pid_t pid, void *context)
{
	(void)context;
	/* 0 would be a process of another pid namespace: nobody of ours. */
	if (pid > 1)
		(void)kill(pid, SIGKILL);
	return 0;
}

/* There is no event for "empty" that both versions have; this path is rare and bounded. */
int cgroup_file_remove(const char *folder)
{
	const struct timespec pause = {.tv_nsec = REMOVE_PAUSE_NS};

	for (int i = 0; i < REMOVE_TRIES; i++) {
		if (rmdir(folder) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return -errno;
		(void)cgroup_file_each_process(folder, kill_process, NULL);
		(void)nanosleep(&pause, NULL);
	}
	return -EBUSY;
}
