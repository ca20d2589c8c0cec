/*
 * The words of refusals: cut to their buffers, and a name for every type.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/request_field.h"

static void long_texts_are_cut(void **state)
{
	struct request_error error;
	char field[400];

	(void)state;
	memset(field, 'f', sizeof(field) - 1);
	field[sizeof(field) - 1] = '\0';
	assert_int_equal(field_error(&error, field, "is %s", field), -EINVAL);
	assert_int_equal(strlen(error.field), sizeof(error.field) - 1);
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
	assert_int_equal(field_error(&error, "", "nothing"), -EINVAL);
	assert_string_equal(error.message, "nothing");
}

static void every_type_has_a_name(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"{}", "an empty object"},
		{"{\"a\":1}", "an object"},
		{"[]", "an empty list"},
		{"[1]", "a list"},
		{"\"\"", "an empty string"},
		{"\"a\"", "a string"},
		{"1", "a number"},
		{"-1", "a negative number"},
		{"1.5", "a number with a fraction"},
		{"null", "null"},
		{"true", "true or false"},
		{"false", "true or false"},
	};

	(void)state;
	assert_string_equal(field_type_name(NULL), "missing");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *value = json_loads(cases[i].text, JSON_DECODE_ANY, NULL);

		assert_string_equal(field_type_name(value), cases[i].name);
		json_decref(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(every_type_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
