/*
 * What the processes of the cell use, read from /proc without allocating.
 */
#pragma once

#include <stdint.h>
#include <sys/time.h>

struct usage {
	uint64_t cpu_ns;        /* user + system, waited-for children included */
	uint64_t run_delay_ns;  /* runnable but waiting for a processor; first threads only */
	uint64_t own_waits;     /* times that they gave their processor up; first threads only */
	uint64_t interruptions; /* times that it was taken from them; first threads only */
	uint32_t processes;     /* and threads, zombies too; pid 1 left out */
};

/* Sums over every process but pid 1. What cannot be read counts nothing. */
void usage_read(struct usage *usage);

uint64_t usage_of_timeval(const struct timeval *time);

/* Size of this process's address space; 0: unknown. */
uint64_t usage_address_space(void);

/* Memory of this process that is no file's; 0: unknown. */
uint64_t usage_own_memory(void);
