/* broker/sitting: the socket of an examiner that stays, and an examiner that talks nonsense. */
#include "broker/sitting.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"

static struct event_base *base;
static struct sitting sitting;
static int examiner = -1;
static int n_calls;

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	(void)argument;
	n_calls++;
}

static int set_up(void **state)
{
	(void)state;
	n_calls = 0;
	base = event_base_new();
	sitting_init(&sitting);
	return sitting_open(&sitting, base, on_readable, NULL, &examiner);
}

static int tear_down(void **state)
{
	(void)state;
	sitting_close(&sitting);
	fd_close(&examiner);
	event_base_free(base);
	return 0;
}

static void say_rest(uint64_t cpu_ns)
{
	const struct sitting_rest rest = {.cpu_ns = cpu_ns};

	assert_int_equal(fd_send(examiner, &rest, sizeof(rest), NULL, 0), 0);
}

static void test_there_and_back(void **state)
{
	const uint8_t nonce[JOB_NONCE_BYTES] = "123456789012345";
	struct sitting_turn turn = {.nonce = nonce,
				    .is_last = true,
				    .channel_in = STDIN_FILENO,
				    .channel_out = STDOUT_FILENO,
				    .job = -1};
	struct sitting_next next;
	int fds[SITTING_FDS_TASK] = {-1, -1, -1};
	size_t n_fds = SITTING_FDS_TASK;

	(void)state;
	assert_int_equal(sitting_take_rest(&sitting), -EAGAIN);
	say_rest(5);
	event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
	assert_int_equal(n_calls, 1);
	assert_int_equal(sitting_take_rest(&sitting), 0);
	assert_int_equal(sitting.cpu_ns, 5);
	assert_int_equal(sitting_send_next(&sitting, &turn), 0);
	assert_int_equal(sitting.n_served, 2);
	assert_int_equal(fd_receive(examiner, &next, sizeof(next), fds, &n_fds), sizeof(next));
	assert_int_equal(n_fds, SITTING_FDS);
	assert_memory_equal(next.nonce, nonce, JOB_NONCE_BYTES);
	assert_int_equal(next.is_last, 1);
	fd_close(&fds[0]);
	fd_close(&fds[1]);
	turn.job = STDERR_FILENO;
	assert_int_equal(sitting_send_next(&sitting, &turn), 0);
	n_fds = SITTING_FDS_TASK;
	assert_int_equal(fd_receive(examiner, &next, sizeof(next), fds, &n_fds), sizeof(next));
	assert_int_equal(n_fds, SITTING_FDS_TASK);
	for (size_t i = 0; i < n_fds; i++)
		fd_close(&fds[i]);
}

static void test_nonsense(void **state)
{
	(void)state;
	say_rest(5);
	assert_int_equal(sitting_take_rest(&sitting), 0);
	say_rest(4); /* time does not go back */
	assert_int_equal(sitting_take_rest(&sitting), -EPROTO);
	assert_int_equal(fd_send(examiner, "rest", 4, NULL, 0), 0);
	assert_int_equal(sitting_take_rest(&sitting), -EPROTO);
	fd_close(&examiner);
	assert_int_equal(sitting_take_rest(&sitting), -ECONNRESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nonsense, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
