/*
 * Guessing: what a file of tests is, and which function is under test.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/guess.h"
#include "client/lib/request.h"

static void kinds_are_seen(void **state)
{
	static const struct {
		const char *source;
		enum test_kind kind;
	} cases[] = {
		{"def check(candidate):\n    assert candidate(1) == 2\n", TEST_KIND_CHECK},
		{"METADATA = {}\n\n\ndef check(f):\n    assert f()\n", TEST_KIND_CHECK},
		{"assert f(1) == 2\nassert f(2) == 3", TEST_KIND_ASSERTS},
		{"# note\nimport math\nfrom x import y\n\nassert f(\n  1) == 2\n",
		 TEST_KIND_ASSERTS},
		{"assert(f(1) == 2)\n", TEST_KIND_ASSERTS},
		{"x = f(1)\nassert x == 2\n", TEST_KIND_PROGRAM},
		{"assert f(1) == 2\nprint('ok')\n", TEST_KIND_PROGRAM},
		{"assert f(1) == 2\nif x:\n    pass\n", TEST_KIND_PROGRAM},
		{"assertion = 1\n", TEST_KIND_PROGRAM},
		{"import math\n", TEST_KIND_PROGRAM},
		{"", TEST_KIND_PROGRAM},
		{"def helper():\n    def check(x): pass\nhelper()\n", TEST_KIND_PROGRAM},
		{"s = '''\ndef check(f): pass\n'''\n", TEST_KIND_PROGRAM},
		{"import unittest\nclass T(unittest.TestCase):\n    def test_a(self): pass\n",
		 TEST_KIND_UNITTEST},
		{"import unittest\nclass T(unittest.TestCase):\n    pass\n\nunittest.main()\n",
		 TEST_KIND_UNITTEST},
		{"import pytest\nclass TestA:\n    def test_a(self): pass\n", TEST_KIND_PYTEST},
		{"def test_add():\n    assert add(1, 2) == 3\n", TEST_KIND_PYTEST},
		{"def test_add():\n    pass\n\nif __name__ == '__main__':\n    test_add()\n",
		 TEST_KIND_PROGRAM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(guess_test_kind(cases[i].source, strlen(cases[i].source)),
				 cases[i].kind);
}

static void kinds_have_names(void **state)
{
	enum test_kind kind;

	(void)state;
	for (int i = 0; i < TEST_N_KINDS; i++) {
		assert_int_equal(test_kind_from_name(test_kind_name((enum test_kind)i), &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(test_kind_from_name("checks", &kind), -EINVAL);
}

static void last_function_at_the_top_is_under_test(void **state)
{
	static const char source[] = "def helper(): pass\n\ndef f(x):\n    def inner(): pass\n"
				     "    return 1\n\nclass C:\n    def method(self): pass\n";
	const char *name;

	(void)state;
	assert_int_equal(guess_entry_point(source, sizeof(source) - 1, &name), 1);
	assert_int_equal(name[0], 'f');
	assert_int_equal(guess_entry_point("    return 1\n", 13, &name), 0);
}

static void expect_bytes(const ProtobufCBinaryData *bytes, const char *text)
{
	assert_int_equal(bytes->len, strlen(text));
	assert_memory_equal(bytes->data, text, bytes->len);
}

static void asserts_are_cut_apart(void **state)
{
	static const char source[] =
		"import math\nx = 1\nassert f(1) == 2\n# no\nassert f(\n 2) == 3\n";
	assay_request *request = assay_request_new("python");
	size_t line = 0;

	(void)state;
	assert_int_equal(set_asserts_from_source(request, source, sizeof(source) - 1, &line), 0);
	assert_int_equal(request->evaluate->tests_case, ASSAY__EVALUATE__TESTS_ASSERTS);
	assert_int_equal(request->evaluate->asserts->n_asserts, 2);
	expect_bytes(&request->evaluate->asserts->setup, "import math\nx = 1\n");
	expect_bytes(&request->evaluate->asserts->asserts[0], "assert f(1) == 2");
	expect_bytes(&request->evaluate->asserts->asserts[1], "assert f(\n 2) == 3");
	assay_request_free(request);
}

static void statements_between_asserts_are_told(void **state)
{
	static const char source[] = "assert f(1) == 2\n\nx = 3\nassert f(x)\n";
	assay_request *request = assay_request_new("python");
	size_t line = 0;

	(void)state;
	assert_int_equal(set_asserts_from_source(request, source, sizeof(source) - 1, &line),
			 -EINVAL);
	assert_int_equal(line, 3);
	assay_request_free(request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_seen),
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(last_function_at_the_top_is_under_test),
		cmocka_unit_test(asserts_are_cut_apart),
		cmocka_unit_test(statements_between_asserts_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
