/*
 * Verdicts that are known, by the digest of everything that they depend on: which of them may be
 * kept, and what is told of one. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lru.h"
#include "core/verdict.h"

/*
 * What is told of an evaluation: a packed Result without what belongs to the candidate that it is
 * told to (name, position). It is made once, and answered to all that are alike.
 */
struct told_verdict {
	enum verdict_code code;
	const uint8_t *bytes; /* owned by whoever made it; here: by the cache */
	size_t len;
};

struct verdict_cache {
	struct lru lru;
};

/* Of the memory that is taken; 0: nothing is kept. */
void verdict_cache_init(struct verdict_cache *cache, size_t max_bytes);
void verdict_cache_deinit(struct verdict_cache *cache);

/* Borrowed until the next verdict is added; NULL: unknown. */
const struct told_verdict *verdict_cache_find(struct verdict_cache *cache,
					      const struct lru_key *key);

/* Keeps a copy on the account of `user`. False: it takes more room than one verdict may. */
bool verdict_cache_add(struct verdict_cache *cache, const struct lru_key *key, uint32_t user,
		       const struct told_verdict *told);

/*
 * Whether those who wait for the same evaluation get this verdict, too. Not if the run says
 * something about the machine, or was ended by its own client.
 */
bool verdict_is_for_all(const struct verdict *verdict);

/*
 * Whether another run would say the same, as far as that can be known: nobody else has caused it,
 * the run ended by itself, and was far from every limit.
 */
bool verdict_is_lasting(const struct verdict *verdict, const struct run_facts *facts,
			uint64_t memory_peak_bytes);
