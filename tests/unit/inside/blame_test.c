/* Whose fault it is that tests do not compile, from the words of gcc 12. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "inside/runtimes/native/blame.h"

#define FORM                                                             \
	"tests.c:4:2: error: expected \xe2\x80\x98;\xe2\x80\x99 before " \
	"\xe2\x80\x98return\xe2\x80\x99\n"
#define TYPES                                                                            \
	"tests.c:2:9: error: incompatible types when initializing type \xe2\x80\x98int " \
	"*\xe2\x80\x99\n"
#define MISSING                               \
	"tests.cpp:4:14: error: \xe2\x80\x98" \
	"add\xe2\x80\x99 was not declared in this scope\n"
#define NO_SIZE \
	"tests.c:2:31: error: storage size of \xe2\x80\x98p\xe2\x80\x99 isn\xe2\x80\x99t known\n"
#define HEADER "tests.c:1:10: fatal error: a.h: No such file or directory\n"
#define DECLARED                                                              \
	"declarations:3:1: error: expected \xe2\x80\x98;\xe2\x80\x99 before " \
	"\xe2\x80\x98x\xe2\x80\x99\n"

static void test_blame(void **state)
{
	static const struct {
		const char *together;
		const char *alone;
		bool has_stubs;
		enum blame blame;
	} cases[] = {
		/* What is said in any case. */
		{FORM, FORM, false, BLAME_TESTS_ALONE},
		{HEADER, HEADER, false, BLAME_TESTS_ALONE},
		{"tests.c: In function main:\n" FORM, "tests.c: In function main:\n" FORM, false,
		 BLAME_TESTS_ALONE},
		/* Without the functions that were made up nobody knows. */
		{FORM, FORM, true, BLAME_TESTS},
		{TYPES, TYPES, false, BLAME_TESTS},
		{FORM, NO_SIZE FORM, false, BLAME_TESTS},
		/* Said because of the candidate, or because of what it lacks. */
		{FORM, "", false, BLAME_CANDIDATE},
		{FORM TYPES, TYPES, false, BLAME_CANDIDATE},
		{MISSING, MISSING, false, BLAME_CANDIDATE},
		{NO_SIZE, NO_SIZE, false, BLAME_CANDIDATE},
		{DECLARED, DECLARED, false, BLAME_CANDIDATE},
		{"", "", false, BLAME_CANDIDATE},
		{"tests.c:1:1: warning: x\n", TYPES, false, BLAME_CANDIDATE},
		/* An error in the same words, but elsewhere. */
		{"tests.c:5:2: error: x\n", "tests.c:4:2: error: x\n", false, BLAME_CANDIDATE},
		/* Whatever else a candidate has the compiler say. */
		{DECLARED FORM, FORM, false, BLAME_TESTS_ALONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (blame_of(cases[i].together, cases[i].alone, cases[i].has_stubs) !=
		    cases[i].blame)
			fail_msg("case %zu", i);
}

static void test_missing_names(void **state)
{
	static const char messages[] =
		MISSING FORM "x.cpp:1:1: error: \xe2\x80\x98"
			     "A::b\xe2\x80\x99 was not declared in this scope\n"
			     "x.cpp:1:1: error: \xe2\x80\x98"
			     "sub\xe2\x80\x99 was not declared in this scope; did";
	const char *name;
	size_t at = 0;

	(void)state;
	assert_true(blame_misses_name(messages));
	assert_true(blame_misses_name(NO_SIZE));
	assert_false(blame_misses_name(FORM TYPES HEADER));
	/* A warning is no error, whatever it says. */
	assert_false(blame_misses_name("a.c:1:1: warning: x undeclared\n"));
	assert_int_equal(blame_next_missing(messages, &at, &name), 3);
	assert_memory_equal(name, "add", 3);
	assert_int_equal(blame_next_missing(messages, &at, &name), 3);
	assert_memory_equal(name, "sub", 3);
	assert_int_equal(blame_next_missing(messages, &at, &name), 0);
}

static bool has_main(const char *text)
{
	return blame_has_main(text, strlen(text));
}

static void test_main_function(void **state)
{
	(void)state;
	assert_true(has_main("int main(void) { return 0; }"));
	assert_true(has_main("int\nmain (int argc, char **argv);"));
	assert_false(has_main(""));
	assert_false(has_main("int domain(void); int main_of(int); char *s = \"main(\"; int main"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blame),
		cmocka_unit_test(test_missing_names),
		cmocka_unit_test(test_main_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
