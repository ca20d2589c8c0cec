/*
 * Logical lines of Python: continuation, strings, comments, and any bytes without harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/python_source.h"

static void expect(struct statement_cursor *cursor, size_t line, size_t indent, const char *text)
{
	struct statement statement;

	assert_true(statement_next(cursor, &statement));
	assert_int_equal(statement.line, line);
	assert_int_equal(statement.indent, indent);
	assert_int_equal(statement.len, strlen(text));
	assert_memory_equal(statement.text, text, statement.len);
}

static void begin(struct statement_cursor *cursor, const char *source)
{
	statement_begin(cursor, source, strlen(source));
}

static void expect_end(struct statement_cursor *cursor)
{
	struct statement statement;

	assert_false(statement_next(cursor, &statement));
}

static void brackets_strings_and_backslashes_continue(void **state)
{
	struct statement_cursor cursor;

	(void)state;
	begin(&cursor, "a = [1,\n  2]\nb = '''x\ny'''\nc = 1 + \\\n  2\nd = '('\ne = \"\\\"(\"\n"
		       "f = (1, # )\n 2)\ng");
	expect(&cursor, 1, 0, "a = [1,\n  2]");
	expect(&cursor, 3, 0, "b = '''x\ny'''");
	expect(&cursor, 5, 0, "c = 1 + \\\n  2");
	expect(&cursor, 7, 0, "d = '('");
	expect(&cursor, 8, 0, "e = \"\\\"(\"");
	expect(&cursor, 9, 0, "f = (1, # )\n 2)");
	expect(&cursor, 11, 0, "g");
	expect_end(&cursor);
}

static void blank_and_comment_lines_are_none(void **state)
{
	struct statement_cursor cursor;

	(void)state;
	begin(&cursor, "\xef\xbb\xbf\n   \n# (\n  # x\r\n\tx = 1 \r\n#");
	expect(&cursor, 5, 1, "x = 1");
	expect_end(&cursor);
	begin(&cursor, "");
	expect_end(&cursor);
}

static void unclosed_things_end_with_the_source(void **state)
{
	struct statement_cursor cursor;

	(void)state;
	begin(&cursor, "a = 'x\nb = (1\nc");
	expect(&cursor, 1, 0, "a = 'x");
	expect(&cursor, 2, 0, "b = (1\nc");
	expect_end(&cursor);
	begin(&cursor, "'''x\n");
	expect(&cursor, 1, 0, "'''x\n");
	expect_end(&cursor);
	begin(&cursor, ")\nx");
	expect(&cursor, 1, 0, ")");
	expect(&cursor, 2, 0, "x");
	expect_end(&cursor);
	begin(&cursor, "x = '\\");
	expect(&cursor, 1, 0, "x = '\\");
	expect_end(&cursor);
}

static void nul_bytes_are_bytes(void **state)
{
	static const char source[] = "a\0b\n\0\nc";
	struct statement_cursor cursor;
	struct statement statement;
	size_t n = 0;

	(void)state;
	statement_begin(&cursor, source, sizeof(source) - 1);
	while (statement_next(&cursor, &statement))
		n++;
	assert_int_equal(n, 3);
}

static void names_of_functions(void **state)
{
	static const struct {
		const char *source, *name;
	} cases[] = {
		{"def f(x): pass", "f"},
		{"async def  g ():\n pass", "g"},
		{"  def _h1(): pass", "_h1"},
		{"define = 1", ""},
		{"def", ""},
		{"defx y", ""},
		{"asyncdef f()", ""},
		{"class C: pass", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct statement_cursor cursor;
		struct statement statement;
		const char *name = "";
		size_t len;

		begin(&cursor, cases[i].source);
		assert_true(statement_next(&cursor, &statement));
		len = statement_def_name(&statement, &name);
		assert_int_equal(len, strlen(cases[i].name));
		assert_memory_equal(name, cases[i].name, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brackets_strings_and_backslashes_continue),
		cmocka_unit_test(blank_and_comment_lines_are_none),
		cmocka_unit_test(unclosed_things_end_with_the_source),
		cmocka_unit_test(nul_bytes_are_bytes),
		cmocka_unit_test(names_of_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
