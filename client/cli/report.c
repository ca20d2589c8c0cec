/*
 * A result as a page for a person, for `assay run`. Runs in `assay`.
 *
 * From what matters most to what matters least: the verdict, why, each test that did not pass,
 * what the run printed, and then what it used and what held it. Everything that comes from the
 * candidate, the tests or the daemon goes through terminal_write().
 */
#include "client/cli/report.h"

#include <inttypes.h>
#include <string.h>

#include "client/cli/terminal.h"

#define LABEL_WIDTH 11
#define LINE_WIDTH 96
#define TESTS_SHOWN_MAX 20
#define SOURCE_SHOWN_BYTES 800
#define VALUE_SHOWN_BYTES 400
#define OUTPUT_SHOWN_BYTES 2000

/* The beginning of a text, and how much of it is not shown. */
static void write_part(FILE *out, const char *text, size_t len, size_t max_len, int indent)
{
	size_t shown = len < max_len ? len : max_len;

	/* Not in the middle of a character. */
	while (shown > 0 && shown < len && ((unsigned char)text[shown] & 0xc0) == 0x80)
		shown--;
	terminal_write(out, text, shown, indent);
	if (shown < len)
		fprintf(out, " ... (%zu more bytes)", len - shown);
}

static size_t without_last_newlines(const char *text, size_t len)
{
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	return len;
}

static void print_verdict(FILE *out, const assay_result *result, const char *title, bool color)
{
	enum assay_verdict verdict = assay_result_verdict(result);
	enum assay_fault fault = assay_result_fault(result);

	terminal_color_start(out, color,
			     verdict == ASSAY_PASSED          ? TERMINAL_GREEN
			     : fault == ASSAY_FAULT_CANDIDATE ? TERMINAL_RED
							      : TERMINAL_YELLOW);
	fputs(assay_verdict_name(verdict), out);
	terminal_color_end(out, color);
	fputs("  ", out);
	terminal_write(out, title, strlen(title), -1);
	fprintf(out, ": %" PRIu64 " of %" PRIu64 " tests passed, score %.3f",
		assay_result_number(result, ASSAY_RESULT_TESTS_PASSED),
		assay_result_number(result, ASSAY_RESULT_TESTS_TOTAL), assay_result_score(result));
	if (fault != ASSAY_FAULT_NONE && fault != ASSAY_FAULT_CANDIDATE)
		fprintf(out, " (not the candidate's fault: %s)", assay_fault_name(fault));
	fputc('\n', out);
}

/* "  label      text"; nothing if the text is empty. */
static void print_text(FILE *out, int margin, const char *label, const char *text, size_t len,
		       size_t max_len)
{
	len = without_last_newlines(text, len);
	if (len == 0)
		return;
	fprintf(out, "%*s%-*s ", margin, "", LABEL_WIDTH, label);
	write_part(out, text, len, max_len, margin + LABEL_WIDTH + 1);
	fputc('\n', out);
}

static void print_result_text(FILE *out, const assay_result *result, const char *label,
			      enum assay_result_text which, size_t max_len)
{
	size_t len;
	const char *text = assay_result_text(result, which, &len);

	print_text(out, 0, label, text, len, max_len);
}

static void print_error(FILE *out, int margin, const char *type, size_t type_len,
			const char *message, size_t message_len, uint64_t line)
{
	message_len = without_last_newlines(message, message_len);
	if (type_len == 0 && message_len == 0)
		return;
	fprintf(out, "%*s%-*s ", margin, "", LABEL_WIDTH, "error");
	write_part(out, type, type_len, VALUE_SHOWN_BYTES, -1);
	if (message_len > 0) {
		fputs(type_len > 0 ? ": " : "", out);
		write_part(out, message, message_len, VALUE_SHOWN_BYTES, margin + LABEL_WIDTH + 1);
	}
	if (line > 0)
		fprintf(out, " (line %" PRIu64 ")", line);
	fputc('\n', out);
}

static void print_run_error(FILE *out, const assay_result *result)
{
	size_t type_len, message_len;
	const char *type = assay_result_text(result, ASSAY_RESULT_ERROR_TYPE, &type_len);
	const char *message = assay_result_text(result, ASSAY_RESULT_ERROR_MESSAGE, &message_len);

	print_error(out, 0, type, type_len, message, message_len,
		    assay_result_number(result, ASSAY_RESULT_ERROR_LINE));
}

static void print_test_text(FILE *out, const assay_result *result, size_t index, const char *label,
			    enum assay_test_text which)
{
	size_t len;
	const char *text = assay_result_test_text(result, index, which, &len);

