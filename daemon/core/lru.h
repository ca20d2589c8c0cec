/*
 * A store of what was worked out once and may be asked for again, under keys of 32 bytes, bounded
 * in bytes. Pure; the objects are their owner's, who embeds an entry in each.
 *
 * When there is no room, the user who has the most loses what it has not used for the longest time.
 * So one alone may fill all of it, and a flood of one pushes out nothing of others who have less:
 * of n users each is sure of the n-th part.
 */
#pragma once

#include <bsd/sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#define LRU_KEY_BYTES 32
/* An entry of more than this part of the whole is not taken: it would empty the rest. */
#define LRU_LARGEST_PART 8

/* A digest, so all of its bits are as good as random. */
struct lru_key {
	uint8_t bytes[LRU_KEY_BYTES];
};

struct lru_user;

/* Embedded in its owner's object; all fields are lru's. */
struct lru_entry {
	struct lru_key key;
	struct lru_user *user;
	size_t bytes;
	struct lru_entry *next_in_bucket;
	TAILQ_ENTRY(lru_entry) link; /* of its user, what was used last at the end */
};

/* The entry has left the store, which was full or is at its end; its object is the caller's. */
typedef void lru_drop(struct lru_entry *entry, void *context);

struct lru {
	size_t max_bytes;
	size_t used_bytes;
	size_t n_entries;
	uint64_t n_dropped; /* for want of room, ever */
	struct lru_entry **buckets;
	size_t n_buckets; /* a power of two */
	TAILQ_HEAD(, lru_user) users;
	lru_drop *drop;
	void *context;
};

enum lru_outcome { LRU_TOO_LARGE = 1 };

/* `max_bytes` 0: nothing is ever taken. */
void lru_init(struct lru *lru, size_t max_bytes, lru_drop *drop, void *context);

/* Drops everything. */
void lru_deinit(struct lru *lru);

/* Borrowed, and used just now; NULL if there is none. */
struct lru_entry *lru_find(struct lru *lru, const struct lru_key *key);

/*
 * Adds an entry of `bytes`, all that its object takes, on the account of `user`; drops others to
 * make room, and one that had this key. LRU_TOO_LARGE: nothing has changed.
 */
int lru_add(struct lru *lru, struct lru_entry *entry, const struct lru_key *key, uint32_t user,
	    size_t bytes);

/* Takes the entry out; its object is the caller's. */
void lru_remove(struct lru *lru, struct lru_entry *entry);

/* What the user's entries take together. */
size_t lru_user_bytes(const struct lru *lru, uint32_t user);
