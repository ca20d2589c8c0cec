/*
 * Verdicts in the words of openai/human-eval. Part of `assay suite`.
 *
 * There a candidate's program runs as a whole, up to the first thing that raises: its str() follows
 * "failed: ", so a bare assert gives "failed: " with nothing behind. A program that does not come
 * to an answer, because it ran too long or because its process went away (killed, os._exit()), has
 * "timed out". sys.exit() raises SystemExit there, which is caught like anything else.
 *
 * We go on after a failed test, so the first failed one decides, whatever came later.
 */
#include "client/suite/finding.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/suite/python_json.h"

static bool is_bad(enum assay_outcome outcome)
{
	return outcome == ASSAY_TEST_FAILED || outcome == ASSAY_TEST_ERROR ||
	       outcome == ASSAY_TEST_TIME_LIMIT || outcome == ASSAY_TEST_CRASHED;
}

static uint64_t count_line_ends(const char *text)
{
	uint64_t n = 0;

	for (; text && *text; text++)
		n += *text == '\n';
	return n;
}

struct finding finding_of(const assay_result *result, const char *prompt)
{
	struct finding finding = {
		.verdict = assay_result_verdict(result),
		.outcome = ASSAY_NOT_RUN,
		.error_type = assay_result_text(result, ASSAY_RESULT_ERROR_TYPE, NULL),
		.detail = assay_result_text(result, ASSAY_RESULT_DETAIL, NULL),
	};
	finding.error_message =
		assay_result_text(result, ASSAY_RESULT_ERROR_MESSAGE, &finding.error_message_len);
	uint64_t line = assay_result_number(result, ASSAY_RESULT_ERROR_LINE);
	if (finding.verdict == ASSAY_COMPILE_ERROR && line > 0)
		finding.syntax_line = count_line_ends(prompt) + line;
	size_t n_tests = assay_result_number(result, ASSAY_RESULT_N_TESTS);
	for (size_t index = 0; index < n_tests; index++) {
		enum assay_outcome outcome = assay_result_test_outcome(result, index);
		if (!is_bad(outcome))
			continue;
		finding.outcome = outcome;
		finding.error_type =
			assay_result_test_text(result, index, ASSAY_TEST_ERROR_TYPE, NULL);
		finding.error_message = assay_result_test_text(
			result, index, ASSAY_TEST_ERROR_MESSAGE, &finding.error_message_len);
		break;
	}
	return finding;
}

static bool has_error(const struct finding *finding)
{
	return finding->error_type[0] != '\0';
}

static bool timed_out(const struct finding *finding)
{
	/* A test that failed before the time ran out would have ended human-eval's program. */
	if (finding->outcome == ASSAY_TEST_FAILED || finding->outcome == ASSAY_TEST_ERROR)
		return false;
	if (finding->outcome == ASSAY_TEST_TIME_LIMIT)
		return true;
	switch (finding->verdict) {
	case ASSAY_CPU_LIMIT:
	case ASSAY_WALL_LIMIT:
	case ASSAY_STARVED:
		return true;
	case ASSAY_ERROR:
	case ASSAY_TAMPERED:
		return finding->outcome == ASSAY_TEST_CRASHED || !has_error(finding);
	default:
		return false;
	}
}

/* Has human-eval's exception, if any; what has none there is explained by the detail. */
static bool shows_message(const struct finding *finding)
{
	switch (finding->verdict) {
	case ASSAY_FAILED:
	case ASSAY_ERROR:
	case ASSAY_COMPILE_ERROR:
	case ASSAY_MEMORY_LIMIT:
	case ASSAY_TAMPERED:
	case ASSAY_CPU_LIMIT:
	case ASSAY_WALL_LIMIT:
	case ASSAY_STARVED:
		return true;
	default:
		return has_error(finding);
	}
}

char *finding_new_result_json(const struct finding *finding)
{
	size_t size;
	char *text = NULL;

	if (finding->verdict == ASSAY_PASSED)
		return strdup("\"passed\"");
	if (timed_out(finding))
		return strdup("\"timed out\"");
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	fputs("failed: ", out);
	if (shows_message(finding))
		fwrite(finding->error_message, 1, finding->error_message_len, out);
	else
		fputs(finding->detail, out);
	if (finding->syntax_line > 0) /* str(SyntaxError) of a program that came as a string */
		fprintf(out, " (<string>, line %llu)", (unsigned long long)finding->syntax_line);
	char *quoted = fclose(out) == 0 ? python_string_quote(text, size) : NULL;
	free(text);
	return quoted;
}
