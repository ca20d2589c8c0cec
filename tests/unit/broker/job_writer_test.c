/* broker/job_writer: the sections that a child will read. */
#include "broker/job_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/case.h"

#define SECTIONS_MAX 32

static const uint8_t nonce[JOB_NONCE_BYTES] = "fedcba9876543210";

struct section {
	uint32_t tag;
	uint32_t len;
	const uint8_t *bytes;
};

static uint8_t bytes[65536];
static struct section sections[SECTIONS_MAX];
static size_t n_sections;

static struct slice slice(const char *text)
{
	return (struct slice){.bytes = (const uint8_t *)text, .len = strlen(text)};
}

/* Reads it back in the way of wire.h: tag, length, bytes, to the end without a rest. */
static void write_and_parse(const struct job *job, enum job_role role)
{
	int fd = job_write(job, role, nonce);
	size_t at = 0;
	ssize_t len;

	assert_true(fd >= 0);
	len = read(fd, bytes, sizeof(bytes));
	assert_true(len > 0);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(errno, EPERM); /* sealed */
	assert_true((fcntl(fd, F_GET_SEALS) & (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)) ==
		    (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK));
	close(fd);
	for (n_sections = 0; at < (size_t)len; n_sections++) {
		struct section *section = &sections[n_sections];

		assert_true(n_sections < SECTIONS_MAX && (size_t)len - at >= 8);
		memcpy(&section->tag, bytes + at, 4);
		memcpy(&section->len, bytes + at + 4, 4);
		at += 8;
		assert_true(section->len <= (size_t)len - at);
		section->bytes = bytes + at;
		at += section->len;
	}
}

static void expect(size_t index, enum job_tag tag, const char *text)
{
	assert_true(index < n_sections);
	assert_int_equal(sections[index].tag, tag);
	assert_int_equal(sections[index].len, strlen(text));
	assert_memory_equal(sections[index].bytes, text, strlen(text));
}

static void test_everything(void **state)
{
	struct slice tests[] = {slice("assert f(1) == 2"), slice(""), slice("assert f(2)")};
	struct job_file files[] = {{.name = "a.txt", .content = slice("one")},
				   {.name = "empty", .content = {0}}};
	struct batch batch = {.task = {.kind = TASK_ASSERTS,
				       .prompt = slice("import math\n"),
				       .entry_point = slice("f"),
				       .setup = slice("x = 1"),
				       .module = slice("solution"),
				       .tests = tests,
				       .n_tests = 3,
				       .stops_at_first_failure = true}};
	struct job job = {.batch = &batch, .code = slice("def f(x): pass"), .files = files};
	struct job_options options;

	(void)state;
	job.n_files = 2;
	write_and_parse(&job, JOB_ROLE_SHARED);
	assert_int_equal(n_sections, 14);
	assert_int_equal(sections[0].tag, JOB_NONCE);
	assert_int_equal(sections[0].len, JOB_NONCE_BYTES);
	assert_memory_equal(sections[0].bytes, nonce, JOB_NONCE_BYTES);
	assert_int_equal(sections[1].tag, JOB_OPTIONS);
	assert_int_equal(sections[1].len, sizeof(options));
	memcpy(&options, sections[1].bytes, sizeof(options));
	assert_int_equal(options.kind, JOB_KIND_ASSERTS);
	assert_int_equal(options.stop_first_failure, 1);
	assert_true(options.value_bytes > 0);
	expect(2, JOB_PROMPT, "import math\n");
	expect(3, JOB_ENTRY_POINT, "f");
	expect(4, JOB_MODULE, "solution");
	expect(5, JOB_SETUP, "x = 1");
	expect(6, JOB_TEST, "assert f(1) == 2");
	expect(7, JOB_TEST, ""); /* keeps its number */
	expect(8, JOB_TEST, "assert f(2)");
	expect(9, JOB_CODE, "def f(x): pass");
	expect(10, JOB_FILE_NAME, "a.txt");
	expect(11, JOB_FILE_CONTENT, "one");
	expect(12, JOB_FILE_NAME, "empty");
	expect(13, JOB_FILE_CONTENT, "");
}

/* What is not there has no section; the code always has one. */
static void test_least(void **state)
{
	struct slice test = slice("assert True");
	struct batch batch = {.task = {.kind = TASK_PROGRAM, .tests = &test, .n_tests = 1}};
	struct job job = {.batch = &batch};

	(void)state;
	write_and_parse(&job, JOB_ROLE_SHARED);
	assert_int_equal(n_sections, 4);
	expect(2, JOB_TEST, "assert True");
	expect(3, JOB_CODE, "");
}

static bool has_section(enum job_tag tag)
{
	for (size_t i = 0; i < n_sections; i++)
		if (sections[i].tag == tag)
			return true;
	return false;
}

/* Of a split run neither side gets what is the other's. */
static void test_roles(void **state)
{
	struct slice test = slice("assert f(1) == 2");
	struct job_file file = {.name = "a.txt", .content = slice("one")};
	struct batch batch = {
		.task = {.kind = TASK_ASSERTS,
			 .entry_point = slice("f"),
			 .setup = slice("import math\nx = 41\r\nfrom os import path\r\n"
					"from os import (sep,\n  linesep)\nimport re"),
			 .tests = &test,
			 .n_tests = 1}};
	struct job job = {.batch = &batch, .code = slice("def f(x): 1"), .files = &file};

	(void)state;
	job.n_files = 1;
	write_and_parse(&job, JOB_ROLE_EXAMINER);
	assert_true(has_section(JOB_NONCE) && has_section(JOB_TEST) && has_section(JOB_SETUP));
	assert_true(has_section(JOB_ENTRY_POINT));
	assert_false(has_section(JOB_CODE) || has_section(JOB_FILE_CONTENT));
	write_and_parse(&job, JOB_ROLE_EXAMINEE);
	assert_true(has_section(JOB_CODE) && has_section(JOB_FILE_CONTENT));
	assert_false(has_section(JOB_NONCE) || has_section(JOB_TEST));
	expect(2, JOB_SETUP, "import math\nfrom os import path\nimport re\n");
}

