/*
 * supervisor: what is started anew, what ends the daemon, and with which status. This program plays
 * the broker and the keeper, too: it is run again under those names, finds in "<name>.does" beside
 * it what to do, and notes each of its lives in "<name>.lives".
 */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "core/handover.h"
#include "keeper/keeper_msg.h"

static char folder[64];
static char broker_path[128];
static char keeper_path[128];

/* ---- the actors ---- */

/* Ready at once; ends when told to. */
static int play_broker(void)
{
	struct supervisor_packet packet = {.type = SUPERVISOR_READY};
	int keeper = -1;

	if (fd_send(BROKER_FD_SUPERVISOR, &packet, sizeof(packet), NULL, 0) < 0)
		return EXIT_FAILURE;
	for (;;) {
		int fds[FD_PASS_MAX];
		size_t n_fds = FD_PASS_MAX;
		ssize_t n = fd_receive(BROKER_FD_SUPERVISOR, &packet, sizeof(packet), fds, &n_fds);

		if (n == sizeof(packet) && packet.type == SUPERVISOR_STOP)
			return EXIT_SUCCESS;
		if (n != sizeof(packet) || packet.type != SUPERVISOR_KEEPER || n_fds != 1)
			return EXIT_FAILURE;
		fd_close(&keeper);
		keeper = fds[0];
	}
}

