/*
 * Numbers in options: what is one, what is none, and what is said of that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/option_number.h"

/* What argp_error() says, without ending the program. */
static char *complaint_of(const char *text, int is_real)
{
	char *said = NULL;
	size_t len;
	FILE *out = open_memstream(&said, &len);
	const struct argp nothing = {0};
	char name[] = "test";
	struct argp_state state = {
		.root_argp = &nothing, .flags = ARGP_NO_EXIT, .name = name, .err_stream = out};

	if (is_real)
		option_number_real(text, 0, 1, &state, "--margin");
	else
		option_number_whole(text, 1, 64, &state, "--samples");
	fclose(out);
	return said;
}

static void numbers_are_taken(void **state)
{
	(void)state;
	assert_int_equal(option_number_whole("64", 1, 64, NULL, "--samples"), 64);
	assert_int_equal(option_number_whole("007", 0, 64, NULL, "--samples"), 7);
	assert_int_equal(option_number_whole("18446744073709551615", 0, UINT64_MAX, NULL, "-n"),
			 UINT64_MAX);
	assert_float_equal(option_number_real("0.25", 0, 1, NULL, "--margin"), 0.25, 0);
	assert_float_equal(option_number_real("1e-3", 0, 1, NULL, "--margin"), 0.001, 0);
}

static void others_are_not(void **state)
{
	static const char *const wholes[] = {"",   "0",  "65", "-1",
					     "+1", " 1", "3k", "99999999999999999999"};
	static const char *const reals[] = {"", "x", "-0.1", "1.1", "nan", "inf", "0.5 ", " 0.5"};

	(void)state;
	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
		char *said = complaint_of(wholes[i], 0);

		assert_non_null(strstr(said, "--samples: "));
		assert_non_null(strstr(said, "is no number from 1 to 64"));
		free(said);
	}
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		char *said = complaint_of(reals[i], 1);

		assert_non_null(strstr(said, "--margin: "));
		assert_non_null(strstr(said, "is no number from 0 to 1"));
		free(said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_taken),
		cmocka_unit_test(others_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
