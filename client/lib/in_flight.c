/*
 * Requests in flight, by id; libassay.
 *
 * Ids count up from 1 and are never used twice, so the open ones are a window of the numbers: one
 * byte each, found by subtraction. The window starts at the oldest open id; a straggler makes it
 * long, at one byte per request submitted meanwhile, which is cheaper than a hash of pointers.
 */
#include "client/lib/in_flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INITIAL_CAPACITY ((size_t)256)

void in_flight_deinit(struct in_flight *in_flight)
{
	free(in_flight->kinds);
	*in_flight = (struct in_flight){0};
}

static uint64_t base_id(const struct in_flight *in_flight)
{
	return in_flight->n_dropped + 1;
}

uint64_t in_flight_next_id(const struct in_flight *in_flight)
{
	return base_id(in_flight) + (in_flight->end - in_flight->start);
}

int in_flight_reserve(struct in_flight *in_flight)
{
	size_t used = in_flight->end - in_flight->start;
	size_t capacity = in_flight->capacity;
	uint8_t *grown;

	if (in_flight->end < capacity)
		return 0;
	if (in_flight->start > capacity / 2) {
		memmove(in_flight->kinds, in_flight->kinds + in_flight->start, used);
		in_flight->start = 0;
		in_flight->end = used;
		return 0;
	}
	capacity = capacity == 0 ? INITIAL_CAPACITY : 2 * capacity;
	grown = realloc(in_flight->kinds, capacity);
	if (grown == NULL)
		return -ENOMEM;
	in_flight->kinds = grown;
	in_flight->capacity = capacity;
	return 0;
}

static void drop_answered(struct in_flight *in_flight)
{
	while (in_flight->start < in_flight->end &&
	       in_flight->kinds[in_flight->start] == IN_FLIGHT_NONE) {
		in_flight->start++;
		in_flight->n_dropped++;
	}
	if (in_flight->start == in_flight->end)
		in_flight->start = in_flight->end = 0;
}

uint64_t in_flight_open(struct in_flight *in_flight, enum in_flight_kind kind)
{
	uint64_t id = in_flight_next_id(in_flight);

	in_flight->kinds[in_flight->end++] = (uint8_t)kind;
	if (kind != IN_FLIGHT_NONE)
		in_flight->n_open++;
	drop_answered(in_flight);
	return id;
}

static uint8_t *find(const struct in_flight *in_flight, uint64_t id)
{
	if (id < base_id(in_flight) || id >= in_flight_next_id(in_flight))
		return NULL;
	return &in_flight->kinds[in_flight->start + (size_t)(id - base_id(in_flight))];
}

enum in_flight_kind in_flight_kind(const struct in_flight *in_flight, uint64_t id)
{
	const uint8_t *kind = find(in_flight, id);

	return kind != NULL ? (enum in_flight_kind) * kind : IN_FLIGHT_NONE;
}

void in_flight_close(struct in_flight *in_flight, uint64_t id)
{
	uint8_t *kind = find(in_flight, id);

	if (kind == NULL || *kind == IN_FLIGHT_NONE)
		return;
	*kind = IN_FLIGHT_NONE;
	in_flight->n_open--;
	drop_answered(in_flight);
}

uint64_t in_flight_oldest(const struct in_flight *in_flight)
{
	return in_flight->n_open > 0 ? base_id(in_flight) : 0;
}
