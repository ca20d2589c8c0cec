/* System calls of a run that were refused and are worth a name. Pure data. */
#pragma once

#include <stdint.h>

#define VIOLATIONS_MAX 16

struct violation {
	uint32_t number; /* of the system call */
	uint32_t count;
};

struct violations {
	struct violation calls[VIOLATIONS_MAX]; /* in the order of their first refusal */
	uint32_t n_calls;
	uint32_t others; /* of calls for which there was no place */
};

void violations_add(struct violations *violations, uint32_t number, uint32_t count);
void violations_add_others(struct violations *violations, uint32_t count);

/* Adds what `more` has: the runs of one evaluation. */
void violations_merge(struct violations *violations, const struct violations *more);

/* "socket"; "other" for a number that has no name here. Static text. */
const char *violation_name(uint32_t number);
