/*
 * Counting refused system calls, and their names. Pure. The numbers come from a cell, so any number
 * is taken and sums saturate. The names are the kernel's, written out of its header by the build
 * (syscalls.def): the broker, which has to name what a cell counts by number, has no libseccomp.
 */
#include "core/violation.h"

#include <asm/unistd.h>
#include <stddef.h>

static const char *const names[] = {
#define X(name) [__NR_##name] = #name,
#include "syscalls.def"
#undef X
};

static uint32_t sum(uint32_t one, uint32_t other)
{
	return other > UINT32_MAX - one ? UINT32_MAX : one + other;
}

void violations_add_others(struct violations *violations, uint32_t count)
{
	violations->others = sum(violations->others, count);
}

void violations_add(struct violations *violations, uint32_t number, uint32_t count)
{
	uint32_t i = 0;

	if (count == 0)
		return;
	while (i < violations->n_calls && violations->calls[i].number != number)
		i++;
	if (i == VIOLATIONS_MAX) {
		violations_add_others(violations, count);
		return;
	}
	if (i == violations->n_calls)
		violations->calls[violations->n_calls++] = (struct violation){.number = number};
	violations->calls[i].count = sum(violations->calls[i].count, count);
}

void violations_merge(struct violations *violations, const struct violations *more)
{
	for (uint32_t i = 0; i < more->n_calls; i++)
		violations_add(violations, more->calls[i].number, more->calls[i].count);
	violations_add_others(violations, more->others);
}

const char *violation_name(uint32_t number)
{
	if (number >= sizeof(names) / sizeof(names[0]) || names[number] == NULL)
		return "other";
	return names[number];
}