	print_text(out, 4, label, text, len, VALUE_SHOWN_BYTES);
}

static void print_test(FILE *out, const assay_result *result, size_t index, bool color)
{
	size_t name_len, source_len, type_len, message_len;
	const char *name = assay_result_test_text(result, index, ASSAY_TEST_NAME, &name_len);
	const char *source = assay_result_test_text(result, index, ASSAY_TEST_SOURCE, &source_len);
	const char *type = assay_result_test_text(result, index, ASSAY_TEST_ERROR_TYPE, &type_len);
	const char *message =
		assay_result_test_text(result, index, ASSAY_TEST_ERROR_MESSAGE, &message_len);

	fputs("\n  ", out);
	terminal_color_start(out, color, TERMINAL_RED);
	fputs(assay_outcome_name(assay_result_test_outcome(result, index)), out);
	terminal_color_end(out, color);
	fprintf(out, "  test %" PRIu32 "%s", assay_result_test_index(result, index),
		name_len > 0 ? " " : "");
	write_part(out, name, name_len, VALUE_SHOWN_BYTES, -1);
	if (assay_result_test_is_hidden(result, index))
		fputs(" (hidden)", out);
	if (assay_result_test_is_compared_by_candidate(result, index))
		fputs(" (its own code compared)", out);
	fputc('\n', out);
	print_text(out, 4, "source", source, source_len, SOURCE_SHOWN_BYTES);
	print_test_text(out, result, index, "call", ASSAY_TEST_CALL);
	print_test_text(out, result, index, "expected", ASSAY_TEST_EXPECTED);
	print_test_text(out, result, index, "actual", ASSAY_TEST_ACTUAL);
	print_error(out, 4, type, type_len, message, message_len,
		    assay_result_test_line(result, index));
}

static bool is_failure(enum assay_outcome outcome)
{
	return outcome != ASSAY_TEST_PASSED && outcome != ASSAY_NOT_RUN &&
	       outcome != ASSAY_TEST_SKIPPED;
}

static void print_tests(FILE *out, const assay_result *result, bool color)
{
	size_t n_tests = assay_result_number(result, ASSAY_RESULT_N_TESTS);
	size_t n_shown = 0, n_more = 0, n_not_run = 0, n_skipped = 0;

	for (size_t i = 0; i < n_tests; i++) {
		enum assay_outcome outcome = assay_result_test_outcome(result, i);

		n_not_run += outcome == ASSAY_NOT_RUN;
		n_skipped += outcome == ASSAY_TEST_SKIPPED;
		if (!is_failure(outcome))
			continue;
		if (n_shown == TESTS_SHOWN_MAX) {
			n_more++;
			continue;
		}
		print_test(out, result, i, color);
		n_shown++;
	}
	if (n_more > 0)
		fprintf(out, "\n  and %zu more that did not pass (--json has them all)\n", n_more);
	if (n_not_run > 0)
		fprintf(out, "\n  %zu not run\n", n_not_run);
	if (n_skipped > 0)
		fprintf(out, "\n  %zu skipped\n", n_skipped);
	if (n_shown + n_not_run + n_skipped > 0)
		fputc('\n', out);
}

static void print_output(FILE *out, const assay_result *result, const char *label,
			 enum assay_result_text which, enum assay_result_number dropped)
{
	uint64_t n_dropped = assay_result_number(result, dropped);

	print_result_text(out, result, label, which, OUTPUT_SHOWN_BYTES);
	if (n_dropped > 0)
		fprintf(out, "%-*s (%" PRIu64 " bytes beyond the limit were dropped)\n",
			LABEL_WIDTH, "", n_dropped);
}

static void print_violations(FILE *out, const assay_result *result)
{
	const char *syscall;
	uint32_t count;

	if (assay_result_number(result, ASSAY_RESULT_N_VIOLATIONS) == 0)
		return;
	fprintf(out, "%-*s ", LABEL_WIDTH, "violations");
	for (size_t i = 0; (syscall = assay_result_violation(result, i, &count)) != NULL; i++) {
		fputs(i > 0 ? ", " : "", out);
		terminal_write(out, syscall, strlen(syscall), -1);
		fprintf(out, " x%" PRIu32, count);
	}
	fputc('\n', out);
}

