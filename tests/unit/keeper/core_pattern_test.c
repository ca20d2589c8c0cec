/* Which limit goes with which kernel.core_pattern. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdint.h>

#include "keeper/core_pattern.h"

static void test_files(void **state)
{
	(void)state;
	assert_int_equal(core_pattern_limit("core\n"), 0);
	assert_int_equal(core_pattern_limit("/var/crash/%e|%p\n"), 0);
	assert_int_equal(core_pattern_limit(""), 0);
}

static void test_programs_and_sockets(void **state)
{
	(void)state;
	assert_int_equal(core_pattern_limit("|/usr/share/apport/apport -p%p\n"), 1);
	assert_int_equal(core_pattern_limit("@/run/coredump.socket\n"), 1);
	assert_int_equal(core_pattern_limit("@@/run/coredump.socket\n"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_programs_and_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
