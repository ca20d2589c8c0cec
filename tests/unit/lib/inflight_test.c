/*
 * Requests in flight: numbering, and the window under answers in any order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/lib/inflight.h"

static uint64_t open_one(struct inflight *inflight, enum inflight_kind kind)
{
	assert_int_equal(inflight_reserve(inflight), 0);
	return inflight_open(inflight, kind);
}

static void numbers_count_up_from_one(void **state)
{
	struct inflight inflight = {0};

	(void)state;
	assert_int_equal(inflight_next_id(&inflight), 1);
	assert_int_equal(open_one(&inflight, INFLIGHT_EVALUATE), 1);
	assert_int_equal(open_one(&inflight, INFLIGHT_NONE), 2);
	assert_int_equal(open_one(&inflight, INFLIGHT_STATUS), 3);
	assert_int_equal(inflight.n_open, 2);
	assert_int_equal(inflight_kind(&inflight, 1), INFLIGHT_EVALUATE);
	assert_int_equal(inflight_kind(&inflight, 2), INFLIGHT_NONE);
	assert_int_equal(inflight_kind(&inflight, 3), INFLIGHT_STATUS);
	assert_int_equal(inflight_kind(&inflight, 0), INFLIGHT_NONE);
	assert_int_equal(inflight_kind(&inflight, 4), INFLIGHT_NONE);
	assert_int_equal(inflight_kind(&inflight, UINT64_MAX), INFLIGHT_NONE);
	inflight_deinit(&inflight);
}

static void closing_twice_or_the_unknown_is_harmless(void **state)
{
	struct inflight inflight = {0};

	(void)state;
	inflight_close(&inflight, 1);
	open_one(&inflight, INFLIGHT_EVALUATE);
	inflight_close(&inflight, 2);
	assert_int_equal(inflight.n_open, 1);
	inflight_close(&inflight, 1);
	inflight_close(&inflight, 1);
	assert_int_equal(inflight.n_open, 0);
	assert_int_equal(inflight_oldest(&inflight), 0);
	assert_int_equal(open_one(&inflight, INFLIGHT_EVALUATE), 2);
	inflight_deinit(&inflight);
}

static void an_even_flow_needs_no_more_memory(void **state)
{
	struct inflight inflight = {0};
	size_t capacity;

	(void)state;
	open_one(&inflight, INFLIGHT_EVALUATE);
	capacity = inflight.capacity;
	for (uint64_t id = 2; id < 100000; id++) {
		assert_int_equal(open_one(&inflight, INFLIGHT_EVALUATE), id);
		inflight_close(&inflight, id - 1);
		assert_int_equal(inflight.n_open, 1);
		assert_int_equal(inflight_oldest(&inflight), id);
	}
	assert_int_equal(inflight.capacity, capacity);
	inflight_deinit(&inflight);
}

/* Against the plainest model: one flag an id. */
static void any_order_agrees_with_a_plain_table(void **state)
{
	enum { N = 3000 };
	static unsigned char model[N + 1];
	struct inflight inflight = {0};
	unsigned int seed = 1;
	size_t n_open = 0;

	(void)state;
	for (uint64_t next = 1; next <= N;) {
		if (rand_r(&seed) % 5 < 3) {
			enum inflight_kind kind = rand_r(&seed) % 3;

			assert_int_equal(open_one(&inflight, kind), next);
			model[next++] = (unsigned char)kind;
			n_open += kind != INFLIGHT_NONE;
		} else {
			uint64_t id = (uint64_t)rand_r(&seed) % next;

			n_open -= model[id] != INFLIGHT_NONE;
			model[id] = INFLIGHT_NONE;
			inflight_close(&inflight, id);
		}
		assert_int_equal(inflight.n_open, n_open);
	}
	for (uint64_t id = 0; id <= N; id++)
		assert_int_equal(inflight_kind(&inflight, id), model[id]);
	inflight_deinit(&inflight);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_count_up_from_one),
		cmocka_unit_test(closing_twice_or_the_unknown_is_harmless),
		cmocka_unit_test(an_even_flow_needs_no_more_memory),
		cmocka_unit_test(any_order_agrees_with_a_plain_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
