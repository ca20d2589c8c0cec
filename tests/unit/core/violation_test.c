/* core/violation: counting refused system calls, and naming them. */
#include "core/violation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/syscall.h>

#include <cmocka.h>

static void test_counts_by_number(void **state)
{
	struct violations violations = {0};

	(void)state;
	violations_add(&violations, SYS_socket, 2);
	violations_add(&violations, SYS_mount, 1);
	violations_add(&violations, SYS_socket, 3);
	violations_add(&violations, SYS_bpf, 0);
	assert_int_equal(violations.n_calls, 2);
	assert_int_equal(violations.calls[0].number, SYS_socket);
	assert_int_equal(violations.calls[0].count, 5);
	assert_int_equal(violations.calls[1].count, 1);
	assert_int_equal(violations.others, 0);
}

static void test_what_has_no_place_is_counted_with_others(void **state)
{
	struct violations violations = {0};

	(void)state;
	for (uint32_t i = 0; i < VIOLATIONS_MAX + 3; i++)
		violations_add(&violations, 1000 + i, 2);
	violations_add(&violations, 1000, 1);
	assert_int_equal(violations.n_calls, VIOLATIONS_MAX);
	assert_int_equal(violations.calls[0].count, 3);
	assert_int_equal(violations.others, 6);
}

static void test_sums_end_at_the_highest_number(void **state)
{
	struct violations violations = {0};

	(void)state;
	violations_add(&violations, SYS_socket, UINT32_MAX);
	violations_add(&violations, SYS_socket, 7);
	violations_add_others(&violations, UINT32_MAX - 1);
	violations_add_others(&violations, 7);
	assert_int_equal(violations.calls[0].count, UINT32_MAX);
	assert_int_equal(violations.others, UINT32_MAX);
}

static void test_merges_runs(void **state)
{
	struct violations all = {0};
	struct violations one = {0};

	(void)state;
	violations_add(&all, SYS_socket, 1);
	violations_add(&one, SYS_mount, 2);
	violations_add(&one, SYS_socket, 4);
	violations_add_others(&one, 1);
	violations_merge(&all, &one);
	assert_int_equal(all.n_calls, 2);
	assert_int_equal(all.calls[0].count, 5);
	assert_int_equal(all.calls[1].number, SYS_mount);
	assert_int_equal(all.others, 1);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(violation_name(SYS_socket), "socket");
	assert_string_equal(violation_name(SYS_io_uring_setup), "io_uring_setup");
	assert_string_equal(violation_name(5000), "other");
	assert_string_equal(violation_name(UINT32_MAX), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_by_number),
		cmocka_unit_test(test_what_has_no_place_is_counted_with_others),
		cmocka_unit_test(test_sums_end_at_the_highest_number),
		cmocka_unit_test(test_merges_runs),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
