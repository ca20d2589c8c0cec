/*
 * assay-init: pid 1 of a cell for native programs. Inside. A small static program: it has nothing
 * to warm up, so one run is one fork, and one exec of what the run before has compiled.
 *
 *     assay-init COMPILER
 *
 * Before it locks itself it asks the compiler for its version and reads the object file of the
 * completion mark (mark.c), because /runtime is out of sight afterwards. What the child of a run
 * does is in compile.c and below.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/cell/serve.h"
#include "inside/cell/start.h"
#include "inside/cell/usage.h"
#include "inside/runtimes/native/compile.h"
#include "inside/runtimes/native/execute.h"
#include "inside/runtimes/native/job.h"

#define MARK_PATH "/runtime/mark.o"
#define MARK_BYTES_MAX (256u * 1024u)
#define WORK_FOLDER "/tmp"

static const char *const areas[] = {WORK_FOLDER, "/dev/shm", NULL};

struct init {
	struct text mark; /* the object file */
	uint64_t address_space_bytes;
};

static void complain(const char *what) __attribute__((noreturn));
static void complain(const char *what)
{
	fprintf(stderr, "assay-init: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void prepare(void *context)
{
	(void)context;
	start_ahead();
}

/* One run. The compiler's standard input is the daemon's /dev/null. */
static void run(void *context, const struct cell_request *request, const int *fds, size_t n_fds)
{
	const struct init *init = context;
	struct job job;
	char *bytes;
	size_t len;
	int program;

	(void)n_fds; /* always CELL_RUN_FDS_PROGRAM */
	start_streams(fds);
	program = start_keep(fds[CELL_FD_PROGRAM]);
	if (program < 0)
		start_fail("cannot keep the program");
	start_confine(request, init->address_space_bytes);
	bytes = start_read_job(fds[CELL_FD_JOB], &len);
	start_close_others();
	if (job_parse(bytes, len, &job) < 0)
		start_fail("the job is malformed");
	if (job.options.role == JOB_ROLE_COMPILER)
		compile_run(&job, init->mark, program);
	execute_run(&job, program);
}

static struct text read_mark(void)
{
	_cleanup_fd_ int fd = open(MARK_PATH, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char *bytes;

	if (fd < 0 || fstat(fd, &status) < 0)
		complain(MARK_PATH);
	bytes = status.st_size <= MARK_BYTES_MAX ? malloc((size_t)status.st_size) : NULL;
	if (bytes == NULL || fd_read_all(fd, bytes, (size_t)status.st_size) != status.st_size)
		complain(MARK_PATH);
	return (struct text){.bytes = bytes, .len = (size_t)status.st_size};
}

/* The first line that the compiler says of itself: "gcc (Debian 12.2.0-14) 12.2.0". */
static void ask_version(char *compiler, char *text, size_t size)
{
	char option[] = "--version";
	char *arguments[] = {compiler, option, NULL};
	int ends[2];
	ssize_t len;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		complain("pipe");
	pid = fork();
	if (pid < 0)
		complain("fork");
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execve(compiler, arguments, environ);
		complain(compiler);
	}
	close(ends[1]);
	len = fd_read_all(ends[0], text, size - 1);
	close(ends[0]); /* the rest is not of interest, and the compiler is used to closed pipes */
	if (waitpid(pid, NULL, 0) < 0 || len <= 0)
		complain(compiler);
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

int main(int argc, char **argv)
{
	char runtime[sizeof(((struct cell_report *)0)->runtime)];
	struct init init = {0};
	const struct serve_setting setting = {
		.prepare = prepare,
		.run = run,
		.context = &init,
		.runtime = runtime,
		.areas = areas,
		.n_descriptors = 1u << CELL_RUN_FDS_PROGRAM,
	};
	struct failure failure = {0};
	int err;

	if (argc < 2) {
		errno = EINVAL;
		complain("usage: assay-init COMPILER");
	}
	init.mark = read_mark();
	ask_version(argv[1], runtime, sizeof(runtime));
	if (chdir(WORK_FOLDER) < 0)
		complain(WORK_FOLDER);
	init.address_space_bytes = usage_address_space();
	err = serve_runs(&setting, &failure);
	errno = -err;
	fprintf(stderr, "assay-init: %s: %s: ", failure.step, failure.detail);
	complain("cannot start");
}
