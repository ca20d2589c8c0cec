/* core/policy: looking up layers and languages. */
#include "core/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_policy(void **state)
{
	static struct policy_table table = {.n_policies = 2};

	(void)state;
	strcpy(table.policies[0].language, "python");
	strcpy(table.policies[1].language, "c");
	assert_int_equal(policy_table_find(&table, "c"), 1);
	assert_int_equal(policy_table_find(&table, "cobol"), -1);
	for (int i = 0; i < LAYER_COUNT; i++)
		assert_int_equal(policy_layer_find(policy_layer_name((enum policy_layer)i)), i);
	assert_int_equal(policy_layer_find("armour"), -1);
	assert_null(policy_layer_name(LAYER_COUNT));
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_policy),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
