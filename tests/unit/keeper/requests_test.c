/* What may be asked in which state: the whole table of keeper_msg.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "keeper/requests.h"

#define SERIAL 5

static struct policy_table table = {.n_slots = 2, .n_policies = 2};
static struct keeper keeper = {.table = &table};

static enum request_check check(uint32_t type, enum slot_state state, uint64_t serial)
{
	const struct keeper_request request = {.type = type, .slot = 1, .serial = serial};

	keeper.slots[1].state = state;
	keeper.slots[1].serial = SERIAL;
	return request_check(&keeper, &request);
}

static void test_start(void **state)
{
	(void)state;
	assert_int_equal(check(KEEPER_CELL_START, SLOT_ABSENT, 6), REQUEST_LEGAL);
	assert_int_equal(check(KEEPER_CELL_START, SLOT_PRESENT, 6), REQUEST_ILLEGAL);
	assert_int_equal(check(KEEPER_CELL_START, SLOT_STOPPING, 6), REQUEST_ILLEGAL);
	/* A serial is never used twice. */
	assert_int_equal(check(KEEPER_CELL_START, SLOT_ABSENT, SERIAL), REQUEST_ILLEGAL);
}

static void test_stop_and_limit(void **state)
{
	static const uint32_t types[] = {KEEPER_CELL_STOP, KEEPER_CELL_LIMIT};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(check(types[i], SLOT_PRESENT, SERIAL), REQUEST_LEGAL);
		assert_int_equal(check(types[i], SLOT_STOPPING, SERIAL), REQUEST_ILLEGAL);
		/* About a cell that has just gone, by itself: the broker could not know. */
		assert_int_equal(check(types[i], SLOT_ABSENT, SERIAL), REQUEST_STALE);
		assert_int_equal(check(types[i], SLOT_PRESENT, 4), REQUEST_STALE);
		assert_int_equal(check(types[i], SLOT_STOPPING, 4), REQUEST_STALE);
	}
}

static void test_out_of_range(void **state)
{
	static const struct keeper_request illegal[] = {
		{.type = 0, .serial = 1},
		{.type = KEEPER_CELL_LIMIT + 1, .serial = 1},
		{.type = UINT32_MAX, .serial = 1},
		{.type = KEEPER_CELL_START, .serial = 0},
		{.type = KEEPER_CELL_START, .serial = 1, .slot = 2},
		{.type = KEEPER_CELL_STOP, .serial = 1, .slot = UINT32_MAX},
		{.type = KEEPER_CELL_START, .serial = 1, .policy = 2},
		{.type = KEEPER_CELL_STOP, .serial = 1, .policy = 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(illegal) / sizeof(illegal[0]); i++)
		assert_int_equal(request_check(&keeper, &illegal[i]), REQUEST_ILLEGAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_stop_and_limit),
		cmocka_unit_test(test_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
