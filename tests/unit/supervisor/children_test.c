/* children: a child gets exactly what its plan says. The children are shell scripts. */
#include "children.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"

static char script[64];
static int output[2];

/* Writes a script that has these lines; it answers on descriptor 3. */
static void make_script(const char *lines)
{
	FILE *file;
	int fd;

	strcpy(script, "/tmp/children_test.XXXXXX");
	fd = mkstemp(script);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0700), 0);
	file = fdopen(fd, "w");
	fprintf(file, "#!/bin/sh\n%s\n", lines);
	fclose(file);
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
}

/* Runs it with descriptors 3 and 4; its exit status, and what it wrote. */
static int run_script(char *text, size_t size)
{
	struct child_plan plan = {.path = script, .fds = {output[1], output[0]}, .n_fds = 2};
	pid_t pid = children_start(&plan);
	ssize_t n;
	int status;

	assert_true(pid > 0);
	close(output[1]);
	n = fd_read_all(output[0], text, size - 1);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(output[0]);
	unlink(script);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_descriptors(void **state)
{
	char text[256];
	int extra = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

	(void)state;
	/* The shell itself keeps the script open, at 10 or above. */
	make_script(
		"for fd in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$fd ] && echo $fd >&3; done\n"
		"readlink /proc/$$/fd/0 >&3\nexit 7");
	assert_int_equal(run_script(text, sizeof(text)), 7);
	assert_string_equal(text, "0\n1\n2\n3\n4\n/dev/null\n");
	close(extra);
}

static void test_environment(void **state)
{
	char text[1024];

	(void)state;
	setenv("SECRET", "x", 1);
	setenv("JOURNAL_STREAM", "8:9", 1);
	unsetenv("ASAN_OPTIONS");
	unsetenv("UBSAN_OPTIONS");
	make_script("tr '\\0' '\\n' </proc/$$/environ >&3");
	assert_int_equal(run_script(text, sizeof(text)), 0);
	assert_string_equal(text, "JOURNAL_STREAM=8:9\n");
}

static void test_signals_and_group(void **state)
{
	char text[512];
	char expected[64];
	sigset_t blocked;

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	make_script(
		"grep SigBlk /proc/self/status >&3; cut -d' ' -f5 /proc/$$/stat >&3; echo $$ >&3");
	assert_int_equal(run_script(text, sizeof(text)), 0);
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	assert_non_null(strstr(text, "SigBlk:\t0000000000000000\n"));
	snprintf(expected, sizeof(expected), "%s", strchr(text, '\n') + 1);
	assert_int_equal(strtol(expected, NULL, 10), strtol(strchr(expected, '\n') + 1, NULL, 10));
}

static void test_what_cannot_be_executed(void **state)
{
	const struct child_plan plan = {.path = "/no/such/program"};
	int status;
	pid_t pid = children_start(&plan);

	(void)state;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 127);
}

static void test_orphans(void **state)
{
	pid_t spared = fork();
	pid_t orphan;
	int status;

	(void)state;
	if (spared == 0) {
		pause();
		_exit(0);
	}
	orphan = fork();
	if (orphan == 0) {
		pause();
		_exit(0);
	}
	children_kill_orphans(spared, 0);
	while (waitpid(orphan, &status, 0) < 0 && errno == EINTR)
		;
	assert_int_equal(kill(orphan, 0), -1);
	assert_int_equal(waitpid(spared, &status, WNOHANG), 0);
	kill(spared, SIGKILL);
	assert_int_equal(waitpid(spared, &status, 0), spared);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_signals_and_group),
		cmocka_unit_test(test_what_cannot_be_executed),
		cmocka_unit_test(test_orphans),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
