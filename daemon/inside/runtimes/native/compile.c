/*
 * One run of the compiler, in the cell of the candidate: it reads hostile bytes, and what it can
 * read beside them is in the cell. Every tool is a child of this process, which only waits; nothing
 * that was compiled is executed here.
 *
 * Of kind stdio the code is the program. Of kind `program` the tests are a source file of their
 * own, so macros of the candidate do not reach them, and what it declares comes to them as
 * declarations (declarations.c). What the candidate's object defines is made weak and the object is
 * linked last, statically: whatever it defines that the tests, the C library or the mark define,
 * too (main, __assert_fail, a specialisation of std::operator==), is not used by these.
 */
#include "inside/runtimes/native/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/cell/records.h"
#include "inside/cell/start.h"
#include "inside/runtimes/native/declarations.h"
#include "inside/runtimes/native/execute.h"
#include "inside/runtimes/native/mark.h"

#define ARGUMENTS_MAX 64
#define MESSAGES_BYTES_MAX RECORDS_FIELD_MAX
#define COPY_BYTES 65536
#define NM "/usr/bin/nm"
#define OBJCOPY "/usr/bin/objcopy"

/* Files of the work folder. */
#define CANDIDATE_OBJECT "candidate.o"
#define CANDIDATE_PREPROCESSED "candidate.i"
#define TESTS_OBJECT MARK_TESTS_NAME ".o"
#define MARK_OBJECT "mark.o"
#define DEFINED_SYMBOLS "symbols"
#define PROGRAM "program"

struct command {
	char *arguments[ARGUMENTS_MAX + 1];
	size_t n;
};

/* What all tools have said, one after the other. */
struct messages {
	int fd;
};

static void add(struct command *command, const char *argument)
{
	if (command->n == ARGUMENTS_MAX)
		start_fail("the command is too long");
	command->arguments[command->n++] = (char *)argument; /* execve(2) does not write */
}

static void add_all(struct command *command, char *const *arguments, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(command, arguments[i]);
}

static struct command compiler(const struct job *job)
{
	struct command command = {.n = 0};

	add_all(&command, job->compile, job->n_compile);
	return command;
}

/* Whether the tool ended well. What it prints goes to `output`, what it complains of to the
 * messages. */
