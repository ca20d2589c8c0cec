/*
 * The clock goes forward and counts nanoseconds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

static void it_never_goes_back(void **state)
{
	uint64_t last_ns = clock_now_ns();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t now_ns = clock_now_ns();

		assert_true(now_ns >= last_ns);
		last_ns = now_ns;
	}
}

static void it_is_the_monotonic_clock_in_nanoseconds(void **state)
{
	uint64_t before_ns = clock_now_ns();
	struct timespec between;
	uint64_t between_ns;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &between);
	between_ns = (uint64_t)between.tv_sec * NS_PER_S + (uint64_t)between.tv_nsec;
	assert_true(before_ns <= between_ns);
	assert_true(between_ns <= clock_now_ns());
	assert_true(NS_PER_S == 1000 * NS_PER_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_never_goes_back),
		cmocka_unit_test(it_is_the_monotonic_clock_in_nanoseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
