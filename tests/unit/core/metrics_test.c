/* core/metrics: every counter has a name and a help text. */
#include "core/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_metrics(void **state)
{
	(void)state;
	for (int i = 0; i < METRIC_COUNT; i++) {
		assert_true(strlen(metric_name((enum metric)i)) > 0);
		assert_true(strlen(metric_help((enum metric)i)) > 0);
	}
	assert_string_equal(metric_name(METRIC_runs_started), "runs_started");
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_metrics),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
