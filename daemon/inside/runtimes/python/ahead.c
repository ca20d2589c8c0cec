/*
 * Pid 1, and the child that waits for a run. A run begins with page faults: in a short one some 350
 * pages are copied or mapped, which takes as long as its computing. Most of them are the same in
 * every run, so they are learnt once: a child forked for that executes a sample, and the kernel's
 * page map tells what it has of its own then (copied, because it was written) and what it has
 * mapped of files (executed or read). A child that waits on an idle machine takes those beforehand.
 * It can read and compute nothing else for it: the pages hold what they held.
 *
 * Only a child that has waited a little does it. Under load it would not pay: the same pages would
 * be taken either way, and those that a run does not need on top.
 *
 * The list is made before the cell is locked and never afterwards: no run has a part in it.
 */
#include "inside/runtimes/python/ahead.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef MADV_POPULATE_READ /* Linux 5.14; older ones refuse them */
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

#define PAGE_BYTES ((uintptr_t)4096)
#define RANGES_MAX 512
#define PAGES_AT_ONCE 512
#define MAPS_LINE_BYTES 512

/* Bits of an entry, proc_pid_pagemap(5). */
#define PAGE_PRESENT (1ull << 63)
#define PAGE_OF_FILE (1ull << 61)
#define PAGE_EXCLUSIVE (1ull << 56)

struct range {
	uintptr_t start;
	uint32_t n_pages;
	uint32_t is_written;
};

static struct {
	uint32_t n;
	struct range ranges[RANGES_MAX];
} learnt;

static bool is_taken(uint64_t page, bool is_writable)
{
	if ((page & PAGE_PRESENT) == 0)
		return false;
	if (is_writable)
		return (page & PAGE_EXCLUSIVE) != 0 && (page & PAGE_OF_FILE) == 0;
	return (page & PAGE_OF_FILE) != 0;
}

static void add_page(uintptr_t address, bool is_written)
{
	struct range *last = learnt.n > 0 ? &learnt.ranges[learnt.n - 1] : NULL;

	if (last != NULL && last->is_written == is_written &&
	    last->start + last->n_pages * PAGE_BYTES == address)
		last->n_pages++;
	else if (learnt.n < RANGES_MAX)
		learnt.ranges[learnt.n++] = (struct range){address, 1, is_written};
}

static void look_at(int pagemap, uintptr_t start, uintptr_t end, bool is_writable)
{
	uint64_t pages[PAGES_AT_ONCE];

	for (uintptr_t at = start; at < end; at += sizeof(pages) / sizeof(pages[0]) * PAGE_BYTES) {
		size_t wanted = (end - at) / PAGE_BYTES;
		ssize_t len;

		if (wanted > PAGES_AT_ONCE)
			wanted = PAGES_AT_ONCE;
		len = pread(pagemap, pages, wanted * sizeof(pages[0]),
			    (off_t)(at / PAGE_BYTES * sizeof(pages[0])));
		for (size_t i = 0; len > 0 && i < (size_t)len / sizeof(pages[0]); i++)
			if (is_taken(pages[i], is_writable))
				add_page(at + i * PAGE_BYTES, is_writable);
	}
}

/* A line of /proc/self/maps: "7f00-7f01 rw-p ...". */
static void look_at_mapping(int pagemap, const char *line)
{
	char *at;
	uintptr_t start = strtoul(line, &at, 16);
	uintptr_t end = *at == '-' ? strtoul(at + 1, &at, 16) : 0;

	/* Private ones: " r", "w", "x", "p". */
	if (*at == ' ' && strlen(at) > 4 && at[4] == 'p')
		look_at(pagemap, start, end, at[2] == 'w');
}

/* In the child that has executed the sample. */
static void look_around(void)
{
	_cleanup_fd_ int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[MAPS_LINE_BYTES];

	while (pagemap >= 0 && maps != NULL && fgets(line, sizeof(line), maps) != NULL)
		look_at_mapping(pagemap, line);
}

static void try_sample(PyObject *sample, int result_fd) __attribute__((noreturn));
static void try_sample(PyObject *sample, int result_fd)
{
	PyOS_AfterFork_Child();
	if (PyObject_CallFunctionObjArgs(sample, NULL) == NULL) {
		PyErr_Print();
		_exit(1);
	}
	look_around();
	_exit(fd_write_all(result_fd, &learnt, sizeof(learnt)) < 0 ? 1 : 0);
}

void ahead_learn(PyObject *sample)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0)
		try_sample(sample, ends[1]);
	fd_close(&ends[1]);
	if (pid > 0 && fd_read_all(ends[0], &learnt, sizeof(learnt)) != sizeof(learnt))
		learnt.n = 0;
	fd_close(&ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

void ahead_populate(void)
{
	for (uint32_t i = 0; i < learnt.n; i++) {
		const struct range *range = &learnt.ranges[i];

		/* What is refused is taken when it is needed. */
		madvise((void *)range->start, range->n_pages * PAGE_BYTES,
			range->is_written != 0 ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
	}
}
