/* pass@k against fractions worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/suite/pass_at_k.h"

static void assert_near(double actual, double expected)
{
	if (fabs(actual - expected) > 1e-12)
		fail_msg("%.17g is not %.17g", actual, expected);
}

static void k_of_one_is_the_share_that_passed(void **state)
{
	(void)state;
	assert_near(pass_at_k(4, 1, 1), 1.0 / 4);
	assert_near(pass_at_k(7, 3, 1), 3.0 / 7);
	assert_near(pass_at_k(200, 199, 1), 199.0 / 200);
}

static void draws_are_without_replacement(void **state)
{
	(void)state;
	/* 1 - C(3,2)/C(5,2) = 1 - 3/10 */
	assert_near(pass_at_k(5, 2, 2), 7.0 / 10);
	/* 1 - C(4,3)/C(6,3) = 1 - 4/20 */
	assert_near(pass_at_k(6, 2, 3), 4.0 / 5);
	/* 1 - C(8,5)/C(10,5) = 1 - 56/252 */
	assert_near(pass_at_k(10, 2, 5), 7.0 / 9);
	/* 1 - C(99,10)/C(100,10) = 10/100 */
	assert_near(pass_at_k(100, 1, 10), 1.0 / 10);
}

static void the_ends_are_exact(void **state)
{
	(void)state;
	assert_true(pass_at_k(5, 0, 1) == 0.0);
	assert_true(pass_at_k(5, 0, 5) == 0.0);
	assert_true(pass_at_k(5, 5, 1) == 1.0);
	assert_true(pass_at_k(5, 3, 3) == 1.0); /* two wrong ones cannot fill three draws */
	assert_true(pass_at_k(1, 1, 1) == 1.0);
	assert_true(pass_at_k(100000, 0, 100) == 0.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(k_of_one_is_the_share_that_passed),
		cmocka_unit_test(draws_are_without_replacement),
		cmocka_unit_test(the_ends_are_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
