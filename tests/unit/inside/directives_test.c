/* Which lines of a source file are directives, and which of them speak of the library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inside/runtimes/native/directives.h"

/* All of them, each in <>, behind its line. The text is in a block of its own, so that reading
 * beyond it is noticed. */
static const char *all(const char *text)
{
	static char found[512];
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);
	struct directives directives = {.text = copy, .len = len};
	struct directive directive;
	size_t n = 0;

	assert_non_null(copy);
	memcpy(copy, text, len);
	found[0] = '\0';
	while (directives_next(&directives, &directive))
		n += (size_t)snprintf(found + n, sizeof(found) - n, "%u<%.*s>", directive.line,
				      (int)directive.len, directive.bytes);
	free(copy);
	return found;
}

static void test_lines(void **state)
{
	(void)state;
	assert_string_equal(all(""), "");
	assert_string_equal(all("#"), "1<#>");
	assert_string_equal(all("int a;\n  # define A 1\n#undef B"),
			    "2<  # define A 1>3<#undef B>");
	assert_string_equal(all("#define A \\\n  1\n#if A\n"), "1<#define A \\\n  1>3<#if A>");
	assert_string_equal(all("#define A \\"), "1<#define A \\>");
	assert_string_equal(all("#define A \\\n"), "1<#define A \\>");
	assert_string_equal(all("a # b\n"), "");
}

static void test_comments(void **state)
{
	(void)state;
	assert_string_equal(all("/* a\n#include <a>\n*/\n#include <b>\n"), "4<#include <b>>");
	assert_string_equal(all("// /*\n#include <a>\n"), "2<#include <a>>");
	assert_string_equal(all("char *s = \"/*\\\"/*\";\n#include <a>\n"), "2<#include <a>>");
	assert_string_equal(all("char c = '\"'; /*\n#a\n*/ int b;\n#c"), "4<#c>");
	assert_string_equal(all("#include <a> /* from here\n#include <b>\n*/\n#include <c>"),
			    "1<#include <a> /* from here>4<#include <c>>");
	assert_string_equal(all("/*/\n#a\n/*/\n#b"), "4<#b>");
}

static void test_the_library(void **state)
{
	static const struct {
		const char *text;
		bool is_about_library;
		int nests;
	} cases[] = {
		{"#include <assert.h>", true, 0},
		{"# include<vector>", true, 0},
		{"#include \"own.h\"", false, 0},
		{"#undef NDEBUG", true, 0},
		{"#define _GNU_SOURCE", true, 0},
		{"#define N 3", false, 0},
		{"#define", false, 0},
		{"#undef", false, 0},
		{"#", false, 0},
		{"#if 1", false, 1},
		{"#ifdef A", false, 1},
		{"#ifndef A", false, 1},
		{"#endif", false, -1},
		{"#elif 1", false, 0},
		{"#includes <a>", false, 0},
		{"#pragma once", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct directive directive = {.bytes = cases[i].text, .len = strlen(cases[i].text)};

		if (directive_is_about_library(&directive) != cases[i].is_about_library)
			fail_msg("%s", cases[i].text);
		assert_int_equal(directive_nests(&directive), cases[i].nests);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_the_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
