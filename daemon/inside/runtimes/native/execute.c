/*
 * From the child of pid 1 to the candidate's program. The program comes as a memory file that the
 * broker has sealed, so it is the one that was compiled, whatever was run of it before.
 *
 * Of kind stdio nothing of ours stays in the process. Of kind `program` the completion mark
 * (mark.c) gets the records and a pipe that holds the nonce; nothing else holds it when exec is
 * done.
 */
#include "inside/runtimes/native/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/cell/records.h"
#include "inside/cell/start.h"
#include "inside/runtimes/native/mark.h"

/* As of a shell that cannot execute a program. */
#define EXIT_NOT_EXECUTABLE 126

static void write_file(const struct text *name, const struct text *content)
{
	_cleanup_fd_ int fd = -1;
	char path[NAME_MAX + 1];

	if (name->len > NAME_MAX)
		start_fail("the name of a file is too long");
	memcpy(path, name->bytes, name->len);
	path[name->len] = '\0';
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || fd_write_all(fd, content->bytes, content->len) < 0)
		start_fail("a file of the candidate cannot be written");
}

void execute_write_files(const struct job *job)
{
	for (size_t i = 0; i < job->n_files; i++)
		write_file(&job->file_names[i], &job->file_contents[i]);
}

static void hand_over_mark(const struct job *job)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 ||
	    fd_write_all(ends[1], job->nonce, sizeof(job->nonce)) < 0 ||
	    dup2(ends[0], MARK_FD_NONCE) < 0 || dup2(records_descriptor(), MARK_FD_RECORDS) < 0)
		start_fail("cannot hand over the completion mark");
	close(ends[0]);
	close(ends[1]);
}

void execute_run(const struct job *job, int program)
{
	char name[] = "candidate";
	char *arguments[] = {name, NULL};

	execute_write_files(job);
	if (job->options.kind == JOB_KIND_STDIO)
		start_input(job->input.bytes, job->input.len);
	else
		hand_over_mark(job);
	syscall(SYS_execveat, program, "", arguments, environ, AT_EMPTY_PATH);
	/* What the linker was made to write is no program: the candidate's doing. */
	dprintf(STDERR_FILENO, "the program cannot be executed: %s\n", strerror(errno));
	_exit(EXIT_NOT_EXECUTABLE);
}
