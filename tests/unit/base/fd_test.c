/*
 * Descriptors: owned once, read and written whole, and passed over sockets without leaking.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/fd.h"

static size_t count_open(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		n++;
	closedir(folder);
	return n;
}

static void open_pair(int pair[2], int type)
{
	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair), 0);
}

static void closing_is_once_and_keeps_errno(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int closed = fd;

	(void)state;
	errno = ENOTTY;
	fd_close(&fd);
	fd_close(&fd);
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(closed, F_GETFD), -1);
}

static int open_and_take(void)
{
	_cleanup_fd_ int left = open("/dev/null", O_RDONLY | O_CLOEXEC);
	_cleanup_fd_ int taken = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(left >= 0 && taken >= 0);
	return fd_take(&taken);
}

static void what_is_taken_survives_its_scope(void **state)
{
	size_t before = count_open();
	int fd = open_and_take();

	(void)state;
	assert_int_equal(count_open(), before + 1);
	assert_true(fcntl(fd, F_GETFD) >= 0);
	fd_close(&fd);
}

static void flags_are_set_and_cleared(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(fd_set_nonblocking(fd, true), 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(fd_set_nonblocking(fd, false), 0);
	assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(fd_keep_on_exec(fd), 0);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	fd_close(&fd);
	assert_int_equal(fd_set_nonblocking(-1, true), -EBADF);
	assert_int_equal(fd_keep_on_exec(-1), -EBADF);
}

/* More than a pipe holds, so both sides need many calls. */
static void whole_reads_and_writes(void **state)
{
	const size_t len = 1 << 20;
	unsigned char *bytes = malloc(len);
	int pair[2];
	int status;
	pid_t child;

	(void)state;
	assert_non_null(bytes);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		memset(bytes, 7, len);
		_exit(fd_write_all(pair[1], bytes, len) == 0 ? 0 : 1);
	}
	fd_close(&pair[1]);
	assert_int_equal(fd_read_all(pair[0], bytes, len), len);
	assert_int_equal(bytes[0] + bytes[len - 1], 14);
	assert_int_equal(fd_read_all(pair[0], bytes, len), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	fd_close(&pair[0]);
	assert_int_equal(fd_read_all(-1, bytes, 1), -EBADF);
	assert_int_equal(fd_write_all(-1, bytes, 1), -EBADF);
	free(bytes);
}

static void packets_carry_descriptors(void **state)
{
	int pair[2];
	int sent[2] = {open("/dev/null", O_RDONLY), open("/dev/zero", O_RDONLY)};
	int received[FD_PASS_MAX] = {-1, -1};
	size_t n = FD_PASS_MAX;
	char buf[16];

	(void)state;
	open_pair(pair, SOCK_SEQPACKET);
	assert_int_equal(fd_send(pair[0], "hello", 5, sent, 2), 0);
	assert_int_equal(fd_receive(pair[1], buf, sizeof(buf), received, &n), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(n, 2);
	assert_int_equal(fcntl(received[1], F_GETFD), FD_CLOEXEC);
	assert_int_equal(read(received[1], buf, 1), 1);
	assert_int_equal(buf[0], 0);
	for (int i = 0; i < 2; i++) {
		fd_close(&sent[i]);
		fd_close(&received[i]);
	}
	fd_close(&pair[0]);
	n = FD_PASS_MAX;
	assert_int_equal(fd_receive(pair[1], buf, sizeof(buf), received, &n), 0);
	assert_int_equal(n, 0);
	fd_close(&pair[1]);
}

static void what_does_not_fit_is_refused_and_closed(void **state)
{
	int pair[2];
	int sent[3] = {STDIN_FILENO, STDIN_FILENO, STDIN_FILENO};
	int received[FD_PASS_MAX];
	char buf[4];
	size_t n = 2;
	size_t before;

	(void)state;
	open_pair(pair, SOCK_SEQPACKET);
	before = count_open();
	assert_int_equal(fd_send(pair[0], "ab", 2, sent, 3), 0);
	assert_int_equal(fd_receive(pair[1], buf, sizeof(buf), received, &n), -EMSGSIZE);
	n = FD_PASS_MAX;
	assert_int_equal(fd_send(pair[0], "too long", 8, sent, 1), 0);
	assert_int_equal(fd_receive(pair[1], buf, sizeof(buf), received, &n), -EMSGSIZE);
	assert_int_equal(count_open(), before);
	assert_int_equal(fd_send(pair[0], "ab", 2, sent, FD_PASS_MAX + 1), -EINVAL);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

/* Sending raises no SIGPIPE, whose default would end this program. */
static void a_full_or_closed_socket_is_an_error(void **state)
{
	int pair[2];
	int err;

	(void)state;
	open_pair(pair, SOCK_SEQPACKET | SOCK_NONBLOCK);
	do {
		err = fd_send(pair[0], "x", 1, NULL, 0);
	} while (err == 0);
	assert_int_equal(err, -EAGAIN);
	fd_close(&pair[1]);
	err = fd_send(pair[0], "x", 1, NULL, 0);
	assert_true(err == -EPIPE || err == -ECONNRESET);
	fd_close(&pair[0]);
}

static void a_sealed_copy_cannot_be_changed(void **state)
{
	char buf[16];
	int fd = fd_sealed_copy("test", "sealed", 6);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fd_read_all(fd, buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "sealed", 6);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 100), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	fd_close(&fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_is_once_and_keeps_errno),
		cmocka_unit_test(what_is_taken_survives_its_scope),
		cmocka_unit_test(flags_are_set_and_cleared),
		cmocka_unit_test(whole_reads_and_writes),
		cmocka_unit_test(packets_carry_descriptors),
		cmocka_unit_test(what_does_not_fit_is_refused_and_closed),
		cmocka_unit_test(a_full_or_closed_socket_is_an_error),
		cmocka_unit_test(a_sealed_copy_cannot_be_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
