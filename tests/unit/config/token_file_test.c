/* The file of tokens: what is read, what is refused, and that nothing of a token is told. */
#include "config/token_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "0123456789abcdef"

static struct token_table table;

static void names_have_tokens(void **state)
{
	static const char text[] =
		"# comment\n\n  alice\t" SECRET "\r\nbob " SECRET "2\nalice " SECRET "3";
	struct config_error error;

	(void)state;
	assert_int_equal(token_file_parse("f", text, strlen(text), &table, &error), 0);
	assert_int_equal(table.n, 3);
	assert_string_equal(table.entries[0].name, "alice");
	assert_int_equal(table.entries[0].len, strlen(SECRET));
	assert_memory_equal(table.entries[0].token, SECRET, strlen(SECRET));
	assert_int_equal(table.entries[0].tenant, table.entries[2].tenant);
	assert_int_not_equal(table.entries[0].tenant, table.entries[1].tenant);
	for (uint32_t i = 0; i < table.n; i++)
		assert_in_range(table.entries[i].tenant, TENANT_NAMED_FIRST, TENANT_NAMED_LAST);
}

/* So that verdicts that are kept in files stay those of the same name. */
static void a_number_follows_from_the_name_alone(void **state)
{
	static const char one[] = "zoe " SECRET "\nalice " SECRET "4\n";
	static const char other[] = "alice " SECRET "5\n";
	struct config_error error;
	uint32_t before;

	(void)state;
	assert_int_equal(token_file_parse("f", one, strlen(one), &table, &error), 0);
	before = table.entries[1].tenant;
	assert_int_equal(token_file_parse("f", other, strlen(other), &table, &error), 0);
	assert_int_equal(table.entries[0].tenant, before);
}

static void what_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *told;
	} cases[] = {
		{"", "f: it holds no token"},
		{"# nobody\n", "f: it holds no token"},
		{"alice\n", "f:1: after the name, one token"},
		{"alice 0123456789abcde\n", "f:1: after the name, one token"},
		{"alice " SECRET " x\n", "f:1: after the name, one token"},
		{"alice \x01" SECRET "\n", "f:1: after the name, one token"},
		{"\nal/ice " SECRET "\n", "f:2: a name has"},
		{"a23456789012345678901234567890123 " SECRET "\n", "f:1: a name has"},
		{"alice " SECRET "\nbob " SECRET "\n", "f:2: this token is there already"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_error error;

		assert_true(token_file_parse("f", cases[i].text, strlen(cases[i].text), &table,
					     &error) < 0);
		assert_ptr_equal(strstr(error.text, cases[i].told), error.text);
		assert_null(strstr(error.text, "0123456789"));
	}
}

static void there_are_not_too_many(void **state)
{
	static char text[TOKENS_MAX * 64 + 64];
	struct config_error error;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < TOKENS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "alice " SECRET "%d\n", i);
	assert_int_equal(token_file_parse("f", text, len, &table, &error), 0);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "alice " SECRET "more\n");
	assert_true(token_file_parse("f", text, len, &table, &error) < 0);
	assert_non_null(strstr(error.text, "at most 256"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_tokens),
		cmocka_unit_test(a_number_follows_from_the_name_alone),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(there_are_not_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
