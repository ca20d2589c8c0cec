/*
 * Resuming: what is in the file counts, half a line is cut off, a foreign file is left alone.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include "client/cli/eval_resume.h"

static char path[] = "/tmp/assay-resume-test-XXXXXX";

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void expect_file(const char *text)
{
	char read[512] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_int_equal(fread(read, 1, sizeof(read) - 1, file), strlen(text));
	fclose(file);
	assert_string_equal(read, text);
}

#define LINE(id, candidate) \
	"{\"id\":\"" id "\",\"candidate\":\"" candidate "\",\"verdict\":\"PASSED\"}\n"
#define ERROR_LINE "{\"id\":\"e\",\"line\":3,\"error\":{\"code\":\"TOO_LARGE\"}}\n"

static void results_are_claimed_once(void **state)
{
	struct eval_resume *resume;
	size_t line;

	(void)state;
	write_file(LINE("T", "a") LINE("T", "b") LINE("T", "b") ERROR_LINE);
	assert_int_equal(eval_resume_load(path, &resume, &line), 0);
	assert_int_equal(eval_resume_n_results(resume), 3);
	assert_true(eval_resume_claim(resume, "T", "a", NULL));
	assert_false(eval_resume_is_ambiguous(resume));
	assert_false(eval_resume_claim(resume, "T", "c", NULL));
	assert_false(eval_resume_claim(resume, "Ta", "", NULL));
	assert_false(eval_resume_claim(resume, "e", "", NULL)); /* an error is tried again */
	assert_true(eval_resume_claim(resume, "T", "b", NULL));
	assert_true(eval_resume_claim(resume, "T", "b", NULL));
	assert_false(eval_resume_claim(resume, "T", "b", NULL));
	assert_true(eval_resume_is_ambiguous(resume));
	eval_resume_free(resume);
}

static void half_a_line_is_cut_off(void **state)
{
	struct eval_resume *resume;
	size_t line;

	(void)state;
	write_file(LINE("T", "a") "{\"id\":\"T\",\"cand");
	assert_int_equal(eval_resume_load(path, &resume, &line), 0);
	assert_int_equal(eval_resume_n_results(resume), 1);
	eval_resume_free(resume);
	expect_file(LINE("T", "a"));
}

static void foreign_files_are_left_alone(void **state)
{
	static const char text[] = LINE("T", "a") "{\"id\":\"T\",\"language\":\"python\"}\nhalf";
	struct eval_resume *resume;
	size_t line;

	(void)state;
	write_file(text);
	assert_int_equal(eval_resume_load(path, &resume, &line), -EINVAL);
	assert_int_equal(line, 2);
	expect_file(text);
}

static void nothing_is_an_empty_file(void **state)
{
	struct eval_resume *resume;
	size_t line;

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(eval_resume_load(path, &resume, &line), 0);
	assert_int_equal(eval_resume_n_results(resume), 0);
	assert_false(eval_resume_claim(resume, "T", "a", NULL));
	eval_resume_free(resume);
}

static void many_names_are_kept_apart(void **state)
{
	struct eval_resume *resume;
	char candidate[32];
	size_t line;
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 5000; i++)
		fprintf(file, LINE("T", "%d"), i);
	fclose(file);
	assert_int_equal(eval_resume_load(path, &resume, &line), 0);
	for (int i = 0; i < 10000; i++) {
		snprintf(candidate, sizeof(candidate), "%d", i);
		assert_int_equal(eval_resume_claim(resume, "T", candidate, NULL), i < 5000);
	}
	assert_false(eval_resume_is_ambiguous(resume));
	eval_resume_free(resume);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_are_claimed_once),
		cmocka_unit_test(half_a_line_is_cut_off),
		cmocka_unit_test(foreign_files_are_left_alone),
		cmocka_unit_test(nothing_is_an_empty_file),
		cmocka_unit_test(many_names_are_kept_apart),
	};
	int fd = mkstemp(path), status;

	if (fd < 0)
		return 1;
	close(fd);
	status = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return status;
}
