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
 *
 * What does not compile is the candidate's fault, unless the tests have an error of their own
 * (blame.c); then they are compiled once more, without the candidate, to see.
 */
#include "inside/runtimes/native/compile.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/cell/records.h"
#include "inside/runtimes/native/blame.h"
#include "inside/runtimes/native/declarations.h"
#include "inside/runtimes/native/execute.h"
#include "inside/runtimes/native/mark.h"
#include "inside/runtimes/native/source.h"
#include "inside/runtimes/native/tool.h"

#define MESSAGES_BYTES_MAX RECORDS_FIELD_MAX
#define COPY_BYTES 65536
#define STUBS_BYTES 16384
#define TESTS_NAME_BYTES (sizeof(MARK_TESTS_NAME) + 16)
#define NM "/usr/bin/nm"
#define OBJCOPY "/usr/bin/objcopy"

/* Files of the work folder. */
#define MESSAGES "messages"
#define MESSAGES_ALONE "messages.tests"
#define CANDIDATE_OBJECT "candidate.o"
#define CANDIDATE_PREPROCESSED "candidate.i"
#define TESTS_OBJECT MARK_TESTS_NAME ".o"
#define TESTS_PREPROCESSED MARK_TESTS_NAME ".i"
#define MARK_OBJECT "mark.o"
#define DEFINED_SYMBOLS "symbols"
#define PROGRAM "program"

/* What came of it. */
enum built {
	BUILT,
	BUILT_NOT,             /* the candidate's fault */
	BUILT_NOT_TESTS,       /* the tests' */
	BUILT_NOT_TESTS_ALONE, /* the tests' with any candidate */
};

/* One run of the compiler. */
struct building {
	const struct job *job;
	int messages;                      /* what all tools have said, one after the other */
	char tests_name[TESTS_NAME_BYTES]; /* of kind program */
};

static struct tool compiler(const struct job *job)
{
	struct tool tool = {.n = 0};

	tool_add_all(&tool, job->compile, job->n_compile);
	return tool;
}

static bool run(const struct building *building, const struct tool *tool)
{
	return tool_run(tool, building->messages, building->messages);
}

/* ---------------------------------------------------------------- the steps */

static enum built build_stdio(const struct building *building)
{
	const struct job *job = building->job;
	struct tool tool = compiler(job);

	tool_add(&tool, job->source_name);
	tool_add(&tool, "-o");
	tool_add(&tool, PROGRAM);
	tool_add_all(&tool, job->link, job->n_link);
	return run(building, &tool) ? BUILT : BUILT_NOT;
}

/* One source file, one step; `options` end with NULL. */
static bool translate_into(const struct building *building, int messages, const char *source,
			   const char *result, const char *const *options)
{
	struct tool tool = compiler(building->job);

	while (*options != NULL)
		tool_add(&tool, *options++);
	tool_add(&tool, source);
	tool_add(&tool, "-o");
	tool_add(&tool, result);
	return tool_run(&tool, messages, messages);
}

static bool translate(const struct building *building, const char *source, const char *result,
		      const char *const *options)
{
	return translate_into(building, building->messages, source, result, options);
}

/* Only what it defines: a weak reference to something in a library would stay without it. */
static bool list_defined_symbols(const struct building *building)
{
	_cleanup_fd_ int fd = source_create(DEFINED_SYMBOLS);
	struct tool tool = {.n = 0};

	tool_add(&tool, NM);
	tool_add(&tool, "--defined-only");
	tool_add(&tool, "--extern-only");
	tool_add(&tool, "--format=just-symbols");
	tool_add(&tool, CANDIDATE_OBJECT);
	/* objcopy refuses an empty list. */
	source_put(fd, "assay_start\n", sizeof("assay_start\n") - 1);
	return tool_run(&tool, fd, building->messages);
}

static void add_renamed(struct tool *tool, const char *change)
{
	tool_add(tool, "--redefine-sym");
	tool_add(tool, change);
}

