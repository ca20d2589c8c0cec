/*
 * The bounded store: a table of chains for finding, a list for each user for dropping. Pure; used
 * by the broker.
 *
 * Whoever has the most pays. The new entry counts for its user before anyone is chosen, so a user
 * with the largest part makes room for itself, and a newcomer takes from the largest until all have
 * alike. No share has to be configured, and no part lies idle.
 *
 * There are as many users as have something here, so a list is searched. Keys are digests: their
 * first bytes choose the chain.
 */
#include "core/lru.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define BUCKETS_FIRST 64

struct lru_user {
	uint32_t uid;
	size_t bytes;
	TAILQ_HEAD(, lru_entry) entries;
	TAILQ_ENTRY(lru_user) link;
};

void lru_init(struct lru *lru, size_t max_bytes, lru_drop *drop, void *context)
{
	*lru = (struct lru){
		.max_bytes = max_bytes,
		.buckets = xcalloc(BUCKETS_FIRST, sizeof(struct lru_entry *)),
		.n_buckets = BUCKETS_FIRST,
		.drop = drop,
		.context = context,
	};
	TAILQ_INIT(&lru->users);
}

/* ---- finding */

static struct lru_entry **bucket_of(struct lru_entry **buckets, size_t n_buckets,
				    const struct lru_key *key)
{
	size_t number;

	memcpy(&number, key->bytes, sizeof(number));
	return &buckets[number & (n_buckets - 1)];
}

/* The place that points to the entry with this key, or to NULL at the end of its chain. */
static struct lru_entry **find_place(struct lru *lru, const struct lru_key *key)
{
	struct lru_entry **place = bucket_of(lru->buckets, lru->n_buckets, key);

	while (*place != NULL && memcmp(&(*place)->key, key, sizeof(*key)) != 0)
		place = &(*place)->next_in_bucket;
	return place;
}

static void insert(struct lru_entry **buckets, size_t n_buckets, struct lru_entry *entry)
{
	struct lru_entry **place = bucket_of(buckets, n_buckets, &entry->key);

	entry->next_in_bucket = *place;
	*place = entry;
}

static void grow(struct lru *lru)
{
	size_t n_buckets = lru->n_buckets * 2;
	struct lru_entry **buckets = xcalloc(n_buckets, sizeof(struct lru_entry *));

	for (size_t i = 0; i < lru->n_buckets; i++) {
		struct lru_entry *entry;

		while ((entry = lru->buckets[i]) != NULL) {
			lru->buckets[i] = entry->next_in_bucket;
			insert(buckets, n_buckets, entry);
		}
	}
	free(lru->buckets);
	lru->buckets = buckets;
	lru->n_buckets = n_buckets;
}

struct lru_entry *lru_find(struct lru *lru, const struct lru_key *key)
{
	struct lru_entry *entry = *find_place(lru, key);

	if (entry == NULL)
		return NULL;
	TAILQ_REMOVE(&entry->user->entries, entry, link);
	TAILQ_INSERT_TAIL(&entry->user->entries, entry, link);
	return entry;
}

/* ---- whose it is */

static struct lru_user *find_user(const struct lru *lru, uint32_t uid)
{
	struct lru_user *user;

	TAILQ_FOREACH (user, &lru->users, link)
		if (user->uid == uid)
			return user;
	return NULL;
}

static struct lru_user *take_user(struct lru *lru, uint32_t uid)
{
	struct lru_user *user = find_user(lru, uid);

	if (user != NULL)
		return user;
	user = xcalloc(1, sizeof(*user));
	user->uid = uid;
	TAILQ_INIT(&user->entries);
	TAILQ_INSERT_TAIL(&lru->users, user, link);
	return user;
}

static void release_user(struct lru *lru, struct lru_user *user)
{
	if (!TAILQ_EMPTY(&user->entries))
		return;
	TAILQ_REMOVE(&lru->users, user, link);
	free(user);
}

size_t lru_user_bytes(const struct lru *lru, uint32_t uid)
{
	const struct lru_user *user = find_user(lru, uid);

	return user != NULL ? user->bytes : 0;
}

/* Of two with as much, who came first. */
static struct lru_user *largest_user(const struct lru *lru)
{
	struct lru_user *largest = TAILQ_FIRST(&lru->users);
	struct lru_user *user;

	TAILQ_FOREACH (user, &lru->users, link)
		if (user->bytes > largest->bytes)
			largest = user;
	return largest;
}

/* ---- in and out */

void lru_remove(struct lru *lru, struct lru_entry *entry)
{
	struct lru_entry **place = find_place(lru, &entry->key);
	struct lru_user *user = entry->user;

	assert(*place == entry);
	*place = entry->next_in_bucket;
	TAILQ_REMOVE(&user->entries, entry, link);
	user->bytes -= entry->bytes;
	lru->used_bytes -= entry->bytes;
	lru->n_entries--;
	release_user(lru, user);
}

static void drop(struct lru *lru, struct lru_entry *entry)
{
	lru_remove(lru, entry);
	lru->drop(entry, lru->context);
}

/* The new entry is the last of its user and smaller than the whole: it is never the one to go. */
static void make_room(struct lru *lru)
{
	while (lru->used_bytes > lru->max_bytes) {
		lru->n_dropped++;
		drop(lru, TAILQ_FIRST(&largest_user(lru)->entries));
	}
}

int lru_add(struct lru *lru, struct lru_entry *entry, const struct lru_key *key, uint32_t user,
	    size_t bytes)
{
	struct lru_entry *earlier;

	if (bytes > lru->max_bytes / LRU_LARGEST_PART)
		return LRU_TOO_LARGE;
	earlier = *find_place(lru, key);
	if (earlier != NULL)
		drop(lru, earlier);
	if (lru->n_entries >= lru->n_buckets)
		grow(lru);
	*entry = (struct lru_entry){.key = *key, .user = take_user(lru, user), .bytes = bytes};
	insert(lru->buckets, lru->n_buckets, entry);
	TAILQ_INSERT_TAIL(&entry->user->entries, entry, link);
	entry->user->bytes += bytes;
	lru->used_bytes += bytes;
	lru->n_entries++;
	make_room(lru);
	return 0;
}

void lru_deinit(struct lru *lru)
{
	struct lru_user *user;

	while ((user = TAILQ_FIRST(&lru->users)) != NULL)
		drop(lru, TAILQ_FIRST(&user->entries));
	free(lru->buckets);
	lru->buckets = NULL;
}
