/*
 * Waiting for answers: what ends it, and in which order when several things are there; and errors
 * of others' text on stderr.
 */
#include "tests/unit/lib/fake_server.h"

#include <stdio.h>
#include <sys/wait.h>

#include "client/cli/cli.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

static void begin(struct fake *fake, struct cli_context *context)
{
	interrupted = 0;
	fake_connect(fake, 1 << 20);
	*context = (struct cli_context){.interrupted = &interrupted, .client = fake->client};
}

static void nothing_in_flight_is_no_wait(void **state)
{
	struct cli_context context;
	assay_event *event;
	struct fake fake;

	(void)state;
	begin(&fake, &context);
	assert_int_equal(cli_next(&context, -1, -1, &event), -ENODATA);
	assert_int_equal(cli_next(&context, 0, -1, &event), -ENODATA);
	assert_int_equal(cli_next(&context, 1, -1, &event), -ETIMEDOUT);
	fake_submit(&fake);
	assert_int_equal(cli_next(&context, 1, -1, &event), -ETIMEDOUT);
	fake_close(&fake);
}

static void answers_come_before_the_wake(void **state)
{
	struct cli_context context;
	assay_event *event = NULL;
	struct fake fake;
	uint64_t id;
	int wake[2];

	(void)state;
	begin(&fake, &context);
	assert_int_equal(pipe(wake), 0);
	assert_int_equal(write(wake[1], "x", 1), 1);
	id = fake_submit(&fake);
	fake_send_done(&fake, id);
	assert_int_equal(cli_next(&context, -1, wake[0], &event), 0);
	assert_non_null(event);
	assert_int_equal(assay_event_request(event), id);
	assay_event_free(event);
	/* Nothing is in flight any more; the wake alone ends the wait. */
	assert_int_equal(cli_next(&context, -1, wake[0], &event), 0);
	assert_null(event);
	close(wake[0]);
	close(wake[1]);
	fake_close(&fake);
}

static void a_lost_connection_is_told(void **state)
{
	struct cli_context context;
	assay_event *event = NULL;
	struct fake fake;
	int wake[2];

	(void)state;
	begin(&fake, &context);
	assert_int_equal(pipe(wake), 0);
	fd_close(&fake.fd);
	assert_int_equal(cli_next(&context, -1, wake[0], &event), -ECONNRESET);
	fake_close(&fake);

	begin(&fake, &context);
	fake_submit(&fake);
	fd_close(&fake.fd);
	assert_int_equal(cli_next(&context, -1, wake[0], &event), -ECONNRESET);
	close(wake[0]);
	close(wake[1]);
	fake_close(&fake);
}

/* The signal comes while nothing else would ever end the wait. */
static void signals_end_the_wait(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct cli_context context;
	assay_event *event;
	struct fake fake;
	pid_t parent = getpid();

	(void)state;
	begin(&fake, &context);
	fake_submit(&fake);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action = {.sa_handler = on_signal}, before;
		int status;
		pid_t pid;

		interrupted = 0;
		assert_int_equal(sigaction(signals[i], &action, &before), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(kill(parent, signals[i]) == 0 ? 0 : 1);
		assert_int_equal(cli_next(&context, -1, -1, &event), -EINTR);
		assert_int_equal(interrupted, 1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_int_equal(sigaction(signals[i], &before, NULL), 0);
	}
	/* It stays so until somebody clears the flag. */
	assert_int_equal(cli_next(&context, 1, -1, &event), -EINTR);
	fake_close(&fake);
}

static void errors_are_one_safe_line(void **state)
{
	int ends[2], before = dup(STDERR_FILENO);
	char text[128];
	ssize_t len;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	cli_error("%s: \033[2J%d", "a file", 7);
	dup2(before, STDERR_FILENO);
	close(before);
	close(ends[1]);
	len = read(ends[0], text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	close(ends[0]);
	assert_string_equal(text, "assay: a file: \\x1b[2J7\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_in_flight_is_no_wait),
		cmocka_unit_test(answers_come_before_the_wake),
		cmocka_unit_test(a_lost_connection_is_told),
		cmocka_unit_test(signals_end_the_wait),
		cmocka_unit_test(errors_are_one_safe_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
