/* core/verdict_cache: what is kept is what was told, and which verdicts may be. */
#include "core/verdict_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MS 1000000

static const struct lru_key key = {{7}};

static void test_what_was_told_is_kept(void **state)
{
	uint8_t bytes[] = "told";
	const struct told_verdict told = {.code = VERDICT_FAILED, .bytes = bytes, .len = 4};
	const struct told_verdict *known;
	struct verdict_cache cache;

	(void)state;
	verdict_cache_init(&cache, 65536);
	assert_null(verdict_cache_find(&cache, &key));
	assert_true(verdict_cache_add(&cache, &key, 1, &told));
	memset(bytes, 'x', sizeof(bytes));
	known = verdict_cache_find(&cache, &key);
	assert_non_null(known);
	assert_int_equal(known->code, VERDICT_FAILED);
	assert_int_equal(known->len, 4);
	assert_memory_equal(known->bytes, "told", 4);
	verdict_cache_deinit(&cache);
	verdict_cache_init(&cache, 0);
	assert_false(verdict_cache_add(&cache, &key, 1, &told));
	verdict_cache_deinit(&cache);
}

static struct test_record tests[2];
static struct examination examination;
static struct run_facts facts;
static struct verdict verdict;
static uint64_t memory_bytes;

static int set_up(void **state)
{
	(void)state;
	memset(tests, 0, sizeof(tests));
	examination = (struct examination){.tests = tests, .n_tests = 2};
	facts = (struct run_facts){
		.examination = &examination,
		.limits = {.cpu_ms = 100, .wall_ms = 200, .memory_bytes = 1000},
		.cpu_ns = 49 * MS,
		.wall_ns = 99 * MS,
	};
	verdict = (struct verdict){.code = VERDICT_PASSED};
	memory_bytes = 499;
	return 0;
}

static bool lasts(void)
{
	return verdict_is_lasting(&verdict, &facts, memory_bytes);
}

static void test_which_last(void **state)
{
	static const bool expected[VERDICT_COUNT] = {
		[VERDICT_PASSED] = true,        [VERDICT_FAILED] = true,    [VERDICT_ERROR] = true,
		[VERDICT_COMPILE_ERROR] = true, [VERDICT_VIOLATION] = true,
	};

	(void)state;
	for (int code = 1; code < VERDICT_COUNT; code++) {
		verdict.code = (enum verdict_code)code;
		assert_int_equal(lasts(), expected[code]);
	}
	verdict = (struct verdict){.code = VERDICT_ERROR, .is_maskable = true};
	assert_false(lasts());
}

static void test_nothing_near_a_limit_lasts(void **state)
{
	(void)state;
	assert_true(lasts());
	facts.cpu_ns = 50 * MS;
	assert_false(lasts());
	set_up(NULL);
	facts.wall_ns = 100 * MS;
	assert_false(lasts());
	set_up(NULL);
	memory_bytes = 500;
	assert_false(lasts());
	set_up(NULL);
	facts.kill_reason = RUN_KILLED_OVER;
	assert_false(lasts());
	set_up(NULL);
	facts.oom_kills = 1;
	assert_false(lasts());
	set_up(NULL);
	facts.process_refusals = 1;
	assert_false(lasts());
	set_up(NULL);
	facts.limits.test_ms = 10;
	assert_true(lasts());
	tests[1].cpu_ns = 5 * MS;
	assert_false(lasts());
}

static void test_which_are_for_all(void **state)
{
	(void)state;
	for (int code = 1; code < VERDICT_COUNT; code++) {
		verdict.code = (enum verdict_code)code;
		assert_int_equal(verdict_is_for_all(&verdict), code != VERDICT_CANCELLED &&
								       code != VERDICT_STARVED &&
								       code != VERDICT_INFRA);
	}
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_what_was_told_is_kept),
		cmocka_unit_test_setup(test_which_last, set_up),
		cmocka_unit_test_setup(test_nothing_near_a_limit_lasts, set_up),
		cmocka_unit_test_setup(test_which_are_for_all, set_up),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
