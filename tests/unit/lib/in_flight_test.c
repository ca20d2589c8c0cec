/*
 * Requests in flight: numbering, and the window under answers in any order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/lib/in_flight.h"

static uint64_t open_one(struct in_flight *in_flight, enum in_flight_kind kind)
{
	assert_int_equal(in_flight_reserve(in_flight), 0);
	return in_flight_open(in_flight, kind);
}

static void numbers_count_up_from_one(void **state)
{
	struct in_flight in_flight = {0};

	(void)state;
	assert_int_equal(in_flight_next_id(&in_flight), 1);
	assert_int_equal(open_one(&in_flight, IN_FLIGHT_EVALUATE), 1);
	assert_int_equal(open_one(&in_flight, IN_FLIGHT_NONE), 2);
	assert_int_equal(open_one(&in_flight, IN_FLIGHT_STATUS), 3);
	assert_int_equal(in_flight.n_open, 2);
	assert_int_equal(in_flight_kind(&in_flight, 1), IN_FLIGHT_EVALUATE);
	assert_int_equal(in_flight_kind(&in_flight, 2), IN_FLIGHT_NONE);
	assert_int_equal(in_flight_kind(&in_flight, 3), IN_FLIGHT_STATUS);
	assert_int_equal(in_flight_kind(&in_flight, 0), IN_FLIGHT_NONE);
	assert_int_equal(in_flight_kind(&in_flight, 4), IN_FLIGHT_NONE);
	assert_int_equal(in_flight_kind(&in_flight, UINT64_MAX), IN_FLIGHT_NONE);
	in_flight_deinit(&in_flight);
}

static void closing_twice_or_the_unknown_is_harmless(void **state)
{
	struct in_flight in_flight = {0};

	(void)state;
	in_flight_close(&in_flight, 1);
	open_one(&in_flight, IN_FLIGHT_EVALUATE);
	in_flight_close(&in_flight, 2);
	assert_int_equal(in_flight.n_open, 1);
	in_flight_close(&in_flight, 1);
	in_flight_close(&in_flight, 1);
	assert_int_equal(in_flight.n_open, 0);
	assert_int_equal(in_flight_oldest(&in_flight), 0);
	assert_int_equal(open_one(&in_flight, IN_FLIGHT_EVALUATE), 2);
	in_flight_deinit(&in_flight);
}

static void an_even_flow_needs_no_more_memory(void **state)
{
	struct in_flight in_flight = {0};
	size_t capacity;

	(void)state;
	open_one(&in_flight, IN_FLIGHT_EVALUATE);
	capacity = in_flight.capacity;
	for (uint64_t id = 2; id < 100000; id++) {
		assert_int_equal(open_one(&in_flight, IN_FLIGHT_EVALUATE), id);
		in_flight_close(&in_flight, id - 1);
		assert_int_equal(in_flight.n_open, 1);
		assert_int_equal(in_flight_oldest(&in_flight), id);
	}
	assert_int_equal(in_flight.capacity, capacity);
	in_flight_deinit(&in_flight);
}

/* Against the plainest model: one flag an id. */
static void any_order_agrees_with_a_plain_table(void **state)
{
	enum { N = 3000 };
	static unsigned char model[N + 1];
	struct in_flight in_flight = {0};
	unsigned int seed = 1;
	size_t n_open = 0;

	(void)state;
	for (uint64_t next = 1; next <= N;) {
		if (rand_r(&seed) % 5 < 3) {
			enum in_flight_kind kind = rand_r(&seed) % 3;

			assert_int_equal(open_one(&in_flight, kind), next);
			model[next++] = (unsigned char)kind;
			n_open += kind != IN_FLIGHT_NONE;
		} else {
			uint64_t id = (uint64_t)rand_r(&seed) % next;

			n_open -= model[id] != IN_FLIGHT_NONE;
			model[id] = IN_FLIGHT_NONE;
			in_flight_close(&in_flight, id);
		}
		assert_int_equal(in_flight.n_open, n_open);
	}
	for (uint64_t id = 0; id <= N; id++)
		assert_int_equal(in_flight_kind(&in_flight, id), model[id]);
	in_flight_deinit(&in_flight);
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
