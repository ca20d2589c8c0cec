/* lock_self() in a child that has the descriptors of a cell. Needs no privilege. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/lock.h"

/* Refuses getppid with EXDEV, allows all else; the architecture is that of the test. */
static const struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

struct answer {
	int result;
	struct failure failure;
	int error; /* of getppid */
	int is_dumpable;
	int n_open; /* descriptors above CELL_FD_CONTROL */
	int is_null_same;
};

static void lock_and_answer(const void *bytes, size_t len, int control)
{
	struct answer answer = {0};
	int high = fcntl(control, F_DUPFD, 20);
	int lock = fd_sealed_copy("filter", bytes, len);

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	lock = fcntl(lock, F_DUPFD, 20);
	dup2(high, CELL_FD_CONTROL);
	dup2(lock, CELL_FD_LOCK);
	answer.result = lock_self(&answer.failure);
	answer.error = syscall(SYS_getppid) < 0 ? errno : 0;
	answer.is_dumpable = prctl(PR_GET_DUMPABLE);
	for (int fd = CELL_FD_CONTROL + 1; fd < 256; fd++)
		answer.n_open += fcntl(fd, F_GETFD) >= 0;
	answer.is_null_same =
		write(STDOUT_FILENO, "x", 1) == 1 && write(STDERR_FILENO, "x", 1) == 1;
	(void)!write(CELL_FD_CONTROL, &answer, sizeof(answer));
	_exit(0);
}

static struct answer run(const void *bytes, size_t len)
{
	struct answer answer;
	int pair[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	if (pid == 0)
		lock_and_answer(bytes, len, pair[1]);
	close(pair[1]);
	assert_int_equal(read(pair[0], &answer, sizeof(answer)), sizeof(answer));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(pair[0]);
	return answer;
}

static void test_locks(void **state)
{
	struct answer answer = run(filter, sizeof(filter));

	(void)state;
	assert_int_equal(answer.result, 0);
	assert_int_equal(answer.error, EXDEV);
	assert_int_equal(answer.is_dumpable, 0);
	assert_int_equal(answer.n_open, 0);
	assert_int_equal(answer.is_null_same, 1);
}

static void test_bad_filters_are_refused(void **state)
{
	static const struct sock_filter endless[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	static char long_filter[5000 * sizeof(struct sock_filter)];
	const struct {
		const void *bytes;
		size_t len;
	} bad[] = {
		{filter, 0},
		{filter, sizeof(filter) - 1},
		{long_filter, sizeof(long_filter)},
		{endless, sizeof(endless)}, /* no return: the kernel refuses it */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct answer answer = run(bad[i].bytes, bad[i].len);

		assert_int_equal(answer.result, -EINVAL);
		assert_string_equal(answer.failure.step, "lock-filter");
		assert_int_equal(answer.failure.error, EINVAL);
		assert_int_equal(answer.error, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_bad_filters_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