/* Never ready; ends when told to. */
static int play_silent_broker(void)
{
	struct supervisor_packet packet = {0};
	int fds[FD_PASS_MAX];
	size_t n_fds;

	while (packet.type != SUPERVISOR_STOP) {
		n_fds = FD_PASS_MAX; /* kept open: closed, they would end the keepers */
		if (fd_receive(BROKER_FD_SUPERVISOR, &packet, sizeof(packet), fds, &n_fds) <= 0)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

/* Says why it cannot go on, and waits to be told. */
static int play_failing_broker(void)
{
	struct supervisor_packet packet = {.type = SUPERVISOR_FAILED, .text = "no cells"};

	fd_send(BROKER_FD_SUPERVISOR, &packet, sizeof(packet), NULL, 0);
	while (packet.type != SUPERVISOR_STOP)
		if (read(BROKER_FD_SUPERVISOR, &packet, sizeof(packet)) <= 0)
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/* Ends with its broker. */
static int play_keeper(void)
{
	char byte;

	return read(KEEPER_FD_BROKER, &byte, 1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static size_t read_text(const char *path, const char *suffix, char *text, size_t size)
{
	char name[160];
	size_t n;
	FILE *file;

	snprintf(name, sizeof(name), "%s.%s", path, suffix);
	file = fopen(name, "r");
	n = file != NULL ? fread(text, 1, size - 1, file) : 0;
	text[n] = '\0';
	if (file != NULL)
		fclose(file);
	return n;
}

static void append_text(const char *path, const char *suffix, const char *text)
{
	char name[160];
	FILE *file;

	snprintf(name, sizeof(name), "%s.%s", path, suffix);
	file = fopen(name, "a");
	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

static int play(const char *path)
{
	char does[32];
	char lives[64];
	size_t n_lives = read_text(path, "lives", lives, sizeof(lives));

	append_text(path, "lives", "x");
	read_text(path, "does", does, sizeof(does));
	if (strcmp(does, "broker") == 0)
		return play_broker();
	if (strcmp(does, "silent broker") == 0)
		return play_silent_broker();
	if (strcmp(does, "failing broker") == 0)
		return play_failing_broker();
	if (strcmp(does, "keeper") == 0)
		return play_keeper();
	if (strcmp(does, "keeper, later") == 0) /* the first two die */
		return n_lives < 2 ? EXIT_FAILURE : play_keeper();
	return (int)strtol(does, NULL, 10);
}

/* ---- the tests ---- */

static void cast(const char *broker_does, const char *keeper_does)
{
	char self[256];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(len > 0);
	self[len] = '\0';
	assert_int_equal(symlink(self, broker_path), 0);
	assert_int_equal(symlink(self, keeper_path), 0);
	append_text(broker_path, "does", broker_does);
	append_text(keeper_path, "does", keeper_does);
}

static size_t lives(const char *path)
{
	char text[64];

	return read_text(path, "lives", text, sizeof(text));
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/supervisor_test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(broker_path, sizeof(broker_path), "%s/broker", folder);
	snprintf(keeper_path, sizeof(keeper_path), "%s/keeper", folder);
	return 0;
}

static int tear_down(void **state)
{
	const char *const suffixes[] = {"", ".does", ".lives"};
	char name[160];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", broker_path, suffixes[i]);
		unlink(name);
		snprintf(name, sizeof(name), "%s%s", keeper_path, suffixes[i]);
		unlink(name);
	}
	return rmdir(folder);
}

/* What the supervisor of a test is told. */
struct ending {
	bool by_lifeline; /* once it is ready */
	int by_signal;    /* likewise; 0: none */
};

/* Runs a supervisor in a process of its own until it ends; its exit status. -1 if it was to become
 * ready and did not. */
static int run_supervisor(struct ending ending)
{
	int lifeline[2];
	int ready[2];
	char text[16] = "";
	int status;
	pid_t pid;

	assert_int_equal(pipe2(lifeline, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		const struct listening_socket listening = {.fd = null};

		close(lifeline[1]);
		close(ready[0]);
		dup2(null, STDERR_FILENO);
		_exit(supervisor_run(&(struct supervisor_plan){
			.broker_path = broker_path,
			.keeper_path = keeper_path,
			.settings_fd = null,
			.cache_fd = -1,
			.tcp_fd = -1,
			.tokens_fd = -1,
			.policies_fd = null,
			.lifeline_fd = lifeline[0],
			.ready_fd = ready[1],
			.listening = &listening,
		}));
	}
	close(lifeline[0]);
	close(ready[1]);
	/* Ends at its end, so this also waits for the first readiness. */
	assert_true(fd_read_all(ready[0], text, sizeof(text) - 1) >= 0);
	close(ready[0]);
	if (ending.by_signal != 0)
		kill(pid, ending.by_signal);
	if (ending.by_lifeline)
		close(lifeline[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!ending.by_lifeline)
		close(lifeline[1]);
	assert_true(WIFEXITED(status));
	if (ending.by_signal != 0 || ending.by_lifeline)
		assert_string_equal(text, "READY\n");
	return WEXITSTATUS(status);
}

static void test_it_is_told_to_end(void **state)
{
	const struct ending endings[] = {
		{.by_lifeline = true}, {.by_signal = SIGTERM}, {.by_signal = SIGINT}};

	(void)state;
	cast("broker", "keeper");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(run_supervisor(endings[i]), EXIT_SUCCESS);
		assert_int_equal(lives(broker_path), i + 1);
		assert_int_equal(lives(keeper_path), i + 1);
	}
}

static void test_a_keeper_that_dies_is_replaced(void **state)
{
	(void)state;
	cast("broker", "keeper, later");
	assert_int_equal(run_supervisor((struct ending){.by_signal = SIGTERM}), EXIT_SUCCESS);
	assert_int_equal(lives(broker_path), 1);
	assert_true(lives(keeper_path) >= 1);
}

static void test_an_unable_keeper_is_not_replaced(void **state)
{
	(void)state;
	cast("broker", "3");
	assert_int_equal(run_supervisor((struct ending){0}), EXIT_FAILURE);
	assert_int_equal(lives(keeper_path), 1);
}

static void test_a_keeper_that_keeps_dying(void **state)
{
	(void)state;
	cast("silent broker", "1");
	assert_int_equal(run_supervisor((struct ending){0}), EXIT_FAILURE);
	assert_int_equal(lives(keeper_path), 5);
	assert_int_equal(lives(broker_path), 1);
}

static void test_a_broker_that_keeps_dying(void **state)
{
	(void)state;
	cast("0", "keeper");
	assert_int_equal(run_supervisor((struct ending){0}), EXIT_FAILURE);
	assert_int_equal(lives(broker_path), 5);
}

static void test_a_broker_that_cannot_have_cells(void **state)
{
	(void)state;
	cast("failing broker", "keeper");
	assert_int_equal(run_supervisor((struct ending){0}), EXIT_FAILURE);
	assert_int_equal(lives(broker_path), 1);
}

static void test_programs_that_are_not_there(void **state)
{
	(void)state;
	assert_int_equal(run_supervisor((struct ending){0}), EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_it_is_told_to_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_keeper_that_dies_is_replaced, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_an_unable_keeper_is_not_replaced, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_keeper_that_keeps_dying, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_broker_that_keeps_dying, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_broker_that_cannot_have_cells, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_programs_that_are_not_there, set_up,
						tear_down),
	};
	const char *name = strrchr(argv[0], '/');

	(void)argc;
	if (name != NULL && (strcmp(name, "/broker") == 0 || strcmp(name, "/keeper") == 0))
		return play(argv[0]);
	return cmocka_run_group_tests(list, NULL, NULL);
}
