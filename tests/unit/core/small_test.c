/* core/quota, slot, policy, metrics, outcome, extract: the small ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/extract.h"
#include "core/metrics.h"
#include "core/outcome.h"
#include "core/policy.h"
#include "core/quota.h"
#include "core/slot.h"

static void test_quota(void **state)
{
	struct quota quota = {.max_bytes = 100};

	(void)state;
	assert_int_equal(quota_charge(&quota, 60), 0);
	assert_int_equal(quota_charge(&quota, 41), QUOTA_EXHAUSTED);
	assert_int_equal(quota.used_bytes, 60);
	assert_int_equal(quota_charge(&quota, (size_t)-1), QUOTA_EXHAUSTED);
	assert_int_equal(quota_charge(&quota, 40), 0);
	quota_refund(&quota, 100);
	assert_int_equal(quota.used_bytes, 0);
}

static void test_slot(void **state)
{
	const struct limits limits = {.memory_bytes = 1000, .processes = 4};
	struct slot slot;

	(void)state;
	slot_init(&slot, 3);
	assert_int_equal(slot.index, 3);
	assert_true(slot_needs_limits(&slot, &limits));
	slot.memory_bytes = 1000;
	assert_true(slot_needs_limits(&slot, &limits));
	slot.processes = 4;
	assert_false(slot_needs_limits(&slot, &limits));
	slot_move(&slot, SLOT_STARTING);
	slot_move(&slot, SLOT_IDLE);
	slot_move(&slot, SLOT_RUNNING);
	slot_move(&slot, SLOT_KILLING);
	slot_move(&slot, SLOT_STOPPING);
	slot_move(&slot, SLOT_EMPTY);
	assert_string_equal(slot_state_name(SLOT_KILLING), "killing");
}

static void test_policy(void **state)
{
	static struct policy_table table = {.n_policies = 2};

	(void)state;
	strcpy(table.policies[0].language, "python");
	strcpy(table.policies[1].language, "c");
	assert_int_equal(policy_table_find(&table, "c"), 1);
	assert_int_equal(policy_table_find(&table, "cobol"), -1);
	for (int i = 0; i < LAYER_COUNT; i++)
		assert_int_equal(policy_layer_find(policy_layer_name((enum policy_layer)i)), i);
	assert_int_equal(policy_layer_find("armour"), -1);
	assert_null(policy_layer_name(LAYER_COUNT));
}

static void test_metrics(void **state)
{
	(void)state;
	for (int i = 0; i < METRIC_COUNT; i++) {
		assert_true(strlen(metric_name((enum metric)i)) > 0);
		assert_true(strlen(metric_help((enum metric)i)) > 0);
	}
	assert_string_equal(metric_name(METRIC_runs_started), "runs_started");
}

static void test_counts(void **state)
{
	struct test_record tests[4] = {{.outcome = TEST_PASSED},
				       {.outcome = TEST_ERROR},
				       {.outcome = TEST_FAILED},
				       {.outcome = TEST_NOT_RUN}};
	struct examination examination = {.tests = tests, .n_tests = 4, .is_complete = true};
	struct test_counts counts = examination_count(&examination);

	(void)state;
	assert_int_equal(counts.total, 4);
	assert_int_equal(counts.run, 3);
	assert_int_equal(counts.passed, 1);
	assert_int_equal(counts.failed, 1);
	assert_int_equal(counts.errors, 1);
	assert_ptr_equal(examination_first_failure(&examination), &tests[1]);
	examination.n_tests = 1;
	assert_null(examination_first_failure(&examination));
}

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
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_quota),  cmocka_unit_test(test_slot),
		cmocka_unit_test(test_policy), cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_counts), cmocka_unit_test(test_fences),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