/* Of stdio the cell gets the code and what the present case reads: no expected output, no other
 * case. */
static void test_stdio(void **state)
{
	struct slice inputs[] = {slice("first in"), slice("second in"), slice("")};
	struct stdio_case cases[] = {{.expected = slice("first out")},
				     {.expected = slice("second out")},
				     {.expected = slice("third out")}};
	struct stdio_tests tests = {.cases = cases};
	struct batch batch = {.task = {.kind = TASK_STDIO,
				       .prompt = slice("Print it."),
				       .tests = inputs,
				       .n_tests = 3,
				       .stdio = &tests}};
	struct job job = {.batch = &batch, .code = slice("print()"), .next_case = 1};

	(void)state;
	write_and_parse(&job, JOB_ROLE_SHARED);
	assert_int_equal(n_sections, 4);
	expect(2, JOB_STDIN, "second in");
	expect(3, JOB_CODE, "print()");
	job.next_case = 2;
	write_and_parse(&job, JOB_ROLE_SHARED);
	assert_int_equal(n_sections, 3);
	expect(2, JOB_CODE, "print()");
}

/* Expected values and the comparator are the examiner's. */
static void test_calls(void **state)
{
	struct slice tests[] = {slice("[1]"), slice(""), slice("2")};
	struct batch batch = {.task = {.kind = TASK_CALLS,
				       .entry_point = slice("f"),
				       .tests = tests,
				       .n_tests = 3,
				       .limits = {.test_ms = 77},
				       .comparator = "float",
				       .comparator_text = "float 0.5 1"}};
	struct job job = {.batch = &batch, .code = slice("def f(x): 1")};
	struct job_options options;

	(void)state;
	write_and_parse(&job, JOB_ROLE_EXAMINER);
	assert_int_equal(n_sections, 7);
	memcpy(&options, sections[1].bytes, sizeof(options));
	assert_int_equal(options.test_ms, 77);
	expect(3, JOB_COMPARATOR, "float 0.5 1");
	expect(4, JOB_TEST, "[1]");
	expect(5, JOB_TEST, ""); /* keeps its place */
	expect(6, JOB_TEST, "2");
	write_and_parse(&job, JOB_ROLE_EXAMINEE);
	assert_false(has_section(JOB_COMPARATOR) || has_section(JOB_TEST));
}

static void test_kinds_agree(void **state)
{
	(void)state;
	assert_int_equal(TASK_CHECK, JOB_KIND_CHECK);
	assert_int_equal(TASK_ASSERTS, JOB_KIND_ASSERTS);
	assert_int_equal(TASK_PROGRAM, JOB_KIND_PROGRAM);
	assert_int_equal(TASK_STDIO, JOB_KIND_STDIO);
	assert_int_equal(TASK_CALLS, JOB_KIND_CALLS);
}

static void test_sources_and_program(void **state)
{
	static const struct policy policy = {
		.source = "candidate.c",
		.compile = {"/usr/bin/gcc", "-O2"},
		.n_compile = 2,
		.link = {"-lm"},
		.n_link = 1,
	};
	struct slice tests[] = {slice("int main(void) { return f(); }")};
	struct job_file files[] = {{.name = "own.h", .content = slice("int x;")}};
	struct batch batch = {.task = {.kind = TASK_PROGRAM,
				       .compiler = &policy,
				       .prompt = slice("#include <math.h>"),
				       .tests = tests,
				       .n_tests = 1}};
	struct job job = {.batch = &batch,
			  .code = slice("int f(void) { return 0; }"),
			  .files = files,
			  .n_files = 1};

	(void)state;
	write_and_parse(&job, JOB_ROLE_COMPILER);
	assert_int_equal(n_sections, 11);
	expect(2, JOB_SOURCE_NAME, "candidate.c");
	expect(3, JOB_COMPILE, "/usr/bin/gcc");
	expect(4, JOB_COMPILE, "-O2");
	expect(5, JOB_LINK, "-lm");
	expect(6, JOB_PROMPT, "#include <math.h>");
	expect(7, JOB_TEST, "int main(void) { return f(); }");
	expect(8, JOB_CODE, "int f(void) { return 0; }");
	expect(9, JOB_FILE_NAME, "own.h");
	/* What runs is the program: neither code nor tests are in the cell. */
	job.is_compiled = true;
	write_and_parse(&job, JOB_ROLE_SHARED);
	assert_int_equal(n_sections, 4);
	expect(2, JOB_FILE_NAME, "own.h");
	expect(3, JOB_FILE_CONTENT, "int x;");
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_everything),  cmocka_unit_test(test_sources_and_program),
		cmocka_unit_test(test_least),       cmocka_unit_test(test_roles),
		cmocka_unit_test(test_stdio),       cmocka_unit_test(test_calls),
		cmocka_unit_test(test_kinds_agree),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
