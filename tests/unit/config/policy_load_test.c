/* config/policy_load: a folder of policies to the table; our own policies are among the tests. */
#include "config/policy_load.h"

#include <errno.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char profile_json[] = "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": "
				   "[{\"names\": [\"read\"], \"action\": "
				   "\"SCMP_ACT_ALLOW\"}]}";

/* System calls that our policy of Python lets a candidate make, with whatever arguments. */
#define REACHABLE_MAX 200

static struct policy_table *table;
static struct config_error error;
static char folder[64];

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_language(const char *name, const char *yaml)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/policy.yaml", name);
	write_file(path, yaml);
	snprintf(path, sizeof(path), "%s/seccomp.json", name);
	write_file(path, profile_json);
}

static int set_up(void **state)
{
	(void)state;
	table = calloc(1, sizeof(*table));
	strcpy(folder, "/tmp/policy_load_test.XXXXXX");
	if (table == NULL || mkdtemp(folder) == NULL)
		return -1;
	write_file("base.yaml",
		   "default_limits: {cpu_ms: 1, wall_ms: 1, memory_mib: 1, output_kib: 1, "
		   "processes: 1}\n"
		   "maximum_limits: {cpu_ms: 1, wall_ms: 1, memory_mib: 1, output_kib: 1, "
		   "processes: 1}\n"
		   "cell: {memory_mib: 1, runs: 1, file_mib: 1, open_files: 9, stack_mib: 1, "
		   "code_kib: 1}\n"
		   "required_layers: [seccomp]\n"
		   "mounts: [{kind: proc, target: /proc}]\n");
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	free(table);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command); /* NOLINT(cert-env33-c): a fixed command on our own folder */
}

static void test_all_in_the_folder_by_name(void **state)
{
	(void)state;
	make_language("zeta", "{language: z, runtime: r, argv: [/z]}\n");
	make_language("alpha", "{language: a, runtime: r, argv: [/a]}\n");
	write_file("README", "no policy");
	assert_int_equal(policy_load(folder, NULL, 0, table, &error), 0);
	assert_int_equal(table->n_policies, 2);
	assert_string_equal(table->policies[0].name, "alpha");
	assert_string_equal(table->policies[1].name, "zeta");
	assert_string_equal(table->policies[1].language, "z");
	assert_string_equal(table->policies[0].syscalls[0].name, "read");
	assert_int_equal(table->policies[0].n_mounts, 1);
	assert_int_equal(table->policies[0].required_layers, 1u << LAYER_SECCOMP);
}

static void test_those_that_are_named(void **state)
{
	const char names[][POLICY_NAME_MAX] = {"zeta", "none"};

	(void)state;
	make_language("zeta", "{language: z, runtime: r, argv: [/z]}\n");
	make_language("alpha", "no_such_key: 1\n");
	assert_int_equal(policy_load(folder, names, 1, table, &error), 0);
	assert_int_equal(table->n_policies, 1);
	assert_int_equal(policy_load(folder, names, 2, table, &error), -EINVAL);
	assert_non_null(strstr(error.text, "none/policy.yaml: No such file"));
	assert_int_equal(policy_load(folder, NULL, 0, table, &error), -EINVAL);
	assert_non_null(strstr(error.text, "alpha/policy.yaml:1: unknown key 'no_such_key'"));
}

static void test_one_policy_a_language(void **state)
{
	(void)state;
	make_language("one", "{language: x, runtime: r, argv: [/z]}\n");
	make_language("two", "{language: x, runtime: r, argv: [/z]}\n");
	assert_int_equal(policy_load(folder, NULL, 0, table, &error), -EINVAL);
	assert_non_null(strstr(error.text, "two: language 'x' already has the policy 'one'"));
}

static void test_folders_that_do_not_do(void **state)
{
	(void)state;
	assert_int_equal(policy_load(folder, NULL, 0, table, &error), -EINVAL);
	assert_non_null(strstr(error.text, "has no folder with a policy.yaml"));
	assert_int_equal(policy_load("/no/such/folder", NULL, 0, table, &error), -EINVAL);
	assert_string_equal(error.text, "/no/such/folder: No such file or directory");
}

static bool is_first_allowed(const struct policy *policy, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (policy->syscalls[i].action == POLICY_SYSCALL_ALLOW &&
		    strcmp(policy->syscalls[i].name, policy->syscalls[index].name) == 0)
			return false;
	return policy->syscalls[index].action == POLICY_SYSCALL_ALLOW;
}

static uint32_t count_reachable(const struct policy *policy)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < policy->n_syscalls; i++)
		n += is_first_allowed(policy, i);
	return n;
}

static void test_our_own(void **state)
{
	const struct policy *policy = &table->policies[0];

	(void)state;
	if (access("policies/base.yaml", R_OK) < 0)
		skip();
	assert_int_equal(policy_load("policies", NULL, 0, table, &error), 0);
	assert_int_equal(policy_table_find(table, "python"), 0);
	assert_int_equal(policy->default_error, ENOSYS);
	assert_true(policy->n_syscalls > 300);
	assert_int_equal(policy->required_layers, POLICY_LAYERS_ALL);
	for (uint32_t i = 0; i < policy->n_syscalls; i++)
		if (seccomp_syscall_resolve_name(policy->syscalls[i].name) == __NR_SCMP_ERROR)
			fail_msg("no system call is called %s", policy->syscalls[i].name);
	assert_true(count_reachable(policy) > 100);
	assert_true(count_reachable(policy) <= REACHABLE_MAX);
}

static void test_interpreters_come_first(void **state)
{
	static const char compiled[] =
		"language: a\nruntime: r\nargv: [/r]\nsource: a\ncompile: [/c]\ncompile_limits: "
		"{cpu_ms: 1, wall_ms: 1, memory_mib: 1, output_kib: 1, processes: 1}\n";

	(void)state;
	make_language("a", compiled);
	make_language("b", "language: b\nruntime: r\nargv: [/r]\n");
	assert_int_equal(policy_load(folder, NULL, 0, table, &error), 0);
	assert_int_equal(policy_table_find(table, "b"), 0);
	assert_int_equal(policy_table_find(table, "a"), 1);
}

/* What a native candidate may call is what one of Python's may, ctypes and all. */
static void test_one_list_of_system_calls(void **state)
{
	const struct policy *python, *other;

	(void)state;
	assert_int_equal(policy_load("policies", NULL, 0, table, &error), 0);
	python = &table->policies[policy_table_find(table, "python")];
	for (uint32_t i = 0; i < table->n_policies; i++) {
		other = &table->policies[i];
		assert_int_equal(other->n_syscalls, python->n_syscalls);
		assert_memory_equal(other->syscalls, python->syscalls, sizeof(python->syscalls));
	}
	assert_true(table->n_policies >= 3);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_all_in_the_folder_by_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_those_that_are_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_policy_a_language, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folders_that_do_not_do, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_our_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_interpreters_come_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_list_of_system_calls, set_up, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
