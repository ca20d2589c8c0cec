/*
 * Where the daemon is looked for, in which order.
 */
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

#include "client/lib/address.h"

static int clear_environment(void **state)
{
	(void)state;
	unsetenv("ASSAY_ADDR");
	unsetenv("XDG_RUNTIME_DIR");
	return 0;
}

static void forms_of_an_address(void **state)
{
	static const struct {
		const char *text;
		int err;
		const char *path;
	} cases[] = {
		{"/run/x.sock", 0, "/run/x.sock"},
		{"unix:/run/x.sock", 0, "/run/x.sock"},
		{"unix:///run/x.sock", 0, "/run/x.sock"},
		{"unix:x.sock", 0, "x.sock"},
		{"x.sock", 0, "x.sock"},
		{"./a:b", 0, "./a:b"},
		{"/a:b", 0, "/a:b"},
		{"unix:", -EINVAL, ""},
		{"unix://", -EINVAL, ""},
		{"", -EINVAL, ""},
		{"tcp:localhost:1", -EINVAL, "tcp:localhost:1"},
		{"tcp://localhost:1", -EINVAL, "tcp://localhost:1"},
	};
	struct sockaddr_un address;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(address_find(cases[i].text, &address), cases[i].err);
		assert_string_equal(address.sun_path, cases[i].path);
		assert_int_equal(address.sun_family, AF_UNIX);
	}
}

static void a_path_longer_than_the_kernel_takes(void **state)
{
	struct sockaddr_un address;
	char path[sizeof(address.sun_path) + 1];

	(void)state;
	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(address_find(path, &address), -ENAMETOOLONG);
	assert_int_equal(strlen(address.sun_path), sizeof(address.sun_path) - 1);
	path[sizeof(path) - 2] = '\0';
	assert_int_equal(address_find(path, &address), 0);
	assert_string_equal(address.sun_path, path);
}

static void the_variable_is_taken_at_its_word(void **state)
{
	struct sockaddr_un address;

	(void)state;
	setenv("ASSAY_ADDR", "unix:/nowhere/s", 1);
	assert_int_equal(address_find(NULL, &address), 0);
	assert_string_equal(address.sun_path, "/nowhere/s");
	assert_int_equal(address_find("/given", &address), 0);
	assert_string_equal(address.sun_path, "/given");
	setenv("ASSAY_ADDR", "tcp:host:1", 1);
	assert_int_equal(address_find(NULL, &address), -EINVAL);
}

static void the_users_socket_comes_before_the_systems(void **state)
{
	char folder[] = "/tmp/assay-test-XXXXXX";
	char below[64];
	char path[128];
	struct sockaddr_un address;
	int err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	setenv("XDG_RUNTIME_DIR", folder, 1);
	err = address_find(NULL, &address);
	assert_true(err == -ENOENT || err == 0); /* a daemon may be installed here */
	assert_string_equal(address.sun_path, "/run/assay/assay.sock");
	snprintf(below, sizeof(below), "%s/assay", folder);
	snprintf(path, sizeof(path), "%s/assay.sock", below);
	assert_int_equal(mkdir(below, 0700), 0);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(address_find(NULL, &address), 0);
	assert_string_equal(address.sun_path, path);
	unlink(path);
	rmdir(below);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(forms_of_an_address, clear_environment),
		cmocka_unit_test_setup(a_path_longer_than_the_kernel_takes, clear_environment),
		cmocka_unit_test_setup(the_variable_is_taken_at_its_word, clear_environment),
		cmocka_unit_test_setup(the_users_socket_comes_before_the_systems,
				       clear_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
