/* core/slot: the legal life of a slot. */
#include "core/slot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_slot),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
