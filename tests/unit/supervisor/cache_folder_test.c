/* cache_folder: whose it must be, one daemon at a time, and a stamp that notices changes. */
#include "cache_folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static char path[128];
static struct config_error error;

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/cache_folder_test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/cache", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	rmdir(path);
	return rmdir(folder);
}

static void expect_refusal(const char *reason)
{
	assert_true(cache_folder_open(path, geteuid(), &error) < 0);
	assert_non_null(strstr(error.text, reason));
}

static void test_made_private_and_used_by_one(void **state)
{
	struct stat status;
	int fd = cache_folder_open(path, geteuid(), &error);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	expect_refusal("in use");
	close(fd);
	fd = cache_folder_open(path, geteuid(), &error);
	assert_true(fd >= 0);
	close(fd);
}

static void test_nobody_else_may_look_in(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 0750), 0);
	expect_refusal("0700");
	assert_int_equal(chmod(path, 0700), 0);
	assert_true(cache_folder_open(path, geteuid() + 1, &error) < 0);
	assert_non_null(strstr(error.text, "must belong to user"));
}

static void test_what_is_no_folder(void **state)
{
	(void)state;
	assert_int_equal(symlink("/tmp", path), 0);
	expect_refusal("--cache-dir");
	assert_int_equal(unlink(path), 0);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	expect_refusal("--cache-dir");
}

static void test_the_stamp_notices_changes(void **state)
{
	char file[160];
	uint64_t before;

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	before = cache_folder_stamp(folder, "/bin/sh", "/bin/sh");
	assert_true(before == cache_folder_stamp(folder, "/bin/sh", "/bin/sh"));
	snprintf(file, sizeof(file), "%s/module.py", path);
	close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_true(before != cache_folder_stamp(folder, "/bin/sh", "/bin/sh"));
	before = cache_folder_stamp(folder, "/bin/sh", "/bin/sh");
	assert_int_equal(truncate(file, 1), 0);
	assert_true(before != cache_folder_stamp(folder, "/bin/sh", "/bin/sh"));
	unlink(file);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_made_private_and_used_by_one, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_nobody_else_may_look_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_no_folder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_stamp_notices_changes, set_up, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
