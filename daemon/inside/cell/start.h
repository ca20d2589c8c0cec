/*
 * The first steps of a run in its forked child, the same for every runtime. They are to be called
 * in the order in which they stand here. What fails ends the process, and is told in the records as
 * our fault.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "inside/wire.h"

/* Descriptors of ours that a run keeps are here or above: far from what honest programs count up
 * to. */
#define START_KEPT_FD_LOWEST 500
#define START_EXIT_HARNESS 70

/* Before there is a run, so that it finds it done: a session of its own, seen in /proc by pid 1,
 * and first to go when memory runs out. */
void start_ahead(void);

/* stdout and stderr become 1 and 2; records can be written from now on. */
void start_streams(const int *fds);

/* A copy of the descriptor at START_KEPT_FD_LOWEST or above, closed by exec; or -1. */
int start_keep(int fd);

/* The run's limits. `own_bytes` of address space are ours and come on top of the run's. */
void start_confine(const struct cell_request *request, uint64_t own_bytes);

/* The job's bytes, malloc(3)ed. */
char *start_read_job(int fd, size_t *len);

/* Closes every descriptor but 0, 1, 2 and those that were kept. */
void start_close_others(void);

/*
 * Descriptor 0 becomes a file of this run alone that holds `bytes`, as behind `< input`: it never
 * blocks, has a size, and can be read twice, whatever its length.
 */
void start_input(const char *bytes, size_t len);

void start_fail(const char *what) __attribute__((noreturn));
