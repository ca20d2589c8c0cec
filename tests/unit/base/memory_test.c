/*
 * The xmalloc family: sizes of 0, copies, and the end of the process when memory is out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"

static void a_size_of_0_is_a_block_too(void **state)
{
	/* cppcheck-suppress invalidFunctionArg */
	void *blocks[] = {xmalloc(0), xcalloc(0, 8), xcalloc(8, 0), xrealloc(NULL, 0)};

	(void)state;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		assert_true((uintptr_t)blocks[i] != 0);
		free(blocks[i]);
	}
}

static void copies_are_copies(void **state)
{
	char text[] = "text";
	char *copy = xstrdup(text);
	char *bytes = xmemdup("a\0b", 3);
	char *nothing = xmemdup(NULL, 0);
	unsigned char *zeros = xcalloc(10, 10);

	(void)state;
	text[0] = 'n';
	assert_string_equal(copy, "text");
	assert_memory_equal(bytes, "a\0b\0", 4);
	assert_string_equal(nothing, "");
	for (int i = 0; i < 100; i++)
		assert_int_equal(zeros[i], 0);
	free(copy);
	free(bytes);
	free(nothing);
	free(zeros);
}

static void growing_keeps_what_is_there(void **state)
{
	char *block = xmalloc(3);

	(void)state;
	memcpy(block, "ab", 3);
	block = xrealloc(block, 100000);
	assert_string_equal(block, "ab");
	free(block);
}

static void out_of_memory_ends_the_process(void **state)
{
	volatile size_t too_much = SIZE_MAX / 4;
	pid_t child = fork();
	int status = 0;

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		const struct rlimit no_core = {0, 0};

		setrlimit(RLIMIT_CORE, &no_core);
		close(STDERR_FILENO);
		free(xmalloc(too_much));
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_size_of_0_is_a_block_too),
		cmocka_unit_test(copies_are_copies),
		cmocka_unit_test(growing_keeps_what_is_there),
		cmocka_unit_test(out_of_memory_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
