/*
 * Which requests of a connection wait for an answer.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum inflight_kind {
	INFLIGHT_NONE, /* answered, or never expected an answer */
	INFLIGHT_EVALUATE,
	INFLIGHT_STATUS,
};

/* kinds[start .. end) belong to the ids from n_dropped + 1 up. Zero-initialized it is empty. */
struct inflight {
	uint64_t n_dropped; /* ids below the window */
	uint8_t *kinds;
	size_t start;
	size_t end;
	size_t capacity;
	size_t n_open;
};

void inflight_deinit(struct inflight *inflight);

/* The id that the next inflight_open() gives. */
uint64_t inflight_next_id(const struct inflight *inflight);

/* Makes sure that the next inflight_open() succeeds. 0 or -ENOMEM. */
int inflight_reserve(struct inflight *inflight);

/* Gives out the next id, after inflight_reserve(). */
uint64_t inflight_open(struct inflight *inflight, enum inflight_kind kind);

/* INFLIGHT_NONE also for ids never given out. */
enum inflight_kind inflight_kind(const struct inflight *inflight, uint64_t id);

/* `id` is answered. Harmless when it is not open. */
void inflight_close(struct inflight *inflight, uint64_t id);

/* The oldest open id; 0: none. */
uint64_t inflight_oldest(const struct inflight *inflight);
