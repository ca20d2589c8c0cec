/* doctor/escapes: releases before, at and after the repairs of each series. */
#include "doctor/escapes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *release;
	int n;
	const char *one; /* among the names */
} cases[] = {
	{"6.18.22", 0, NULL},
	{"6.18.5", 1, "CVE-2026-31431"},
	{"6.12.85-amd64", 0, NULL},
	{"6.1.76-cloud-amd64", 1, "CVE-2026-31431"},
	{"6.1.170-1", 0, NULL},
	{"6.1.75-1", 2, "CVE-2024-1086"},
	{"6.1.27", 3, "CVE-2023-32233"},
	{"6.8.0-rc1", 1, "CVE-2026-31431"},
	{"6.7.2", 2, "CVE-2024-1086"},
	{"6.5.0-28-generic", 2, "CVE-2024-1086"},
	{"5.16.10", 4, "CVE-2022-0847"},
	{"5.16.11", 3, "CVE-2023-32233"},
	{"5.15.149", 1, "CVE-2026-31431"},
	{"5.15.204", 0, NULL},
	{"5.10.101", 4, "CVE-2022-0847"},
	{"5.10.210", 1, "CVE-2026-31431"},
	{"5.0.1", 3, "CVE-2023-32233"},
	{"7.0", 0, NULL},
};

static void test_releases(void **state)
{
	char names[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int n = escapes_of(cases[i].release, names, sizeof(names));

		if (n != cases[i].n)
			fail_msg("%s: %d, %s", cases[i].release, n, names);
		if (cases[i].one != NULL)
			assert_non_null(strstr(names, cases[i].one));
		else
			assert_string_equal(names, "");
	}
}

static void test_no_release(void **state)
{
	char names[8];

	(void)state;
	assert_int_equal(escapes_of("", names, sizeof(names)), -EINVAL);
	assert_int_equal(escapes_of("Linux", names, sizeof(names)), -EINVAL);
	assert_int_equal(escapes_of("6", names, sizeof(names)), -EINVAL);
	assert_int_equal(escapes_of("6.x", names, sizeof(names)), -EINVAL);
	/* Too little room: counted all the same, and terminated. */
	assert_int_equal(escapes_of("5.10.1", names, sizeof(names)), 5);
	assert_int_equal(strlen(names), sizeof(names) - 1);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_releases),
		cmocka_unit_test(test_no_release),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
