/* Who may make cells for whom, by the id maps of hosts and containers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "keeper/userns.h"

#define HOST "         0          0 4294967295\n"
#define ROOTLESS "0 1001 1\n1 100000 65536\n"
#define ROOTLESS_SINGLE "0 1001 1\n"
#define REMAPPED "0 100000 65536\n"
#define BASE 60000

static enum userns_power power(uid_t uid, bool may_set_ids, const char *map)
{
	return userns_power_of(uid, may_set_ids, map, BASE, 16);
}

static void test_host(void **state)
{
	(void)state;
	assert_int_equal(power(0, true, HOST), USERNS_ROOT);
	assert_int_equal(power(1001, false, HOST), USERNS_SELF);
	/* The host's root without capabilities would run candidates as itself. */
	assert_int_equal(power(0, false, HOST), USERNS_UNFIT);
}

static void test_containers(void **state)
{
	(void)state;
	assert_int_equal(power(0, true, ROOTLESS), USERNS_ROOT);
	assert_int_equal(power(0, true, REMAPPED), USERNS_ROOT);
	assert_int_equal(power(0, true, ROOTLESS_SINGLE), USERNS_SELF);
	assert_int_equal(power(0, false, REMAPPED), USERNS_SELF);
	assert_int_equal(power(0, true, "0 0 1\n"), USERNS_UNFIT);
	assert_int_equal(power(0, true, ""), USERNS_UNFIT);
}

static void test_all_slots_need_a_uid(void **state)
{
	(void)state;
	assert_int_equal(userns_power_of(0, true, REMAPPED, 65518, 17), USERNS_ROOT);
	assert_int_equal(userns_power_of(0, true, REMAPPED, 65519, 17), USERNS_SELF);
	assert_int_equal(userns_power_of(0, true, REMAPPED, 700000, 1), USERNS_SELF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_all_slots_need_a_uid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
