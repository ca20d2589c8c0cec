/* core/imports: what is an import at a glance, and what only looks like one. */
#include "core/imports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char modules[][POLICY_NAME_MAX] = {"numpy", "scipy"};

static bool imports(const char *source)
{
	const size_t len = strlen(source);
	uint8_t *bytes = malloc(len + 1); /* exactly as long: the sanitizer sees what is behind */
	bool found;

	memcpy(bytes, source, len);
	found = imports_any((struct slice){.bytes = bytes, .len = len}, modules, 2);
	free(bytes);
	return found;
}

static void test_imports(void **state)
{
	static const char *const sources[] = {
		"import numpy",
		"import numpy as np\n",
		"import os, numpy as np",
		"import os as o, sys, scipy.stats",
		"from numpy import array",
		"from numpy.linalg import norm\n",
		"def f():\n\tfrom scipy import stats\n",
		"try: import numpy\nexcept ImportError: pass",
		"x = 1; import numpy",
		"\"\"\"text\"\"\"\nimport numpy",
		"x = 'it''s' # don't\nimport numpy",
		"x = '\\''\nimport numpy",
		"x = 'open\nimport numpy",
		"import os, \\\n  numpy",
		"if x:\r\n    import numpy\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (!imports(sources[i]))
			fail_msg("no import: %s", sources[i]);
}

static void test_no_imports(void **state)
{
	static const char *const sources[] = {
		"",
		"numpy",
		"# import numpy",
		"'import numpy'",
		"\"\"\"\nimport numpy\n\"\"\"",
		"x = '''\nimport numpy\n''' # numpy",
		"import numpyro",
		"import my.numpy",
		"from x import numpy_like, y",
		"from .numpy import x",
		"important = numpy",
		"import os # numpy",
		"import os; numpy = 1",
		"reimport numpy",
		"x = numpy.array([1])\nimport ",
		"'''numpy",
		"'numpy\\",
		"numpy \\",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (imports(sources[i]))
			fail_msg("an import: %s", sources[i]);
	assert_false(imports_any((struct slice){0}, modules, 2));
}

static void test_the_policy_that_suits(void **state)
{
	struct policy *policy = calloc(1, sizeof(*policy));
	const struct slice numpy = {.bytes = (const uint8_t *)"import scipy", .len = 12};
	const struct slice other = {.bytes = (const uint8_t *)"import sympy", .len = 12};

	(void)state;
	assert_int_equal(imports_policy(policy, numpy, 3), 3);
	policy->n_variants = 1;
	memcpy(policy->variants[0].modules, modules, sizeof(modules));
	policy->variants[0].n_modules = 2;
	policy->variants[0].policy = 5;
	assert_int_equal(imports_policy(policy, numpy, 3), 5);
	assert_int_equal(imports_policy(policy, other, 3), 3);
	free(policy);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_imports),
		cmocka_unit_test(test_no_imports),
		cmocka_unit_test(test_the_policy_that_suits),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
