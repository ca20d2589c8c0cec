/* Verdicts in the words of openai/human-eval. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/suite/finding.h"

static void assert_result(enum assay_verdict verdict, enum assay_outcome outcome, const char *type,
			  const char *message, const char *expected)
{
	struct finding finding = {
		.verdict = verdict,
		.outcome = outcome,
		.error_type = type,
		.error_message = message,
		.error_message_len = strlen(message),
		.detail = "why",
	};
	char *result = finding_new_result_json(&finding);
	assert_non_null(result);
	assert_string_equal(result, expected);
	free(result);
}

static void passed(void **state)
{
	(void)state;
	assert_result(ASSAY_PASSED, ASSAY_NOT_RUN, "", "", "\"passed\"");
}

static void exceptions_give_their_text(void **state)
{
	(void)state;
	assert_result(ASSAY_FAILED, ASSAY_TEST_FAILED, "AssertionError", "", "\"failed: \"");
	assert_result(ASSAY_FAILED, ASSAY_TEST_FAILED, "", "", "\"failed: \"");
	assert_result(ASSAY_FAILED, ASSAY_NOT_RUN, "", "", "\"failed: \"");
	assert_result(ASSAY_FAILED, ASSAY_TEST_FAILED, "AssertionError", "two \"is\" 3\n",
		      "\"failed: two \\\"is\\\" 3\\n\"");
	assert_result(ASSAY_ERROR, ASSAY_TEST_ERROR, "NameError", "name 'x' is not defined",
		      "\"failed: name 'x' is not defined\"");
	assert_result(ASSAY_ERROR, ASSAY_NOT_RUN, "KeyError", "'é'", "\"failed: '\\u00e9'\"");
	assert_result(ASSAY_COMPILE_ERROR, ASSAY_NOT_RUN, "SyntaxError",
		      "invalid syntax (<string>, line 3)",
		      "\"failed: invalid syntax (<string>, line 3)\"");
	assert_result(ASSAY_MEMORY_LIMIT, ASSAY_TEST_ERROR, "MemoryError", "", "\"failed: \"");
	assert_result(ASSAY_TAMPERED, ASSAY_TEST_ERROR, "SystemExit", "0", "\"failed: 0\"");
}

static void syntax_errors_have_their_line(void **state)
{
	(void)state;
	struct finding finding = {
		.verdict = ASSAY_COMPILE_ERROR,
		.error_type = "SyntaxError",
		.error_message = "invalid syntax",
		.error_message_len = strlen("invalid syntax"),
		.syntax_line = 12,
		.detail = "",
	};
	char *result = finding_new_result_json(&finding);
	assert_string_equal(result, "\"failed: invalid syntax (<string>, line 12)\"");
	free(result);
}

static void programs_that_give_no_answer_timed_out(void **state)
{
	(void)state;
	assert_result(ASSAY_CPU_LIMIT, ASSAY_TEST_TIME_LIMIT, "", "", "\"timed out\"");
	assert_result(ASSAY_CPU_LIMIT, ASSAY_NOT_RUN, "", "", "\"timed out\"");
	assert_result(ASSAY_WALL_LIMIT, ASSAY_NOT_RUN, "", "", "\"timed out\"");
	assert_result(ASSAY_STARVED, ASSAY_NOT_RUN, "", "", "\"timed out\"");
	assert_result(ASSAY_TAMPERED, ASSAY_NOT_RUN, "", "", "\"timed out\"");
	assert_result(ASSAY_ERROR, ASSAY_TEST_CRASHED, "", "", "\"timed out\"");
	assert_result(ASSAY_ERROR, ASSAY_NOT_RUN, "", "", "\"timed out\"");
}

static void the_first_failure_decides(void **state)
{
	(void)state;
	assert_result(ASSAY_CPU_LIMIT, ASSAY_TEST_FAILED, "AssertionError", "", "\"failed: \"");
	assert_result(ASSAY_WALL_LIMIT, ASSAY_TEST_ERROR, "ValueError", "no", "\"failed: no\"");
}

static void what_is_unknown_there_is_explained(void **state)
{
	(void)state;
	assert_result(ASSAY_OUTPUT_LIMIT, ASSAY_NOT_RUN, "", "", "\"failed: why\"");
	assert_result(ASSAY_PROCESS_LIMIT, ASSAY_NOT_RUN, "", "", "\"failed: why\"");
	assert_result(ASSAY_NO_TESTS, ASSAY_NOT_RUN, "", "", "\"failed: why\"");
	assert_result(ASSAY_VIOLATION, ASSAY_TEST_ERROR, "PermissionError", "socket",
		      "\"failed: socket\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passed),
		cmocka_unit_test(exceptions_give_their_text),
		cmocka_unit_test(syntax_errors_have_their_line),
		cmocka_unit_test(programs_that_give_no_answer_timed_out),
		cmocka_unit_test(the_first_failure_decides),
		cmocka_unit_test(what_is_unknown_there_is_explained),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
