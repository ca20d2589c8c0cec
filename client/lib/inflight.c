/*
 * Requests in flight, by id; libassay.
 *
 * Ids count up from 1 and are never used twice, so the open ones are a window of the numbers: one
 * byte each, found by subtraction. The window starts at the oldest open id; a straggler makes it
 * long, at one byte per request submitted meanwhile, which is cheaper than a hash of pointers.
 */
#include "client/lib/inflight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INITIAL_CAPACITY ((size_t)256)

void inflight_deinit(struct inflight *inflight)
{
	free(inflight->kinds);
	*inflight = (struct inflight){0};
}

static uint64_t base_id(const struct inflight *inflight)
{
	return inflight->n_dropped + 1;
}

uint64_t inflight_next_id(const struct inflight *inflight)
{
	return base_id(inflight) + (inflight->end - inflight->start);
}

int inflight_reserve(struct inflight *inflight)
{
	size_t used = inflight->end - inflight->start;
	size_t capacity = inflight->capacity;
	uint8_t *grown;

	if (inflight->end < capacity)
		return 0;
	if (inflight->start > capacity / 2) {
		memmove(inflight->kinds, inflight->kinds + inflight->start, used);
		inflight->start = 0;
		inflight->end = used;
		return 0;
	}
	capacity = capacity == 0 ? INITIAL_CAPACITY : 2 * capacity;
	grown = realloc(inflight->kinds, capacity);
	if (grown == NULL)
		return -ENOMEM;
	inflight->kinds = grown;
	inflight->capacity = capacity;
	return 0;
}

static void drop_answered(struct inflight *inflight)
{
	while (inflight->start < inflight->end &&
	       inflight->kinds[inflight->start] == INFLIGHT_NONE) {
		inflight->start++;
		inflight->n_dropped++;
	}
	if (inflight->start == inflight->end)
		inflight->start = inflight->end = 0;
}

uint64_t inflight_open(struct inflight *inflight, enum inflight_kind kind)
{
	uint64_t id = inflight_next_id(inflight);

	inflight->kinds[inflight->end++] = (uint8_t)kind;
	if (kind != INFLIGHT_NONE)
		inflight->n_open++;
	drop_answered(inflight);
	return id;
}

static uint8_t *find(const struct inflight *inflight, uint64_t id)
{
	if (id < base_id(inflight) || id >= inflight_next_id(inflight))
		return NULL;
	return &inflight->kinds[inflight->start + (size_t)(id - base_id(inflight))];
}

enum inflight_kind inflight_kind(const struct inflight *inflight, uint64_t id)
{
	const uint8_t *kind = find(inflight, id);

	return kind != NULL ? (enum inflight_kind) * kind : INFLIGHT_NONE;
}

void inflight_close(struct inflight *inflight, uint64_t id)
{
	uint8_t *kind = find(inflight, id);

	if (kind == NULL || *kind == INFLIGHT_NONE)
		return;
	*kind = INFLIGHT_NONE;
	inflight->n_open--;
	drop_answered(inflight);
}

uint64_t inflight_oldest(const struct inflight *inflight)
{
	return inflight->n_open > 0 ? base_id(inflight) : 0;
}