static void print_usage(FILE *out, const assay_result *result)
{
	fprintf(out,
		"%-*s cpu %.1f ms, wall %.1f ms, queued %.1f ms, memory %.1f MiB, "
		"processes %" PRIu64 "\n",
		LABEL_WIDTH, "usage",
		(double)assay_result_number(result, ASSAY_RESULT_CPU_NS) / 1e6,
		(double)assay_result_number(result, ASSAY_RESULT_WALL_NS) / 1e6,
		(double)assay_result_number(result, ASSAY_RESULT_QUEUE_NS) / 1e6,
		(double)assay_result_number(result, ASSAY_RESULT_MEMORY_PEAK_BYTES) / 1048576,
		assay_result_number(result, ASSAY_RESULT_PROCESSES_PEAK));
}

/* "repeats     5 runs, not all alike: 4 PASSED, 1 FAILED" */
static void print_repeats(FILE *out, const assay_result *result)
{
	uint64_t runs = assay_result_number(result, ASSAY_RESULT_REPEAT_RUNS);
	const char *separator = ":";

	if (runs == 0)
		return;
	fprintf(out, "%-*s %" PRIu64 " runs, %s", LABEL_WIDTH, "repeats", runs,
		assay_result_number(result, ASSAY_RESULT_REPEATS_AGREE) ? "all alike"
									: "not all alike");
	for (unsigned int i = ASSAY_VERDICT_UNKNOWN; i <= ASSAY_INFRA; i++) {
		uint64_t count = assay_result_repeat_count(result, i);

		if (count == 0)
			continue;
		fprintf(out, "%s %" PRIu64 " %s", separator, count, assay_verdict_name(i));
		separator = ",";
	}
	fputc('\n', out);
}

static void print_control(FILE *out, const assay_result *result)
{
	static const char *const texts[] = {
		[ASSAY_CONTROL_HELD] = "with altered expectations it fails, as it must",
		[ASSAY_CONTROL_PASSED] = "it passes with altered expectations, too",
		[ASSAY_CONTROL_IMPOSSIBLE] = "the tests have no expectation to alter",
	};
	const char *text = texts[assay_result_control(result)];

	if (text != NULL)
		fprintf(out, "%-*s %s\n", LABEL_WIDTH, "control", text);
}

static void print_environment(FILE *out, const assay_result *result)
{
	const char *text;

	if (assay_result_number(result, ASSAY_RESULT_N_ENVIRONMENT) == 0)
		return;
	fprintf(out, "%-*s", LABEL_WIDTH, "environment");
	for (size_t i = 0; (text = assay_result_environment(result, i)) != NULL; i++) {
		fputc(' ', out);
		terminal_write(out, text, strlen(text), -1);
	}
	fputc('\n', out);
}

static void print_isolation(FILE *out, const assay_result *result)
{
	size_t column = LABEL_WIDTH + 1;
	const char *layer;

	fprintf(out, "%-*s ", LABEL_WIDTH, "isolation");
	for (size_t i = 0; (layer = assay_result_isolation(result, i)) != NULL; i++) {
		size_t len = strlen(layer) + strlen(", ");

		if (column + len > LINE_WIDTH) {
			fprintf(out, "\n%*s", LABEL_WIDTH + 1, "");
			column = LABEL_WIDTH + 1;
		}
		terminal_write(out, layer, strlen(layer), -1);
		fputs(", ", out);
		column += len;
	}
	if (column + strlen("integrity UNKNOWN") > LINE_WIDTH)
		fprintf(out, "\n%*s", LABEL_WIDTH + 1, "");
	fprintf(out, "integrity %s\n", assay_integrity_name(assay_result_integrity(result)));
}

void report_print(FILE *out, const assay_result *result, const char *title, bool color)
{
	print_verdict(out, result, title, color);
	print_result_text(out, result, "why", ASSAY_RESULT_DETAIL, VALUE_SHOWN_BYTES);
	print_run_error(out, result);
	print_tests(out, result, color);
	print_result_text(out, result, "feedback", ASSAY_RESULT_FEEDBACK, OUTPUT_SHOWN_BYTES);
	print_result_text(out, result, "compiler", ASSAY_RESULT_COMPILE_OUTPUT, OUTPUT_SHOWN_BYTES);
	print_violations(out, result);
	print_output(out, result, "stdout", ASSAY_RESULT_STDOUT, ASSAY_RESULT_STDOUT_DROPPED_BYTES);
	print_output(out, result, "stderr", ASSAY_RESULT_STDERR, ASSAY_RESULT_STDERR_DROPPED_BYTES);
	print_repeats(out, result);
	print_usage(out, result);
	print_isolation(out, result);
	print_result_text(out, result, "shared", ASSAY_RESULT_SHARED_BECAUSE, VALUE_SHOWN_BYTES);
	print_control(out, result);
	print_environment(out, result);
	print_result_text(out, result, "runtime", ASSAY_RESULT_RUNTIME, VALUE_SHOWN_BYTES);
}
