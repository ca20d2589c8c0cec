/*
 * Known verdicts. Pure; used by the broker.
 *
 * What may be kept is decided here, once, and narrowly. Verdicts of a limit depend on the machine,
 * and so does everything that came near to one: half of it is far enough that another day does not
 * change it. STARVED and INFRA are no word about the candidate, and what is maskable may be
 * somebody else's doing. VIOLATION lasts: what is refused is the policy's, and the policy is part
 * of the key. TAMPERED does not: how an examination gets damaged is often a race, and whoever looks
 * into it wants to see it run. In flight both are told to all that wait.
 */
#include "core/verdict_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define NS_PER_MS 1000000
/* A run that has used this part of a limit is near it. */
#define NEAR_PART 2

struct known {
	struct lru_entry entry; /* first: entries are these */
	struct told_verdict told;
	uint8_t bytes[];
};

static void free_known(struct lru_entry *entry, void *context)
{
	(void)context;
	free((struct known *)entry);
}

void verdict_cache_init(struct verdict_cache *cache, size_t max_bytes)
{
	lru_init(&cache->lru, max_bytes, free_known, NULL);
}

void verdict_cache_deinit(struct verdict_cache *cache)
{
	lru_deinit(&cache->lru);
}

const struct told_verdict *verdict_cache_find(struct verdict_cache *cache,
					      const struct lru_key *key)
{
	const struct known *known = (const struct known *)lru_find(&cache->lru, key);

	return known != NULL ? &known->told : NULL;
}

bool verdict_cache_add(struct verdict_cache *cache, const struct lru_key *key, uint32_t user,
		       const struct told_verdict *told)
{
	struct known *known = xmalloc(sizeof(*known) + told->len);

	memcpy(known->bytes, told->bytes, told->len);
	known->told = *told;
	known->told.bytes = known->bytes;
	if (lru_add(&cache->lru, &known->entry, key, user, sizeof(*known) + told->len) == 0)
		return true;
	free(known);
	return false;
}

/* ---- which verdicts */

bool verdict_is_for_all(const struct verdict *verdict)
{
	return verdict->code != VERDICT_CANCELLED && verdict->code != VERDICT_STARVED &&
	       verdict->code != VERDICT_INFRA;
}

static bool is_of_the_code(enum verdict_code code)
{
	return code == VERDICT_PASSED || code == VERDICT_FAILED || code == VERDICT_ERROR ||
	       code == VERDICT_COMPILE_ERROR || code == VERDICT_VIOLATION;
}

static bool is_near(uint64_t used, uint64_t limit)
{
	return used >= limit / NEAR_PART;
}

/* The time of a test is the candidate's own word; a lie harms only its own verdict. */
static bool has_slow_test(const struct run_facts *facts)
{
	const struct examination *examination = facts->examination;
	const uint64_t limit_ns = (uint64_t)facts->limits.test_ms * NS_PER_MS;

	for (uint32_t i = 0; limit_ns > 0 && i < examination->n_tests; i++)
		if (is_near(examination->tests[i].cpu_ns, limit_ns))
			return true;
	return false;
}

bool verdict_is_lasting(const struct verdict *verdict, const struct run_facts *facts,
			uint64_t memory_peak_bytes)
{
	return is_of_the_code(verdict->code) && !verdict->is_maskable &&
	       facts->kill_reason == RUN_NOT_KILLED && facts->oom_kills == 0 &&
	       facts->process_refusals == 0 &&
	       !is_near(facts->cpu_ns, facts->limits.cpu_ms * NS_PER_MS) &&
	       !is_near(facts->wall_ns, facts->limits.wall_ms * NS_PER_MS) &&
	       !is_near(memory_peak_bytes, facts->limits.memory_bytes) && !has_slow_test(facts);
}
