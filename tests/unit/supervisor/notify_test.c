/* notify: what a service manager hears and passes. */
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void test_without_a_manager(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_send("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
	assert_int_equal(notify_send("READY=1"), -ENOENT);
}

static void test_an_abstract_socket(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[64];
	char text[64] = "";
	int len = snprintf(name, sizeof(name), "@notify_test.%d", (int)getpid());
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	memcpy(address.sun_path + 1, name + 1, (size_t)len - 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
			 0);
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_send("READY=1"), 0);
	assert_int_equal(recv(fd, text, sizeof(text), MSG_DONTWAIT), 7);
	assert_string_equal(text, "READY=1");
	close(fd);
}

static void test_listener(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int saved = fcntl(3, F_DUPFD, 10);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	unsetenv("LISTEN_PID");
	assert_int_equal(notify_listener(), -1);
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(notify_listener(), -1);
	setenv("LISTEN_PID", pid, 1);
	if (fd != 3)
		assert_int_equal(dup2(fd, 3), 3);
	assert_int_equal(notify_listener(), -EINVAL); /* does not listen */
	assert_int_equal(bind(3, (struct sockaddr *)&address, sizeof(address.sun_family)), 0);
	assert_int_equal(listen(3, 1), 0);
	assert_int_equal(notify_listener(), 3);
	assert_int_equal(fcntl(3, F_GETFD), FD_CLOEXEC);
	setenv("LISTEN_FDS", "2", 1);
	assert_int_equal(notify_listener(), -EINVAL);
	if (fd != 3)
		close(fd);
	if (saved >= 0)
		dup2(saved, 3);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_without_a_manager),
		cmocka_unit_test(test_an_abstract_socket),
		cmocka_unit_test(test_listener),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
