/* core/job: a finished job counts once, and an illegal move ends the process. */
#include "core/job.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_moves(void **state)
{
	struct batch batch = {.n_unfinished = 2};
	struct job job = {.batch = &batch};

	(void)state;
	job_move(&job, JOB_QUEUED);
	job_move(&job, JOB_RUNNING);
	job_move(&job, JOB_QUEUED);
	job_move(&job, JOB_RUNNING);
	assert_int_equal(batch.n_unfinished, 2);
	job_move(&job, JOB_DONE);
	assert_int_equal(batch.n_unfinished, 1);
}

static void test_illegal_move(void **state)
{
	const struct rlimit no_core = {0};
	struct batch batch = {.n_unfinished = 1};
	struct job job = {.batch = &batch, .state = JOB_DONE};
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		setrlimit(RLIMIT_CORE, &no_core);
		close(STDERR_FILENO);
		job_move(&job, JOB_RUNNING);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_illegal_move),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
