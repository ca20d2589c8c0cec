/*
 * Putting source files together, in the child that compiles.
 *
 * What the tests include of the library stands before what the candidate declares: so nothing that
 * is declared there (static, inline) can take the place of a function of the library in the tests.
 */
#include "inside/runtimes/native/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/cell/start.h"
#include "inside/runtimes/native/directives.h"

int source_create(const char *name)
{
	int fd;

	unlink(name); /* a file of the candidate's */
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		start_fail("a source file cannot be written");
	return fd;
}

void source_put(int fd, const char *bytes, size_t len)
{
	if (fd_write_all(fd, bytes, len) < 0)
		start_fail("a source file cannot be written");
}

static void put_position(int fd, unsigned int line, const char *name)
{
	if (dprintf(fd, "\n#line %u \"%s\"\n", line, name) < 0)
		start_fail("a source file cannot be written");
}

char *source_read(const char *name, size_t *len)
{
	_cleanup_fd_ int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char *bytes;

	if (fd < 0 || fstat(fd, &status) < 0)
		return NULL;
	bytes = malloc((size_t)status.st_size + 1);
	if (bytes == NULL)
		return NULL;
	if (fd_read_all(fd, bytes, (size_t)status.st_size) != status.st_size) {
		free(bytes);
		return NULL;
	}
	*len = (size_t)status.st_size;
	bytes[*len] = '\0';
	return bytes;
}

void source_write_candidate(const struct job *job)
{
	_cleanup_fd_ int fd = source_create(job->source_name);

	if (job->prompt.len > 0 && job->options.kind != JOB_KIND_STDIO) {
		dprintf(fd, "#line 1 \"prompt\"\n");
		source_put(fd, job->prompt.bytes, job->prompt.len);
		put_position(fd, 1, job->source_name);
	}
	source_put(fd, job->code.bytes, job->code.len);
	source_put(fd, "\n", 1);
}

static void put_directive(int fd, const struct directive *directive)
{
	source_put(fd, directive->bytes, directive->len);
	source_put(fd, "\n", 1);
}

/* The prompt is the task's: what it includes and defines, the tests may use. */
static void put_directives(int fd, struct text prompt)
{
	struct directives directives = {.text = prompt.bytes, .len = prompt.len};
	struct directive directive;

	while (directives_next(&directives, &directive))
		put_directive(fd, &directive);
}

/* Not what stands under a condition: it may be one that does not hold yet. */
static void put_library(int fd, struct text tests, const char *name)
{
	struct directives directives = {.text = tests.bytes, .len = tests.len};
	struct directive directive;
	int depth = 0;

	while (directives_next(&directives, &directive)) {
		depth += directive_nests(&directive);
		if (depth > 0 || !directive_is_about_library(&directive))
			continue;
		put_position(fd, directive.line, name);
		put_directive(fd, &directive);
	}
}

void source_write_tests(const struct job *job, const char *name,
			const struct declarations *declarations)
{
	_cleanup_fd_ int fd = source_create(name);

	put_directives(fd, job->prompt);
	put_library(fd, job->test, name);
	put_position(fd, 1, "declarations");
	source_put(fd, declarations->bytes, declarations->len);
	put_position(fd, 1, name);
	source_put(fd, job->test.bytes, job->test.len);
	source_put(fd, "\n", 1);
}
