/* broker/program: what a compiler's run may leave, and that nobody changes it afterwards. */
#include "broker/program.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_BYTES 4096

static const struct slice no_messages = {0};

/* A program that holds `bytes`, as a cell leaves it. */
static struct program *fill(const char *bytes, size_t len)
{
	struct program *program = program_new();

	assert_non_null(program);
	assert_int_equal(write(program_descriptor(program), bytes, len), (ssize_t)len);
	return program;
}

static void test_an_executable_is_sealed(void **state)
{
	static const char warning[] = "candidate.c:1: warning";
	const struct slice messages = {.bytes = (const uint8_t *)warning, .len = strlen(warning)};
	struct program *program = fill("\177ELF and more", 13);
	struct slice kept;

	(void)state;
	assert_int_equal(program_finish(program, MAX_BYTES, messages), 0);
	assert_int_equal(pwrite(program_descriptor(program), "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(program_descriptor(program), 0), -1);
	kept = program_messages(program);
	assert_int_equal(kept.len, strlen(warning));
	assert_memory_equal(kept.bytes, warning, kept.len);
	program_free(program);
}

static void test_what_is_none(void **state)
{
	static char large[MAX_BYTES + 1] = "\177ELF";
	struct program *programs[] = {fill("", 0), fill("#!/bin/sh\n", 10), fill("\177EL", 3),
				      fill(large, sizeof(large))};
	const int errors[] = {-ENOEXEC, -ENOEXEC, -ENOEXEC, -EFBIG};

	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		assert_int_equal(program_finish(programs[i], MAX_BYTES, no_messages), errors[i]);
		program_free(programs[i]);
	}
}

static void test_none(void **state)
{
	(void)state;
	program_free(NULL);
	assert_int_equal(program_messages(NULL).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_executable_is_sealed),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
