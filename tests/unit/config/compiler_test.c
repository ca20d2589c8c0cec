/* config/compiler: languages whose compiler is not on this machine. */
#include "config/compiler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HERE "/bin/sh" /* stands for a compiler that is there */

static struct policy_table *table;

static void add(const char *name, const char *compiler)
{
	struct policy *policy = &table->policies[table->n_policies++];

	snprintf(policy->name, sizeof(policy->name), "%s", name);
	snprintf(policy->language, sizeof(policy->language), "%s", name);
	policy->n_mounts = 1;
	policy->mounts[0] = (struct policy_mount){
		.kind = POLICY_MOUNT_BIND, .source = "/bin", .target = "/tools"};
	if (compiler == NULL)
		return;
	snprintf(policy->source, sizeof(policy->source), "a.c");
	snprintf(policy->compile[0], sizeof(policy->compile[0]), "%s", compiler);
	policy->n_compile = 1;
}

static int set_up(void **state)
{
	(void)state;
	table = calloc(1, sizeof(*table));
	return table != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(table);
	return 0;
}

static void test_where_it_is(void **state)
{
	(void)state;
	add("python", NULL);
	add("there", "/tools/sh");
	add("gone", "/tools/no-such-compiler");
	add("uncovered", HERE); /* on the host, but in no mount of the cell */
	add("besides", "/toolshed/sh");
	assert_false(compiler_is_missing(&table->policies[0]));
	assert_false(compiler_is_missing(&table->policies[1]));
	for (uint32_t i = 2; i < table->n_policies; i++)
		assert_true(compiler_is_missing(&table->policies[i]));
}

static void test_it_is_left_out(void **state)
{
	struct config_error error = {""};

	(void)state;
	add("gone", "/tools/gcc-of-nobody");
	add("python", NULL);
	add("lost", "/tools/gcc-of-nobody");
	add("there", "/tools/sh");
	assert_int_equal(compilers_require(table, false, &error), 0);
	assert_int_equal(table->n_policies, 2);
	assert_string_equal(table->policies[0].name, "python");
	assert_string_equal(table->policies[1].name, "there");
}

static void test_not_if_it_was_named(void **state)
{
	struct config_error error = {""};

	(void)state;
	add("python", NULL);
	add("c", "/none/gcc");
	assert_true(compilers_require(table, true, &error) < 0);
	assert_non_null(strstr(error.text, "policy c: the compiler /none/gcc is not there"));
	assert_non_null(strstr(error.text, "apt-get install gcc"));
	assert_int_equal(table->n_policies, 2);
}

static void test_not_if_nothing_is_left(void **state)
{
	struct config_error error = {""};

	(void)state;
	add("cpp", "/none/g++");
	assert_true(compilers_require(table, false, &error) < 0);
	assert_non_null(strstr(error.text, "apt-get install g++"));
	table->n_policies = 0;
	add("other", "/none/cc1");
	assert_string_equal(compiler_remedy(&table->policies[0]),
			    "install it, or name another one at `compile` in the policy's file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_where_it_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_it_is_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_if_it_was_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_if_nothing_is_left, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
