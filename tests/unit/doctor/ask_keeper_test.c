/* doctor/ask_keeper: the lines of an answer, and a program that plays the keeper. */
#include "doctor/ask_keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"

static void test_lines(void **state)
{
	char lines[] = "layer\tseccomp\tyes\t\t\n"
		       "layers\tnot\tthis\n"
		       "cell\tpython\tno\tmounts\twhy\tfix\n"
		       "layer\tlandlock\n"
		       "layer";
	const struct answer answer = {.lines = lines};
	struct answer_cursor cursor = {0};

	(void)state;
	assert_int_equal(answer_next(&answer, &cursor, "layer"), 1);
	assert_string_equal(cursor.fields[0], "seccomp");
	assert_string_equal(cursor.fields[1], "yes");
	assert_string_equal(cursor.fields[5], "");
	assert_int_equal(answer_next(&answer, &cursor, "layer"), 1);
	assert_string_equal(cursor.fields[0], "landlock");
	assert_string_equal(cursor.fields[1], "");
	assert_int_equal(answer_next(&answer, &cursor, "layer"), 0);
	cursor = (struct answer_cursor){0};
	assert_int_equal(answer_next(&answer, &cursor, "cell"), 1);
	assert_string_equal(cursor.fields[4], "fix");
}

static void test_asking(void **state)
{
	static const char script[] =
		"#!/bin/sh\necho \"word\t$1\t$(cat <&3)\"\necho oh >&2\nexit 3\n";
	char path[] = "/tmp/ask_keeper_test.XXXXXX";
	int file = mkstemp(path);
	int table = fd_sealed_copy("table", "table", 5);
	struct answer_cursor cursor = {0};
	struct answer answer;

	(void)state;
	assert_true(file >= 0 && table >= 0);
	assert_int_equal(fd_write_all(file, script, sizeof(script) - 1), 0);
	assert_int_equal(fchmod(file, 0700), 0);
	close(file);
	assert_int_equal(ask_keeper(path, "--tell", table, &answer), 0);
	assert_int_equal(answer.status, 3);
	assert_string_equal(answer.complaints, "oh\n");
	assert_int_equal(answer_next(&answer, &cursor, "word"), 1);
	assert_string_equal(cursor.fields[0], "--tell");
	assert_string_equal(cursor.fields[1], "table");
	answer_deinit(&answer);
	unlink(path);
	assert_true(ask_keeper(path, "--tell", table, &answer) < 0);
	close(table);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_asking),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
