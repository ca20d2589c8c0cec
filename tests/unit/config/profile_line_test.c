/* config/profile_line: entries and members are found where they stand, whatever lies between. */
#include "config/profile_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
	"{\"comment\": \"syscalls: [ { \\\" \",\n"
	"\"archMap\": [{\"syscalls\": [{}, {}]}],\n"
	"\"syscalls\": [\n"
	"  {\"names\": [\"a\",\n"
	"             \"b\"], \"args\": [{\"index\": 1}, {}]}, {\"names\": []},\n"
	"\n"
	"  7, \"x\",\n"
	"  {}\n"
	"],\n"
	"\"last\": 1}";

static unsigned int line_of(size_t group)
{
	return profile_line_of_group(text, sizeof(text) - 1, group);
}

static void test_groups(void **state)
{
	(void)state;
	assert_int_equal(line_of(0), 4);
	assert_int_equal(line_of(1), 5);
	assert_int_equal(line_of(2), 7);
	assert_int_equal(line_of(3), 7);
	assert_int_equal(line_of(4), 8);
	assert_int_equal(line_of(5), 0);
	assert_int_equal(profile_line_of_group("{}", 2, 0), 0);
	assert_int_equal(profile_line_of_group("{\"syscalls\": []}", 16, 0), 0);
}

static void test_members(void **state)
{
	(void)state;
	assert_int_equal(profile_line_of_member(text, sizeof(text) - 1, "comment"), 1);
	assert_int_equal(profile_line_of_member(text, sizeof(text) - 1, "syscalls"), 3);
	assert_int_equal(profile_line_of_member(text, sizeof(text) - 1, "last"), 10);
	assert_int_equal(profile_line_of_member(text, sizeof(text) - 1, "names"), 0);
}

/* A text that is cut anywhere is read to its end and no further. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		(void)profile_line_of_group(text, len, 4);
		assert_int_equal(profile_line_of_member(text, len, "last") == 10,
				 len >= (size_t)(strstr(text, "\"last\":") - text) + 7);
	}
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