static bool run_tool_into(const struct messages *messages, const struct command *command,
			  int output)
{
	int status = -1;
	pid_t pid = fork();

	if (pid < 0)
		return false;
	if (pid == 0) {
		dup2(output, STDOUT_FILENO);
		dup2(messages->fd, STDERR_FILENO);
		execve(command->arguments[0], command->arguments, environ);
		dprintf(STDERR_FILENO, "%s: %s\n", command->arguments[0], strerror(errno));
		_exit(START_EXIT_HARNESS);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

static bool run_tool(const struct messages *messages, const struct command *command)
{
	return run_tool_into(messages, command, messages->fd);
}

/* ---------------------------------------------------------------- source files */

static int create(const char *name)
{
	int fd;

	unlink(name); /* a file of the candidate's */
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		start_fail("a source file cannot be written");
	return fd;
}

static void put(int fd, const char *bytes, size_t len)
{
	if (fd_write_all(fd, bytes, len) < 0)
		start_fail("a source file cannot be written");
}

static void put_line_directive(int fd, const char *name)
{
	if (dprintf(fd, "\n#line 1 \"%s\"\n", name) < 0)
		start_fail("a source file cannot be written");
}

/* Positions count from the beginning of the code, not of the prompt. */
static void write_candidate(const struct job *job)
{
	_cleanup_fd_ int fd = create(job->source_name);

	if (job->prompt.len > 0 && job->options.kind != JOB_KIND_STDIO) {
		dprintf(fd, "#line 1 \"prompt\"\n");
		put(fd, job->prompt.bytes, job->prompt.len);
		put_line_directive(fd, job->source_name);
	}
	put(fd, job->code.bytes, job->code.len);
	put(fd, "\n", 1);
}

/* The prompt is the task's: what it includes and defines, the tests may use. */
static void put_directives(int fd, struct text prompt)
{
	bool goes_on = false;

	for (size_t at = 0; at < prompt.len;) {
		const char *line = prompt.bytes + at;
		const char *end = memchr(line, '\n', prompt.len - at);
		size_t len = end != NULL ? (size_t)(end - line) : prompt.len - at;
		size_t blank = 0;

		at += len + 1;
		while (blank < len && (line[blank] == ' ' || line[blank] == '\t'))
			blank++;
		if (!goes_on && (blank == len || line[blank] != '#'))
			continue;
		put(fd, line, len);
		put(fd, "\n", 1);
		goes_on = len > 0 && line[len - 1] == '\\';
	}
}

static char *read_whole(const char *name, size_t *len)
{
	_cleanup_fd_ int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char *bytes;

	if (fd < 0 || fstat(fd, &status) < 0)
		return NULL;
	bytes = malloc((size_t)status.st_size + 1);
	if (bytes != NULL && fd_read_all(fd, bytes, (size_t)status.st_size) != status.st_size) {
		free(bytes);
		return NULL;
	}
	*len = (size_t)status.st_size;
	return bytes;
}

static bool write_tests(const struct job *job, const char *name)
{
	_cleanup_fd_ int fd = create(name);
	struct declarations declarations;
	size_t len = 0;
	char *preprocessed = read_whole(CANDIDATE_PREPROCESSED, &len);

	if (preprocessed == NULL || declarations_find(preprocessed, len, &declarations) < 0)
		return false;
	put_directives(fd, job->prompt);
	put_line_directive(fd, "declarations");
	put(fd, declarations.bytes, declarations.len);
	put_line_directive(fd, name);
	put(fd, job->test.bytes, job->test.len);
	put(fd, "\n", 1);
	declarations_free(&declarations);
	free(preprocessed);
	return true;
}

/* ---------------------------------------------------------------- the steps */

static bool build_stdio(const struct job *job, const struct messages *messages)
{
	struct command command = compiler(job);

	add(&command, job->source_name);
	add(&command, "-o");
	add(&command, PROGRAM);
	add_all(&command, job->link, job->n_link);
	return run_tool(messages, &command);
}

/* One source file, one step; `options` end with NULL. */
static bool translate(const struct job *job, const struct messages *messages, const char *source,
		      const char *result, const char *const *options)
{
	struct command command = compiler(job);

	while (*options != NULL)
		add(&command, *options++);
	add(&command, source);
	add(&command, "-o");
	add(&command, result);
	return run_tool(messages, &command);
}

/* Only what it defines: a weak reference to something in a library would stay without it. */
static bool list_defined_symbols(const struct messages *messages)
{
	_cleanup_fd_ int fd = create(DEFINED_SYMBOLS);
	struct command command = {.n = 0};

	add(&command, NM);
	add(&command, "--defined-only");
	add(&command, "--extern-only");
	add(&command, "--format=just-symbols");
	add(&command, CANDIDATE_OBJECT);
	put(fd, "assay_start\n", sizeof("assay_start\n") - 1); /* objcopy refuses an empty list */
	return run_tool_into(messages, &command, fd);
}

static bool change_symbols(const struct messages *messages)
{
	struct command weaken = {.n = 0};
	struct command redirect = {.n = 0};

	add(&weaken, OBJCOPY);
	add(&weaken, "--weaken-symbols=" DEFINED_SYMBOLS);
	add(&weaken, CANDIDATE_OBJECT);
	add(&redirect, OBJCOPY);
	add(&redirect, "--redefine-sym");
	add(&redirect, "exit=assay_tests_exit");
	add(&redirect, "--redefine-sym");
	add(&redirect, "abort=assay_tests_abort");
	add(&redirect, TESTS_OBJECT);
	return list_defined_symbols(messages) && run_tool(messages, &weaken) &&
	       run_tool(messages, &redirect);
}

/* The libraries come before the candidate, so that what the tests need of them is theirs. */
static bool link_program(const struct job *job, const struct messages *messages)
{
	struct command command = compiler(job);

	add(&command, "-static");
	add(&command, "-fno-use-linker-plugin");
	add(&command, "-Wl,--wrap=main,--wrap=__assert_fail,-e,assay_start");
	add(&command, TESTS_OBJECT);
	add(&command, MARK_OBJECT);
	add(&command, "-Wl,--start-group");
	add_all(&command, job->link, job->n_link);
	add(&command, "-lgcc");
	add(&command, "-lgcc_eh");
	add(&command, "-lc");
	add(&command, "-Wl,--end-group");
	add(&command, CANDIDATE_OBJECT);
	add_all(&command, job->link, job->n_link);
	add(&command, "-o");
	add(&command, PROGRAM);
	return run_tool(messages, &command);
}

static bool build_tested(const struct job *job, const struct messages *messages, struct text mark)
{
	static const char *const candidate[] = {"-c", "-fno-lto", NULL};
	static const char *const preprocessed[] = {"-E", "-dI", "-w", NULL};
	/* The tests may be hidden: their lines are not quoted. */
	static const char *const tests[] = {"-c", "-fno-lto", "-w", "-fno-diagnostics-show-caret",
					    NULL};
	const char *suffix = strrchr(job->source_name, '.');
	char tests_name[sizeof(MARK_TESTS_NAME) + 16];
	int fd;

	snprintf(tests_name, sizeof(tests_name), MARK_TESTS_NAME "%s",
		 suffix != NULL ? suffix : "");
	if (!translate(job, messages, job->source_name, CANDIDATE_OBJECT, candidate) ||
	    !translate(job, messages, job->source_name, CANDIDATE_PREPROCESSED, preprocessed) ||
	    !write_tests(job, tests_name) ||
	    !translate(job, messages, tests_name, TESTS_OBJECT, tests))
		return false;
	fd = create(MARK_OBJECT);
	put(fd, mark.bytes, mark.len);
	close(fd);
	return change_symbols(messages) && link_program(job, messages);
}

/* ---------------------------------------------------------------- what came of it */

static bool hand_out(int program)
{
	static char buffer[COPY_BYTES];
	_cleanup_fd_ int fd = open(PROGRAM, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		if (fd_write_all(program, buffer, (size_t)n) < 0)
			return false;
	return n == 0;
}

/* The line of the first error in the code; 0: none is said. */
static uint32_t error_line(const char *text, const char *source_name)
{
	size_t name_len = strlen(source_name);

	while (text != NULL && *text != '\0') {
		const char *end = strchr(text, '\n');
		const char *error = strstr(text, "error: ");

		if (error == NULL)
			return 0;
		if (strncmp(text, source_name, name_len) == 0 && text[name_len] == ':' &&
		    (end == NULL || error < end))
			return (uint32_t)strtoul(text + name_len + 1, NULL, 10);
		text = end != NULL ? end + 1 : NULL;
	}
	return 0;
}

static void tell_fault(const struct job *job, const char *text, size_t len)
{
	static const char nothing[] = "the compiler did not come to its end";
	const struct records_fault fault = {
		.kind = RECORD_FAULT_COMPILE,
		.line = error_line(text, job->source_name),
		.message = {.bytes = len > 0 ? text : nothing,
			    .len = len > 0 ? len : sizeof(nothing) - 1},
	};

	records_write_fault(&fault);
}

void compile_run(const struct job *job, struct text mark, int program)
{
	static char text[MESSAGES_BYTES_MAX + 1];
	struct messages messages;
	ssize_t len;
	bool is_built;

	execute_write_files(job);
	messages.fd = create("messages");
	write_candidate(job);
	is_built = job->options.kind == JOB_KIND_STDIO ? build_stdio(job, &messages)
						       : build_tested(job, &messages, mark);
	len = lseek(messages.fd, 0, SEEK_SET) == 0
		      ? fd_read_all(messages.fd, text, MESSAGES_BYTES_MAX)
		      : 0;
	text[len > 0 ? len : 0] = '\0';
	if (len > 0)
		(void)fd_write_all(STDERR_FILENO, text, (size_t)len);
	if (is_built && hand_out(program))
		records_write_plan(0);
	else
		tell_fault(job, text, len > 0 ? (size_t)len : 0);
	records_write_end(0, job->nonce);
	_exit(0);
}
