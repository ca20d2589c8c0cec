/*
 * Known verdicts in a folder, one file each, so that they outlive the daemon. Broker only.
 */
#pragma once

#include "core/metrics.h"
#include "core/verdict_cache.h"

struct store;

/* Looks what is in the folder `fd` (taken), which nobody else uses; at most `max_bytes` are kept.
 * To be called before the armour is put on. NULL, and logged: the folder cannot be read. */
struct store *store_new(int fd, size_t max_bytes);

/* NULL is allowed. */
void store_free(struct store *store);

/* True: *told is known; its bytes are borrowed until the next call. A file that is damaged is
 * removed, and counted. */
bool store_find(struct store *store, const struct lru_key *key, struct told_verdict *told);

/* Writes it, on the account of `user`, unless it is there. What cannot be written is not kept. */
void store_add(struct store *store, const struct lru_key *key, uint32_t user,
	       const struct told_verdict *told);

/* For the status. */
void store_count(const struct store *store, struct metrics *metrics);
