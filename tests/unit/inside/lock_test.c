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
#include "inside/landlock.h"
#include "inside/lock.h"

/* Refuses getppid with EXDEV, allows all else; the architecture is that of the test. */
#define FILTER(action)                                                                 \
	{                                                                              \
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)), \
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),        \
			BPF_STMT(BPF_RET | BPF_K, (action)),                           \
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),                  \
	}

struct material {
	struct lock_header header;
	struct lock_rule rule;
	struct sock_filter instructions[4];
};

static const struct material plain = {
	.header = {.magic = LOCK_MAGIC, .n_rules = 1, .n_instructions = 4},
	.rule = {.access = LOCK_ACCESS_READ, .path = "/usr"},
	.instructions = FILTER(SECCOMP_RET_ERRNO | EXDEV),
};

struct answer {
	int result;
	struct failure failure;
	int error; /* of getppid */
	int is_dumpable;
	int n_open; /* descriptors above CELL_FD_CONTROL */
	int is_null_same;
	int has_listener;
	int etc_error; /* of opening a file that no rule names */
};

static void lock_and_answer(const void *bytes, size_t len, int control)
{
	struct answer answer = {0};
	int high = fcntl(control, F_DUPFD, 20);
	int lock = fd_sealed_copy("lock", bytes, len);
	int listener = -1;
	int etc;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	lock = fcntl(lock, F_DUPFD, 20);
	dup2(high, CELL_FD_CONTROL);
	dup2(lock, CELL_FD_LOCK);
	answer.result = lock_self(&answer.failure, &listener);
	answer.has_listener = listener >= 0;
	if (listener < 0)
		answer.error = syscall(SYS_getppid) < 0 ? errno : 0;
	etc = open("/etc/passwd", O_RDONLY);
	answer.etc_error = etc < 0 ? errno : 0;
	close(etc);
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
	struct answer answer = run(&plain, sizeof(plain));

	(void)state;
	assert_int_equal(answer.result, 0);
	assert_int_equal(answer.error, EXDEV);
	assert_int_equal(answer.is_dumpable, 0);
	assert_int_equal(answer.n_open, 0);
	assert_int_equal(answer.is_null_same, 1);
	assert_false(answer.has_listener);
	assert_int_equal(answer.etc_error, 0); /* the rules were not asked for */
}

static void test_the_listener_is_the_only_other_descriptor(void **state)
{
	struct material material = plain;
	struct answer answer;

	(void)state;
	material.header.flags = LOCK_LISTENS;
	material.instructions[2].k = SECCOMP_RET_USER_NOTIF;
	answer = run(&material, sizeof(material));
	assert_int_equal(answer.result, 0);
	assert_true(answer.has_listener);
	assert_int_equal(answer.n_open, 1);
}

static void test_a_filter_is_left_out_only_if_that_is_said(void **state)
{
	struct material material = plain;
	struct answer answer;

	(void)state;
	material.header.flags = LOCK_NO_FILTER;
	answer = run(&material, sizeof(material));
	assert_int_equal(answer.result, 0);
	assert_int_equal(answer.error, 0);
	assert_int_equal(answer.n_open, 0);
	assert_false(answer.has_listener);
}

static void test_restricts_paths(void **state)
{
	struct material material = plain;
	struct answer answer;

	(void)state;
	if (landlock_version() == 0)
		skip();
	material.header.flags = LOCK_LANDLOCK;
	answer = run(&material, sizeof(material));
	assert_int_equal(answer.result, 0);
	assert_int_equal(answer.error, EXDEV);
	assert_int_equal(answer.etc_error, EACCES);
}

static void expect_refused_at(const char *step, const struct material *material, size_t len)
{
	struct answer answer = run(material, len);

	assert_int_equal(answer.result, -EINVAL);
	assert_string_equal(answer.failure.step, step);
	assert_int_equal(answer.failure.error, EINVAL);
	assert_int_equal(answer.error, 0);
}

static void expect_refused(const struct material *material, size_t len)
{
	expect_refused_at("lock-material", material, len);
}

static void test_bad_material_is_refused(void **state)
{
	struct material bad = plain;

	(void)state;
	expect_refused(&plain, 0);
	expect_refused(&plain, sizeof(plain.header) - 1);
	expect_refused(&plain, sizeof(plain) - 1);
	bad.header.magic++;
	expect_refused(&bad, sizeof(bad));
	bad = plain;
	bad.header.n_rules = LOCK_RULES_MAX + 1;
	expect_refused(&bad, sizeof(bad));
	bad = plain;
	bad.header.n_instructions = 0;
	expect_refused(&bad, sizeof(bad));
	bad.header.n_instructions = LOCK_INSTRUCTIONS_MAX + 1;
	expect_refused(&bad, sizeof(bad));
	bad = plain;
	bad.header.n_instructions = 1; /* no return: the kernel refuses it */
	expect_refused_at("lock-filter", &bad, sizeof(bad) - 3 * sizeof(bad.instructions[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_the_listener_is_the_only_other_descriptor),
		cmocka_unit_test(test_a_filter_is_left_out_only_if_that_is_said),
		cmocka_unit_test(test_restricts_paths),
		cmocka_unit_test(test_bad_material_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