/* The mark calls the main of the tests by a name that only their object has. */
static bool change_symbols(const struct building *building)
{
	struct tool weaken = {.n = 0};
	struct tool redirect = {.n = 0};

	tool_add(&weaken, OBJCOPY);
	tool_add(&weaken, "--weaken-symbols=" DEFINED_SYMBOLS);
	add_renamed(&weaken, MARK_TESTS_MAIN "=assay_of_the_candidate");
	tool_add(&weaken, CANDIDATE_OBJECT);
	tool_add(&redirect, OBJCOPY);
	add_renamed(&redirect, "main=" MARK_TESTS_MAIN);
	add_renamed(&redirect, "exit=assay_tests_exit");
	add_renamed(&redirect, "abort=assay_tests_abort");
	tool_add(&redirect, TESTS_OBJECT);
	return list_defined_symbols(building) && run(building, &weaken) && run(building, &redirect);
}

/* The libraries come before the candidate, so that what the tests need of them is theirs. */
static bool link_program(const struct building *building)
{
	const struct job *job = building->job;
	struct tool tool = compiler(job);

	tool_add(&tool, "-static");
	tool_add(&tool, "-fno-use-linker-plugin");
	tool_add(&tool, "-Wl,--wrap=__assert_fail,-e,assay_start");
	tool_add(&tool, TESTS_OBJECT);
	tool_add(&tool, MARK_OBJECT);
	tool_add(&tool, "-Wl,--start-group");
	tool_add_all(&tool, job->link, job->n_link);
	tool_add(&tool, "-lgcc");
	tool_add(&tool, "-lgcc_eh");
	tool_add(&tool, "-lc");
	tool_add(&tool, "-Wl,--end-group");
	tool_add(&tool, CANDIDATE_OBJECT);
	tool_add_all(&tool, job->link, job->n_link);
	tool_add(&tool, "-o");
	tool_add(&tool, PROGRAM);
	return run(building, &tool);
}

/* ---------------------------------------------------------------- whose fault it is */

static enum built built_of(enum blame blame)
{
	switch (blame) {
	case BLAME_TESTS:
		return BUILT_NOT_TESTS;
	case BLAME_TESTS_ALONE:
		return BUILT_NOT_TESTS_ALONE;
	case BLAME_CANDIDATE:
		break;
	}
	return BUILT_NOT;
}

/* What the compiler says of the tests with these declarations in place of the candidate's. Freed by
 * the caller; NULL: cannot be had. */
static char *ask_about_tests(const struct building *building,
			     const struct declarations *declarations)
{
	static const char *const options[] = {"-fsyntax-only", "-w", "-fno-diagnostics-show-caret",
					      "-fmax-errors=0", NULL};
	_cleanup_fd_ int fd = source_create(MESSAGES_ALONE);
	size_t len;

	source_write_tests(building->job, building->tests_name, declarations);
	(void)translate_into(building, fd, building->tests_name, TESTS_OBJECT, options);
	return source_read(MESSAGES_ALONE, &len);
}

/* Functions in place of what is missing. false: nothing is. */
static bool write_stubs(const char *messages, char *text, size_t size)
{
	const char *name;
	size_t name_len;
	size_t len = 0;
	size_t at = 0;

	while (len < size && (name_len = blame_next_missing(messages, &at, &name)) > 0)
		len += (size_t)snprintf(text + len, size - len,
					"template <class... T> int %.*s(T &&...);\n", (int)name_len,
					name);
	return len > 0 && len < size;
}

/* The tests do not compile with the candidate's declarations. */
static enum built find_blame(const struct building *building)
{
	static char stubs[STUBS_BYTES];
	const struct declarations none = {.bytes = NULL};
	size_t len;
	char *together = source_read(MESSAGES, &len);
	char *alone;
	bool has_stubs;

	if (together == NULL || blame_misses_name(together))
		return BUILT_NOT;
	alone = ask_about_tests(building, &none);
	has_stubs = alone != NULL && write_stubs(alone, stubs, sizeof(stubs));
	if (has_stubs)
		alone = ask_about_tests(
			building, &(struct declarations){.bytes = stubs, .len = strlen(stubs)});
	/* The process is about to end: nothing is freed. */
	return alone != NULL ? built_of(blame_of(together, alone, has_stubs)) : BUILT_NOT;
}

/* Nothing that is linked has the main of the tests. */
static enum built find_blame_for_main(const struct building *building)
{
	static const char *const options[] = {"-E", "-P", "-w", NULL};
	const struct declarations none = {.bytes = NULL};
	size_t len;
	char *text = source_read(MESSAGES, &len);

