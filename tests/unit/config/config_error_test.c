/* config/config_error: the text, cut when it is too long. */
#include "config/config_error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_text(void **state)
{
	struct config_error error;
	char filler[2048];

	(void)state;
	assert_int_equal(config_error_set(&error, "%s:%d: no", "f", 3), -EINVAL);
	assert_string_equal(error.text, "f:3: no");
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	assert_int_equal(config_error_set(&error, "%s", filler), -EINVAL);
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
