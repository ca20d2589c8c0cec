/* inside/notify: calls of a filtered child, answered and counted by the test. No privilege. */
#include "inside/notify.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Every number from here on is reported. */
#define FIRST_REPORTED 2000

static struct notify_counts counts;

static int load(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_REPORTED, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = 4, .filter = filter};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

/* As pid 1 does: until the child has ended; its exit status. */
static int serve(int listener, pid_t child)
{
	struct pollfd fds[] = {{.fd = listener, .events = POLLIN},
			       {.fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN}};
	int status;

	for (;;) {
		assert_true(poll(fds, 2, -1) > 0);
		if (fds[0].revents != 0)
			assert_int_equal(notify_answer(listener, &counts), 0);
		else if (fds[1].revents != 0)
			break;
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	close(fds[1].fd);
	return status;
}

static void call_many(uint32_t n_numbers, uint32_t times)
{
	for (uint32_t time = 0; time < times; time++)
		for (uint32_t i = 0; i < n_numbers; i++)
			if (syscall(FIRST_REPORTED + i, 1, 2, 3) != -1 || errno != EPERM)
				_exit(1);
	_exit(0);
}

/* Loaded once, as in a cell: all tests are children of this process. */
static int listener = -1;

static int set_up_all(void **state)
{
	(void)state;
	listener = load();
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	if (listener < 0)
		skip(); /* a listener of somebody else holds us */
	memset(&counts, 0, sizeof(counts));
	return 0;
}

static int run(uint32_t n_numbers, uint32_t times)
{
	pid_t child = fork();

	if (child == 0)
		call_many(n_numbers, times);
	return serve(listener, child);
}

static void test_answers_and_counts(void **state)
{
	struct cell_report report = {0};

	(void)state;
	assert_int_equal(run(2, 50), 0);
	notify_report(&counts, &report);
	assert_int_equal(report.n_refusals, 2);
	assert_int_equal(report.refusals[0].number, FIRST_REPORTED);
	assert_int_equal(report.refusals[0].count, 50);
	assert_int_equal(report.refusals[1].number, FIRST_REPORTED + 1);
	assert_int_equal(report.refusals[1].count, 50);
	assert_int_equal(report.other_refusals, 0);
}

static void test_more_calls_than_places(void **state)
{
	struct cell_report report = {0};

	(void)state;
	assert_int_equal(run(CELL_REFUSALS_MAX + 4, 3), 0);
	notify_report(&counts, &report);
	assert_int_equal(report.n_refusals, CELL_REFUSALS_MAX);
	assert_int_equal(report.refusals[CELL_REFUSALS_MAX - 1].count, 3);
	assert_int_equal(report.other_refusals, 12);
}

/* The caller is killed while it waits: the answer finds nobody, and nothing blocks. */
static void test_a_caller_that_is_killed(void **state)
{
	struct pollfd waiting = {.fd = listener, .events = POLLIN};
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0)
		call_many(1, 1);
	assert_int_equal(poll(&waiting, 1, -1), 1);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(notify_answer(listener, &counts), 0);
	assert_int_equal(counts.n_calls, 0);
	assert_int_equal(run(1, 1), 0); /* and the next one is served */
	assert_int_equal(counts.calls[0].count, 1);
}

static void test_no_listener(void **state)
{
	(void)state;
	assert_int_equal(notify_answer(-1, &counts), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_answers_and_counts, set_up),
		cmocka_unit_test_setup(test_more_calls_than_places, set_up),
		cmocka_unit_test_setup(test_a_caller_that_is_killed, set_up),
		cmocka_unit_test_setup(test_no_listener, set_up),
	};

	return cmocka_run_group_tests(tests, set_up_all, NULL);
}