	if (text == NULL || strstr(text, MARK_TESTS_MAIN) == NULL)
		return BUILT_NOT;
	source_write_tests(building->job, building->tests_name, &none);
	if (!translate(building, building->tests_name, TESTS_PREPROCESSED, options))
		return BUILT_NOT;
	text = source_read(TESTS_PREPROCESSED, &len);
	if (text == NULL || blame_has_main(text, len))
		return BUILT_NOT;
	/* Instead of what the linker says about names of ours. */
	if (ftruncate(building->messages, 0) < 0 || lseek(building->messages, 0, SEEK_SET) < 0)
		return BUILT_NOT;
	dprintf(building->messages, "the tests have no function main\n");
	return BUILT_NOT_TESTS_ALONE;
}

/* ---------------------------------------------------------------- kind program */

/* With what the candidate declares. */
static bool write_tests(const struct building *building)
{
	struct declarations declarations;
	size_t len = 0;
	char *preprocessed = source_read(CANDIDATE_PREPROCESSED, &len);
	const char *suffix = strrchr(building->job->source_name, '.');
	const bool is_c = suffix != NULL && strcmp(suffix, ".c") == 0;

	if (preprocessed == NULL || declarations_find(preprocessed, len, is_c, &declarations) < 0)
		return false;
	source_write_tests(building->job, building->tests_name, &declarations);
	declarations_free(&declarations);
	free(preprocessed);
	return true;
}

static enum built build_tested(struct building *building, struct text mark)
{
	static const char *const candidate[] = {"-c", "-fno-lto", NULL};
	static const char *const preprocessed[] = {"-E", "-dI", "-w", NULL};
	/* The tests may be hidden: their lines are not quoted. */
	static const char *const tests[] = {"-c", "-fno-lto", "-w", "-fno-diagnostics-show-caret",
					    NULL};
	const char *source_name = building->job->source_name;
	const char *suffix = strrchr(source_name, '.');
	int fd;

	snprintf(building->tests_name, sizeof(building->tests_name), MARK_TESTS_NAME "%s",
		 suffix != NULL ? suffix : "");
	if (!translate(building, source_name, CANDIDATE_OBJECT, candidate) ||
	    !translate(building, source_name, CANDIDATE_PREPROCESSED, preprocessed) ||
	    !write_tests(building))
		return BUILT_NOT;
	if (!translate(building, building->tests_name, TESTS_OBJECT, tests))
		return find_blame(building);
	fd = source_create(MARK_OBJECT);
	source_put(fd, mark.bytes, mark.len);
	close(fd);
	if (!change_symbols(building))
		return BUILT_NOT;
	return link_program(building) ? BUILT : find_blame_for_main(building);
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

/*
 * Of the tests' own fault the state tells whether a candidate can have had a part in it: so before
 * anything of it is loaded, or then.
 */
static void tell_fault(const struct job *job, enum built built, const char *text, size_t len)
{
	static const char nothing[] = "the compiler did not come to its end";
	const bool is_of_tests = built == BUILT_NOT_TESTS || built == BUILT_NOT_TESTS_ALONE;
	const struct records_fault fault = {
		.kind = is_of_tests ? RECORD_FAULT_TESTS : RECORD_FAULT_COMPILE,
		.line = is_of_tests ? 0 : error_line(text, job->source_name),
		.message = {.bytes = len > 0 ? text : nothing,
			    .len = len > 0 ? len : sizeof(nothing) - 1},
	};

	if (built == BUILT_NOT_TESTS)
		records_write_state(RECORD_STATE_LOADING);
	records_write_fault(&fault);
}

void compile_run(const struct job *job, struct text mark, int program)
{
	static char text[MESSAGES_BYTES_MAX + 1];
	struct building building = {.job = job};
	enum built built;
	ssize_t len;

	execute_write_files(job);
	building.messages = source_create(MESSAGES);
	source_write_candidate(job);
	built = job->options.kind == JOB_KIND_STDIO ? build_stdio(&building)
						    : build_tested(&building, mark);
	len = lseek(building.messages, 0, SEEK_SET) == 0
		      ? fd_read_all(building.messages, text, MESSAGES_BYTES_MAX)
		      : 0;
	text[len > 0 ? len : 0] = '\0';
	if (len > 0)
		(void)fd_write_all(STDERR_FILENO, text, (size_t)len);
	if (built == BUILT && hand_out(program))
		records_write_plan(0);
	else
		tell_fault(job, built, text, len > 0 ? (size_t)len : 0);
	records_write_end(0, job->nonce);
	_exit(0);
}
