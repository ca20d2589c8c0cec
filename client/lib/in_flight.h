/*
 * Which requests of a connection wait for an answer.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum in_flight_kind {
	IN_FLIGHT_NONE, /* answered, or never expected an answer */
	IN_FLIGHT_EVALUATE,
	IN_FLIGHT_STATUS,
};

/* kinds[start .. end) belong to the ids from n_dropped + 1 up. Zero-initialized it is empty. */
struct in_flight {
	uint64_t n_dropped; /* ids below the window */
	uint8_t *kinds;
	size_t start;
	size_t end;
	size_t capacity;
	size_t n_open;
};

void in_flight_deinit(struct in_flight *in_flight);

/* The id that the next in_flight_open() gives. */
uint64_t in_flight_next_id(const struct in_flight *in_flight);

/* Makes sure that the next in_flight_open() succeeds. 0 or -ENOMEM. */
int in_flight_reserve(struct in_flight *in_flight);

/* Gives out the next id, after in_flight_reserve(). */
uint64_t in_flight_open(struct in_flight *in_flight, enum in_flight_kind kind);

/* IN_FLIGHT_NONE also for ids never given out. */
enum in_flight_kind in_flight_kind(const struct in_flight *in_flight, uint64_t id);

/* `id` is answered. Harmless when it is not open. */
void in_flight_close(struct in_flight *in_flight, uint64_t id);

/* The oldest open id; 0: none. */
uint64_t in_flight_oldest(const struct in_flight *in_flight);
