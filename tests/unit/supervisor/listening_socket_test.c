/* listening_socket: permissions, stale files, and paths that belong to somebody else. */
#include "listening_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static char path[128];
static struct config_error error;

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/listening_socket_test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/sub/s", folder);
	return 0;
}

static int tear_down(void **state)
{
	char sub[128];

	(void)state;
	snprintf(sub, sizeof(sub), "%s/sub", folder);
	unlink(path);
	rmdir(sub);
	return rmdir(folder);
}

static void test_made_and_removed(void **state)
{
	struct listening_socket listening;
	struct stat status;

	(void)state;
	assert_int_equal(listening_socket_open(path, 0620, "", &listening, &error), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 07777, 0620);
	assert_int_equal(fcntl(listening.fd, F_GETFD), FD_CLOEXEC);
	listening_socket_close(&listening, false);
	assert_int_equal(listening.fd, -1);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_in_use(void **state)
{
	struct listening_socket first, second;

	(void)state;
	assert_int_equal(listening_socket_open(path, 0600, "", &first, &error), 0);
	assert_int_equal(listening_socket_open(path, 0600, "", &second, &error), -EINVAL);
	assert_non_null(strstr(error.text, "is in use"));
	assert_int_equal(access(path, F_OK), 0);
	listening_socket_close(&first, false);
}

static void test_stale_is_replaced(void **state)
{
	struct listening_socket first, second;

	(void)state;
	assert_int_equal(listening_socket_open(path, 0600, "", &first, &error), 0);
	close(first.fd); /* as a killed daemon leaves it */
	first.fd = -1;
	assert_int_equal(listening_socket_open(path, 0600, "", &second, &error), 0);
	free(first.path);
	listening_socket_close(&second, false);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_what_is_not_ours_any_more_stays(void **state)
{
	struct listening_socket listening;

	(void)state;
	assert_int_equal(listening_socket_open(path, 0600, "", &listening, &error), 0);
	listening.inode++;
	listening_socket_close(&listening, false);
	assert_int_equal(access(path, F_OK), 0);
}

static void test_a_file_is_kept(void **state)
{
	struct listening_socket listening;
	int fd;

	(void)state;
	assert_int_equal(listening_socket_open(path, 0600, "", &listening, &error), 0);
	listening_socket_close(&listening, false);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(listening_socket_open(path, 0600, "", &listening, &error), -EINVAL);
	assert_non_null(strstr(error.text, "exists and is not a socket"));
	assert_int_equal(access(path, F_OK), 0);
}

static void test_texts(void **state)
{
	struct listening_socket listening;
	char long_path[200];

	(void)state;
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(listening_socket_open(long_path, 0600, "", &listening, &error), -EINVAL);
	assert_non_null(strstr(error.text, "too long"));
	assert_int_equal(listening_socket_open("/no/such/folder/s", 0600, "", &listening, &error),
			 -EINVAL);
	assert_non_null(strstr(error.text, "cannot make the folder /no/such/folder"));
	assert_int_equal(listening_socket_open(path, 0600, "no such group", &listening, &error),
			 -EINVAL);
	assert_string_equal(error.text, "--socket-group: there is no group 'no such group'");
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_made_and_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_in_use, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stale_is_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_not_ours_any_more_stays, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_file_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_texts, set_up, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
