/* core/extract: fenced blocks. */
#include "core/extract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void check_fence(const char *text, const char *expected)
{
	struct slice found = extract_last_fence(
		(struct slice){.bytes = (const uint8_t *)text, .len = strlen(text)});

	assert_int_equal(found.len, strlen(expected));
	assert_memory_equal(found.bytes, expected, found.len);
}

static void test_fences(void **state)
{
	(void)state;
	check_fence("x = 1\n", "x = 1\n");
	check_fence("Here:\n```python\nx = 1\n```\nDone.", "x = 1\n");
	check_fence("```\na\n```\n~~~\nb\n~~~\n", "b\n");
	check_fence("````\n```\nb\n````\n", "```\nb\n");
	check_fence("```python\nnever closed\n", "```python\nnever closed\n");
	check_fence("```\na\n```\n```\nopen", "a\n");
	check_fence("```\n```", "");
	check_fence("", "");
	check_fence("```code``` in a line\nx = 1\n", "```code``` in a line\nx = 1\n");
	check_fence("```print(1)``` or\n```\ny\n```\n", "y\n");
	check_fence("~~~ a`b\nx\n~~~\n", "x\n");
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_fences),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
