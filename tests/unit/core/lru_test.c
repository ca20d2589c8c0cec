/* core/lru: finding, the order of dropping, and who pays for a flood. */
#include "core/lru.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MAX_BYTES 800
#define ALICE 1
#define BOB 2
#define CAROL 3

static unsigned int n_dropped;
static struct lru_entry *last_dropped;

static void count_dropped(struct lru_entry *entry, void *context)
{
	assert_ptr_equal(context, &n_dropped);
	n_dropped++;
	last_dropped = entry;
}

static struct lru_key key_of(uint32_t number)
{
	struct lru_key key = {{0}};

	/* The same chain for all, so that only the rest tells them apart. */
	memcpy(key.bytes + 16, &number, sizeof(number));
	return key;
}

static int add(struct lru *lru, struct lru_entry *entry, uint32_t number, uint32_t user,
	       size_t bytes)
{
	const struct lru_key key = key_of(number);

	return lru_add(lru, entry, &key, user, bytes);
}

static struct lru_entry *find(struct lru *lru, uint32_t number)
{
	const struct lru_key key = key_of(number);

	return lru_find(lru, &key);
}

static int set_up(void **state)
{
	static struct lru lru;

	n_dropped = 0;
	last_dropped = NULL;
	lru_init(&lru, MAX_BYTES, count_dropped, &n_dropped);
	*state = &lru;
	return 0;
}

static int tear_down(void **state)
{
	lru_deinit(*state);
	return 0;
}

static void test_what_was_not_used_goes_first(void **state)
{
	struct lru *lru = *state;
	static struct lru_entry entries[9];

	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(add(lru, &entries[i], i, ALICE, 100), 0);
	assert_int_equal(lru->used_bytes, 800);
	assert_ptr_equal(find(lru, 0), &entries[0]);
	assert_int_equal(add(lru, &entries[8], 8, ALICE, 50), 0);
	assert_ptr_equal(last_dropped, &entries[1]);
	assert_null(find(lru, 1));
	assert_ptr_equal(find(lru, 0), &entries[0]);
	assert_int_equal(lru->n_entries, 8);
	assert_int_equal(lru->n_dropped, 1);
}

static void test_a_flood_pays_for_itself(void **state)
{
	struct lru *lru = *state;
	static struct lru_entry bobs[3], flood[100];

	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(add(lru, &bobs[i], i, BOB, 90), 0);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(add(lru, &flood[i], 100 + i, ALICE, 100), 0);
	for (uint32_t i = 0; i < 3; i++)
		assert_ptr_equal(find(lru, i), &bobs[i]);
	assert_int_equal(lru_user_bytes(lru, BOB), 270);
	assert_int_equal(lru_user_bytes(lru, ALICE), 500);
	assert_ptr_equal(find(lru, 199), &flood[99]);
}

static void test_a_newcomer_takes_from_the_largest(void **state)
{
	struct lru *lru = *state;
	static struct lru_entry entries[24];

	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(add(lru, &entries[i], i, ALICE, 100), 0);
	for (uint32_t i = 8; i < 16; i++)
		assert_int_equal(add(lru, &entries[i], i, BOB, 100), 0);
	assert_int_equal(lru_user_bytes(lru, ALICE), 400);
	assert_int_equal(lru_user_bytes(lru, BOB), 400);
	for (uint32_t i = 16; i < 18; i++)
		assert_int_equal(add(lru, &entries[i], i, CAROL, 100), 0);
	assert_int_equal(lru_user_bytes(lru, CAROL), 200);
	assert_int_equal(lru_user_bytes(lru, ALICE), 300);
	assert_int_equal(lru_user_bytes(lru, BOB), 300);
}

static void test_one_too_large_changes_nothing(void **state)
{
	struct lru *lru = *state;
	static struct lru_entry small, large;

	assert_int_equal(add(lru, &small, 1, ALICE, 100), 0);
	assert_int_equal(add(lru, &large, 2, ALICE, 101), LRU_TOO_LARGE);
	assert_int_equal(add(lru, &large, 1, ALICE, 101), LRU_TOO_LARGE);
	assert_ptr_equal(find(lru, 1), &small);
	assert_int_equal(n_dropped, 0);
}

static void test_the_same_key_again(void **state)
{
	struct lru *lru = *state;
	static struct lru_entry first, second;

	assert_int_equal(add(lru, &first, 1, ALICE, 100), 0);
	assert_int_equal(add(lru, &second, 1, BOB, 40), 0);
	assert_ptr_equal(last_dropped, &first);
	assert_ptr_equal(find(lru, 1), &second);
	assert_int_equal(lru->used_bytes, 40);
	assert_int_equal(lru_user_bytes(lru, ALICE), 0);
	lru_remove(lru, &second);
	assert_null(find(lru, 1));
	assert_int_equal(n_dropped, 1);
}

static void test_many(void **state)
{
	enum { N = 5000 };
	static struct lru_entry entries[N];
	struct lru lru;

	(void)state;
	lru_init(&lru, 8 * N, count_dropped, &n_dropped);
	for (uint32_t i = 0; i < N; i++) {
		struct lru_key key = key_of(i);

		memcpy(key.bytes, &i, sizeof(i));
		assert_int_equal(lru_add(&lru, &entries[i], &key, i % 7, 8), 0);
	}
	assert_int_equal(lru.n_entries, N);
	for (uint32_t i = 0; i < N; i++) {
		struct lru_key key = key_of(i);

		memcpy(key.bytes, &i, sizeof(i));
		assert_ptr_equal(lru_find(&lru, &key), &entries[i]);
	}
	lru_deinit(&lru);
	assert_int_equal(n_dropped, N);
}

static void test_of_no_size(void **state)
{
	struct lru_entry entry;
	struct lru lru;

	(void)state;
	lru_init(&lru, 0, count_dropped, &n_dropped);
	assert_int_equal(add(&lru, &entry, 1, ALICE, 1), LRU_TOO_LARGE);
	assert_null(find(&lru, 1));
	lru_deinit(&lru);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_what_was_not_used_goes_first, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_flood_pays_for_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_newcomer_takes_from_the_largest, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_one_too_large_changes_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_the_same_key_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_of_no_size, set_up, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
