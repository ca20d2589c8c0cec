/*
 * Reading /proc of the cell. Pid 1, on request of the broker, while a run is on; a few times in the
 * life of a long run, never in that of a short one. getdents64 by hand because opendir allocates.
 */
#include "inside/cell/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#define NS_PER_SECOND 1000000000u
#define STAT_BYTES_MAX 1024
#define STATUS_BYTES_MAX 4096
#define STAT_UTIME 11 /* fields behind the last ')', the state being 0 */
#define STAT_CSTIME 14
#define STAT_NUM_THREADS 17 /* 0: a zombie */
#define ENTRIES_BYTES 4096

struct entry { /* struct linux_dirent64 */
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

uint64_t usage_of_timeval(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * NS_PER_SECOND + (uint64_t)time->tv_usec * 1000u;
}

/* Reads the small file `pid`/`name` below the descriptor; "" if it cannot. */
static void read_file(int proc, const char *pid, const char *name, char *text, size_t size)
{
	char path[64];
	_cleanup_fd_ int fd = -1;
	ssize_t len = -1;

	snprintf(path, sizeof(path), "%.20s/%s", pid, name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		len = read(fd, text, size - 1);
	text[len > 0 ? len : 0] = '\0';
}

/* utime + stime + cutime + cstime, threads; the name in parentheses may hold anything, even ')'. */
static void add_stat(const char *text, struct usage *usage)
{
	const char *at = strrchr(text, ')');
	uint64_t ticks = 0;
	uint32_t threads = 0;

	for (int field = -1; at != NULL && *at != '\0' && field <= STAT_NUM_THREADS; field++) {
		if (field >= STAT_UTIME && field <= STAT_CSTIME)
			ticks += strtoull(at, NULL, 10);
		if (field == STAT_NUM_THREADS)
			threads = (uint32_t)strtoul(at, NULL, 10);
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	usage->cpu_ns += ticks * (NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
	usage->processes += threads > 0 ? threads : 1;
}

/* Time on a processor, and time waiting for one (proc(5) has not this file;
 * Documentation/scheduler/sched-stats.rst of the kernel has). */
static void add_schedstat(const char *text, struct usage *usage)
{
	char *end;

	strtoull(text, &end, 10);
	usage->run_delay_ns += strtoull(end, &end, 10);
}

static uint64_t number_of(const char *text, const char *label)
{
	const char *at = strstr(text, label);

	return at != NULL ? strtoull(at + strlen(label), NULL, 10) : 0;
}

/* Context switches: the last lines of /proc/PID/status, behind a name that has no line breaks. */
static void add_status(const char *text, struct usage *usage)
{
	usage->own_waits += number_of(text, "\nvoluntary_ctxt_switches:");
	usage->interruptions += number_of(text, "\nnonvoluntary_ctxt_switches:");
}

static void add_process(int proc, const char *pid, struct usage *usage)
{
	char text[STATUS_BYTES_MAX];

	read_file(proc, pid, "stat", text, STAT_BYTES_MAX);
	add_stat(text, usage);
	read_file(proc, pid, "schedstat", text, sizeof(text));
	add_schedstat(text, usage);
	read_file(proc, pid, "status", text, sizeof(text));
	add_status(text, usage);
}

static bool is_other_process(const char *name)
{
	return name[0] >= '1' && name[0] <= '9' && strcmp(name, "1") != 0;
}

void usage_read(struct usage *usage)
{
	_Alignas(struct entry) char entries[ENTRIES_BYTES];
	_cleanup_fd_ int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long len;

	memset(usage, 0, sizeof(*usage));
	if (proc < 0)
		return;
	while ((len = syscall(SYS_getdents64, proc, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < len;) {
			const struct entry *entry = (const struct entry *)(entries + at);

			if (is_other_process(entry->name))
				add_process(proc, entry->name, usage);
			at += entry->length;
		}
	}
}

uint64_t usage_address_space(void)
{
	char text[STAT_BYTES_MAX];

	read_file(AT_FDCWD, "/proc/self", "statm", text, sizeof(text));
	return strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Numbers of pages: size, resident, and of those the files' ("shared"). */
uint64_t usage_own_memory(void)
{
	char text[STAT_BYTES_MAX];
	uint64_t resident, of_files;
	char *at;

	read_file(AT_FDCWD, "/proc/self", "statm", text, sizeof(text));
	strtoull(text, &at, 10);
	resident = strtoull(at, &at, 10);
	of_files = strtoull(at, &at, 10);
	return resident > of_files ? (resident - of_files) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}
