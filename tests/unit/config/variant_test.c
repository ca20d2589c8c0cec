/* config/variant: a whole policy for each variant that this host can have. */
#include "config/variant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct policy_table *table;

static void add_variant(const char *name, const char *found_at)
{
	struct policy *policy = &table->policies[0];
	struct policy_variant *variant = &policy->variants[policy->n_variants++];

	snprintf(variant->name, sizeof(variant->name), "%s", name);
	snprintf(variant->imports[0], sizeof(variant->imports[0]), "%s", name);
	variant->n_imports = 1;
	snprintf(variant->found_at[0], sizeof(variant->found_at[0]), "/no/such/folder");
	snprintf(variant->found_at[1], sizeof(variant->found_at[1]), "%s", found_at);
	variant->n_found_at = 2;
}

static int set_up(void **state)
{
	struct policy *policy;

	(void)state;
	table = calloc(1, sizeof(*table));
	table->n_policies = 2;
	policy = &table->policies[0];
	memcpy(policy->name, "python", 7);
	memcpy(policy->language, "python", 7);
	memcpy(policy->imports[0], "os", 3);
	policy->n_imports = 1;
	policy->mounts[0] = (struct policy_mount){
		.kind = POLICY_MOUNT_BIND, .source = "/usr", .target = "/usr"};
	policy->n_mounts = 1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(table);
	return 0;
}

static void test_those_that_are_there(void **state)
{
	const struct policy *whole = &table->policies[2];

	(void)state;
	add_variant("absent", "/usr/no/such/file");
	add_variant("present", "/usr/bin");
	add_variant("unseen", "/proc"); /* on the host, but not in the cell */
	assert_true(variant_is_missing(&table->policies[0], &table->policies[0].variants[0]));
	variants_arrange(table);
	assert_int_equal(table->n_variants, 1);
	assert_int_equal(table->policies[0].n_variants, 1);
	assert_int_equal(table->policies[0].variants[0].policy, 2);
	assert_int_not_equal(table->policies[0].variants[0].stamp, 0);
	assert_string_equal(whole->name, "python+present");
	assert_string_equal(whole->language, "python");
	assert_int_equal(whole->n_imports, 2);
	assert_string_equal(whole->imports[1], "present");
	assert_int_equal(whole->n_variants, 0);
	assert_int_equal(policy_table_find(table, "python"), 0);
}

static void test_no_room(void **state)
{
	(void)state;
	table->n_policies = POLICY_MAX;
	add_variant("present", "/usr/bin");
	variants_arrange(table);
	assert_int_equal(table->n_variants, 0);
	assert_int_equal(table->policies[0].n_variants, 0);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_those_that_are_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
