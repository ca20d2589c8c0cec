/*
 * A failure fits its fields whatever it is filled with.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static void fields_are_filled(void **state)
{
	struct failure failure;

	(void)state;
	failure_set(&failure, "mounts", EPERM, "bind %s on %d", "/usr", 3);
	assert_string_equal(failure.step, "mounts");
	assert_int_equal(failure.error, EPERM);
	assert_string_equal(failure.detail, "bind /usr on 3");
}

static void long_texts_are_cut_and_terminated(void **state)
{
	struct failure failure;
	char text[500];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	failure_set(&failure, text, 1, "%s", text);
	assert_int_equal(strlen(failure.step), sizeof(failure.step) - 1);
	assert_int_equal(strlen(failure.detail), sizeof(failure.detail) - 1);
}

/* It travels between processes as raw memory. */
static void nothing_of_before_remains(void **state)
{
	struct failure failure;
	const char *detail_end = failure.detail + sizeof(failure.detail);

	(void)state;
	memset(&failure, 'z', sizeof(failure));
	failure_set(&failure, "a", 0, "b");
	for (const char *at = failure.step + 1; at < failure.step + sizeof(failure.step); at++)
		assert_int_equal(*at, 0);
	for (const char *at = failure.detail + 1; at < detail_end; at++)
		assert_int_equal(*at, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_filled),
		cmocka_unit_test(long_texts_are_cut_and_terminated),
		cmocka_unit_test(nothing_of_before_remains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
