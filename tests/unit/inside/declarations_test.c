/*
 * What the tests of a native program see of the candidate's code: declarations, without what would
 * change the meaning of the tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inside/runtimes/native/declarations.h"

static struct declarations found;

/* In a block of its own, so that reading beyond it is noticed. */
static const char *find_in(bool is_c, const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	declarations_free(&found);
	assert_int_equal(declarations_find(copy, len, is_c, &found), 0);
	free(copy);
	found.bytes = realloc(found.bytes, found.len + 1);
	assert_non_null(found.bytes);
	found.bytes[found.len] = '\0';
	return found.bytes;
}

static const char *find(const char *text)
{
	return find_in(false, text);
}

static int tear_down(void **state)
{
	(void)state;
	declarations_free(&found);
	return 0;
}

static void test_functions_are_prototypes(void **state)
{
	(void)state;
	assert_string_equal(find("int add(int a, int b) { if (a) { return b; } return '}'; }"),
			    "int add(int a, int b) ;\n");
	assert_string_equal(find("struct point *f(struct point p)\n{\n\treturn 0;\n}\nint g;\n"),
			    "struct point *f(struct point p)\n;\nint g;\n");
	assert_string_equal(find("auto f(int x) -> long { return x; }"),
			    "auto f(int x) -> long ;\n");
	assert_string_equal(find("const char *s(void) { return \"}{\\\"\"; }"),
			    "const char *s(void) ;\n");
	assert_string_equal(find("f(std::function<int(int)> g) { return g(1); }"),
			    "f(std::function<int(int)> g) ;\n");
}

static void test_what_comes_whole(void **state)
{
	static const char *const items[] = {
		"static int twice(int x) { return 2 * x; }\n",
		"inline int twice(int x) { return 2 * x; }\n",
		"template <class T> T twice(T x) { return x + x; }\n",
		"auto twice(int x) { return 2 * x; }\n",
		"struct point { int x; int y() const { return x; } };\n",
		"typedef struct { int x; } point;\n",
		"enum class color : int { red, green };\n",
		"struct __attribute__((packed)) small { char c; };\n",
		"using namespace std;\n",
		"int table[] = {1, 2, 3};\n",
		"auto f = [](int x) { return x; };\n",
		"const char *raw = R\"x(} \" )\" )x\";\n",
		"int million = 1'000'000;\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		assert_string_equal(find(items[i]), items[i]);
}

static void test_namespaces(void **state)
{
	(void)state;
	assert_string_equal(find("namespace n { int f() { return 1; } int x; }"),
			    "namespace n {\nint f() ;\nint x;\n}\n");
	assert_string_equal(find("extern \"C\" { int f(void) { return 1; } }"),
			    "extern \"C\" {\nint f(void) ;\n}\n");
	/* Nobody else can have what is defined there. */
	assert_string_equal(find("namespace { int f() { return 1; } }"),
			    "namespace {\nint f() { return 1; }\n}\n");
}

static void test_inline_functions(void **state)
{
	static const char f[] = "inline int f(int a) { return a; }\n";

	(void)state;
	assert_string_equal(find_in(true, f), "static inline int f(int a) { return a; }\n");
	assert_string_equal(find_in(false, f), f);
	assert_string_equal(find_in(true, "static inline int f(int a) { return a; }\n"),
			    "static inline int f(int a) { return a; }\n");
	assert_string_equal(find_in(true, "extern inline int f(int a) { return a; }"),
			    "extern inline int f(int a) ;\n");
	/* What no name of C++ makes different from one of the library. */
	assert_string_equal(find("extern \"C\" inline int f(int a) { return a; }"),
			    "extern \"C\" inline int f(int a) ;\n");
	assert_string_equal(find("extern \"C\" { inline int f(int a) { return a; } }"),
			    "extern \"C\" {\nstatic inline int f(int a) { return a; }\n}\n");
	assert_string_equal(find("extern \"C\" int f(int a) { return a; }\nint g;"),
			    "extern \"C\" int f(int a) ;\nint g;\n");
}

static void test_what_is_left_out(void **state)
{
	static const char *const items[] = {
		"int main(void) { return 0; }",
		"template <> bool std::operator==(const V &, const vector<int> &) { return 1; }",
		"bool operator==(const vector<int> &, const vector<int> &) { return true; }",
		"template <class T = point> bool operator==(const T &, const T &) { return true; }",
		"bool operator==(const vector<int> &, const vector<int> &);",
		"template <> struct std::hash<int> { };",
		"template bool f<int>(int);",
		"__asm__(\".globl f\");",
		"int f(int) __asm__(\"g\");",
		"int (main)(void) asm(\"g\");",
		"extern \"C\" int f(int) __asm(\"g\");",
		"inline int assay_tests_main(void) { return 0; }",
		"static int (*p)(void) = assay_tests_main;",
		"static_assert(sizeof(int) == 4);",
		"point::point(int a) : x(a), y{a} { }",
		"int point::sum() const { return x + y; }",
		";",
		"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		assert_string_equal(find(items[i]), "");
		declarations_free(&found);
	}
}

static void test_operators_of_own_types(void **state)
{
	(void)state;
	assert_non_null(strstr(find("struct p { int x; };\nbool operator==(const p &a, const p &b) "
				    "{ return a.x == b.x; }"),
			       "\nbool operator==(const p &a, const p &b) ;\n"));
	/* What is only named, or somebody else's, makes nothing its own. */
	assert_null(strstr(
		find("struct p; struct std::hash<int> { };\nbool operator==(p, std::hash<int>);"),
		"operator"));
	assert_non_null(strstr(find("struct p { };\ntemplate <> struct std::hash<p> { int x; };"),
			       "template <> struct std::hash<p> { int x; };\n"));
}

static void test_lines_of_others(void **state)
{
	(void)state;
	assert_string_equal(find("# 1 \"candidate.c\"\n#include <stdio.h>\n"
				 "# 1 \"/usr/include/stdio.h\" 1 3 4\nint printf(void);\n"
				 "# 2 \"candidate.c\" 2\n#include \"own.h\"\n"
				 "# 1 \"own.h\" 1\nint own;\n# 3 \"candidate.c\" 2\n"
				 "#pragma once\nint f(void) { return 1; }\n"),
			    "#include <stdio.h>\nint own;\nint f(void) ;\n");
}

/* Every beginning of a text, with whatever open: it comes to an end. */
static void test_cut_off_everywhere(void **state)
{
	static const char text[] = "namespace a { template <> int f(int x = '\\'') : b{1} { \"s\" "
				   "R\"x()x\" [1] } struct s { } ; }\n# 1 \"x\"\n#include <y>\n";
	char part[sizeof(text)];

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		memcpy(part, text, len);
		part[len] = '\0';
		find(part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_functions_are_prototypes, tear_down),
		cmocka_unit_test_teardown(test_what_comes_whole, tear_down),
		cmocka_unit_test_teardown(test_namespaces, tear_down),
		cmocka_unit_test_teardown(test_inline_functions, tear_down),
		cmocka_unit_test_teardown(test_what_is_left_out, tear_down),
		cmocka_unit_test_teardown(test_operators_of_own_types, tear_down),
		cmocka_unit_test_teardown(test_lines_of_others, tear_down),
		cmocka_unit_test_teardown(test_cut_off_everywhere, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
