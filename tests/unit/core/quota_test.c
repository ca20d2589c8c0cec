/* core/quota: budget bytes, charged and refunded. */
#include "core/quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_quota(void **state)
{
	struct quota quota = {.max_bytes = 100};

	(void)state;
	assert_int_equal(quota_charge(&quota, 60), 0);
	assert_int_equal(quota_charge(&quota, 41), QUOTA_EXHAUSTED);
	assert_int_equal(quota.used_bytes, 60);
	assert_int_equal(quota_charge(&quota, (size_t)-1), QUOTA_EXHAUSTED);
	assert_int_equal(quota_charge(&quota, 40), 0);
	quota_refund(&quota, 100);
	assert_int_equal(quota.used_bytes, 0);
}

static void test_shares(void **state)
{
	struct quota whole = {.max_bytes = 100};
	struct quota one = {.max_bytes = 70, .whole = &whole};
	struct quota other = {.max_bytes = 100, .whole = &whole};

	(void)state;
	assert_int_equal(quota_charge(&one, 71), QUOTA_EXHAUSTED);
	assert_int_equal(whole.used_bytes, 0);
	assert_int_equal(quota_charge(&one, 70), 0);
	assert_int_equal(quota_charge(&other, 31), QUOTA_WHOLE_EXHAUSTED);
	assert_int_equal(other.used_bytes, 0);
	assert_int_equal(quota_charge(&other, 30), 0);
	assert_int_equal(whole.used_bytes, 100);
	quota_refund(&other, 10);
	assert_int_equal(whole.used_bytes, 90);
	quota_leave(&other, 20);
	assert_int_equal(other.used_bytes, 0);
	assert_int_equal(whole.used_bytes, 90);
	quota_refund(&whole, 20);
	quota_refund(&one, 70);
	assert_int_equal(whole.used_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_shares),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
