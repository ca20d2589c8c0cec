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

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_quota),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
