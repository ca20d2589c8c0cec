/* config/policy_check and config_file: what an administrator may bring, and how it is refused. */
#include "config/policy_check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config_file.h"
#include "config/policy_load.h"

static struct policy_table *table;
static struct config_error error;
static char path[] = "/tmp/policy_check_test.XXXXXX";

static int set_up(void **state)
{
	int fd;

	(void)state;
	table = calloc(1, sizeof(*table));
	strcpy(path, "/tmp/policy_check_test.XXXXXX");
	fd = mkstemp(path);
	return table == NULL || fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	free(table);
	return unlink(path);
}

static int check(const char *text, enum policy_check_kind *kind)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(policy_load("policies", NULL, 0, table, &error), 0);
	return policy_check_file(path, "policies", table, kind, &error);
}

static void test_profiles(void **state)
{
	enum policy_check_kind kind;

	(void)state;
	if (access("policies/base.yaml", R_OK) < 0)
		skip();
	assert_int_equal(
		check("\n {\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": "
		      "[\"read\"], \"action\": \"SCMP_ACT_ALLOW\"}]}",
		      &kind),
		0);
	assert_int_equal(kind, POLICY_CHECK_PROFILE);
	assert_int_equal(table->n_policies, 1);
	assert_int_equal(table->policies[0].n_syscalls, 1);
	assert_int_equal(check("{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"syscalls\": []}", &kind),
			 -EINVAL);
	assert_non_null(strstr(error.text, "no system call is allowed"));
	assert_int_equal(
		check("{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"syscalls\": [\n{\"x\": 1}]}",
		      &kind),
		-EINVAL);
	assert_non_null(strstr(error.text, ":3: unknown member 'x' in syscalls[0]; allowed here:"));
}

static void test_policies(void **state)
{
	enum policy_check_kind kind;

	(void)state;
	if (access("policies/base.yaml", R_OK) < 0)
		skip();
	assert_int_equal(check("language: x\nruntime: x\nargv: [/x]\n", &kind), 0);
	assert_int_equal(kind, POLICY_CHECK_POLICY);
	assert_string_equal(table->policies[0].language, "x");
	assert_true(table->policies[0].n_mounts > 0);
	/* A base.yaml names no language and need not be complete. */
	assert_int_equal(check("cell: {runs: 5}\n", &kind), 0);
	assert_int_equal(check("language: x\nargv: [/x]\n", &kind), -EINVAL);
	assert_non_null(strstr(error.text, "'runtime' is missing"));
	assert_int_equal(check("language: x\ncell: {runs: 0}\n", &kind), -EINVAL);
	assert_non_null(strstr(error.text, ":2: runs: '0' is not a number from 1"));
	assert_int_equal(check("just words", &kind), -EINVAL);
	assert_null(strstr(error.text, ":0:"));
}

static void test_files(void **state)
{
	_cleanup_config_file_ struct config_file file = {0};
	enum policy_check_kind kind;
	char pipe[64];

	(void)state;
	assert_int_equal(policy_check_file("/no/such", "policies", table, &kind, &error), -EINVAL);
	assert_string_equal(error.text, "/no/such: No such file or directory");
	assert_int_equal(config_file_read(&file, "/tmp", path + strlen("/tmp/"), &error), 0);
	assert_string_equal(file.name, path);
	assert_int_equal(file.len, 0);
	/* A pipe is not waited for. */
	snprintf(pipe, sizeof(pipe), "%s.pipe", path);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	config_file_free(&file);
	assert_int_equal(config_file_read(&file, NULL, pipe, &error), 0);
	assert_int_equal(file.len, 0);
	unlink(pipe);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_profiles, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_policies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
