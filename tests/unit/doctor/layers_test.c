/* doctor/layers: every layer that the daemon knows has its sentence. */
#include "doctor/layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_all(void **state)
{
	(void)state;
	for (int layer = 0; layer < LAYER_COUNT; layer++)
		if (layer_purpose((enum policy_layer)layer)[0] == '\0')
			fail_msg("%s has no sentence", policy_layer_name((enum policy_layer)layer));
	assert_string_equal(layer_purpose(LAYER_COUNT), "");
}

int main(void)
{
	const struct CMUnitTest list[] = {cmocka_unit_test(test_all)};

	return cmocka_run_group_tests(list, NULL, NULL);
}
