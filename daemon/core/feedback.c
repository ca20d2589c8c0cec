/*
 * Wording the verdict in the plain form. Broker; pure.
 *
 * Written for a language model that gets it as its only hint: short lines with fixed labels, the
 * smallest failing case first because it is the easiest to reason about, values as the language
 * writes them. What is long is shown around its first difference. The tests' own part of this
 * (describe_failure) is told as far as `reveal` permits, which is asked for each text.
 */
#include "core/feedback.h"

#include <inttypes.h>

#include "base/clock.h"
#include "core/excerpt.h"
#include "core/feedback_case.h"
#include "core/reflexion.h"
#include "core/text.h"

/* Failing tests that are described one by one. */
#define DESCRIBED_MAX 3
/* Bytes of one value, of a call, of a line of code. */
#define VALUE_MAX 300
#define CALL_MAX 400
#define LINE_MAX_BYTES 200

static const char *noun_of(const struct feedback_input *input, uint32_t n)
{
	if (input->task->kind == TASK_STDIO)
		return n == 1 ? "case" : "cases";
	return n == 1 ? "test" : "tests";
}

/* "3 of 7 tests passed." */
static void append_counts(struct text *text, const struct feedback_input *input)
{
	struct test_counts counts = examination_count(input->examination);

	text_append(text, "%" PRIu32 " of %" PRIu32 " %s passed.", counts.passed, counts.total,
		    noun_of(input, counts.total));
	if (counts.total > counts.run && counts.run > counts.passed)
		text_append(text, " %" PRIu32 " of them %s not reached.", counts.total - counts.run,
			    counts.total - counts.run == 1 ? "was" : "were");
}

/* ---------------------------------------------------------------- errors */

static void append_line(struct text *text, const struct feedback_input *input, uint32_t line)
{
	struct slice quoted = excerpt_line(input->code, line);

	if (line == 0)
		return;
	text_append(text, "\nAt line %" PRIu32 " of the code", line);
	if (quoted.len > 0) {
		text_append(text, ": ");
		text_append_value(text, quoted, LINE_MAX_BYTES);
	}
}

void feedback_append_error(struct text *text, const struct feedback_input *input,
			   const struct test_error *error, enum reveal_error told)
{
	if (told == REVEAL_ERROR_NOTHING)
		return;
	text_append_value(text, error->type, VALUE_MAX);
	if (error->message.len > 0 && told >= REVEAL_ERROR_MESSAGE) {
		if (error->type.len > 0)
			text_append(text, ": ");
		text_append_value(text, error->message, VALUE_MAX);
	}
	append_line(text, input, error->line);
}

/* ---------------------------------------------------------------- a failing test */

static void append_part(struct text *text, const char *label, struct slice part, bool is_behind,
			bool has_more)
{
	text_append(text, "\n%s: %s", label, is_behind ? "..." : "");
	text_append_value(text, part, VALUE_MAX + 3);
	text_append(text, has_more ? "..." : "");
}

static void append_values(struct text *text, const struct test_record *test,
			  const struct reveal *reveal)
{
	struct excerpt excerpt;

	if (reveal->level != TASK_REVEAL_FULL) {
		text_append(text, "\nActual: ");
		text_append_value(text, test->actual, VALUE_MAX);
		return;
	}
	excerpt = excerpt_of_difference(test->expected, test->actual, VALUE_MAX);
	append_part(text, "Expected", excerpt.expected, excerpt.is_behind, excerpt.has_more[0]);
	append_part(text, "Actual", excerpt.actual, excerpt.is_behind, excerpt.has_more[1]);
	if (excerpt.character > 0 &&
	    (excerpt.has_more[0] || excerpt.has_more[1] || excerpt.is_behind))
		text_append(text, "\nFirst difference: at character %zu.", excerpt.character);
}

/* What the test tried, as far as it may be told. */
static void append_subject(struct text *text, const struct feedback_input *input, uint32_t index)
{
	const struct test_record *test = &input->examination->tests[index];
	bool is_full = input->reveal->level == TASK_REVEAL_FULL;
	struct slice source = test->source;

	if (source.len == 0 && input->task->kind == TASK_ASSERTS && index < input->task->n_tests)
		source = input->task->tests[index];
	if (test->call.len > 0)
		text_append_value(text, test->call, CALL_MAX);
	else if (source.len > 0 && is_full)
		text_append_value(text, source, CALL_MAX);
	else if (test->name.len > 0)
		text_append_value(text, test->name, CALL_MAX);
	else
		text_append(text, "number %" PRIu32, index + 1);
}

static void append_raised(struct text *text, const struct feedback_input *input,
			  const struct test_record *test)
{
	enum reveal_error told = reveal_of_test_error(input->reveal, &test->error);

	if (test->error.type.len == 0 && test->error.message.len == 0) {
		text_append(text, "\nIt did not come to its end.");
		return;
	}
	text_append(text, test->error.type.len > 0 ? "\nRaised: " : "\nFailed: ");
	feedback_append_error(text, input, &test->error, told);
}

static void describe_test(struct text *text, const struct feedback_input *input, uint32_t index)
{
	const struct test_record *test = &input->examination->tests[index];
	enum reveal_error told = reveal_of_test_error(input->reveal, &test->error);

	append_subject(text, input, index);
	if (test->outcome == TEST_TIME_LIMIT) {
		text_append(text, "\nIt took longer than allowed.");
		return;
	}
	if (test->actual.len > 0) /* of a test that raised: what it had been given before */
		append_values(text, test, input->reveal);
	if (test->outcome != TEST_FAILED) {
		append_raised(text, input, test);
		return;
	}
	if (test->actual.len == 0)
		text_append(text, "\nIt does not hold.");
	if (test->error.message.len > 0 && told >= REVEAL_ERROR_MESSAGE) {
		text_append(text, "\nThe test says: ");
		text_append_value(text, test->error.message, VALUE_MAX);
	}
}

/* ---------------------------------------------------------------- all of them */

static size_t size_of(const struct test_record *test)
{
	return (test->call.len > 0 ? test->call.len : test->source.len) + test->expected.len +
	       test->actual.len + test->error.message.len;
}

static bool is_described(const struct feedback_input *input, uint32_t index)
{
	return outcome_is_failure(input->examination->tests[index].outcome) &&
	       !reveal_hides(input->reveal, index);
}

/* The next larger one behind `last` (n_tests: the smallest); n_tests if there is none. Of two that
 * are alike the first comes first. */
static uint32_t next_failure(const struct feedback_input *input, uint32_t last)
{
	const struct examination *examination = input->examination;
	uint32_t n = examination->n_tests, found = n;
	size_t last_size = last < n ? size_of(&examination->tests[last]) : 0, found_size = 0;

	for (uint32_t i = 0; i < n; i++) {
		size_t size = size_of(&examination->tests[i]);
		bool is_next = last == n || size > last_size || (size == last_size && i > last);

		if (is_described(input, i) && is_next && (found == n || size < found_size)) {
			found = i;
			found_size = size;
		}
	}
	return found;
}

static void describe_failures(struct text *text, const struct feedback_input *input, uint32_t max)
{
	const char *noun = noun_of(input, 1);
	uint32_t n = input->examination->n_tests, at = n, left = 0;

	for (uint32_t i = 0; i < n; i++)
		left += is_described(input, i);
	for (uint32_t i = 0; i < max && i < left; i++) {
		at = next_failure(input, at);
		text_append(text, "\n\n%s %s: ",
			    i > 0      ? "Another failing"
			    : left > 1 ? "Smallest failing"
				       : "Failing",
			    noun);
		if (input->task->kind == TASK_STDIO)
			feedback_append_case(text, input, at);
		else
			describe_test(text, input, at);
	}
	if (left > max && max > 0)
		text_append(text, "\n\n%" PRIu32 " more failed.", left - max);
}

/* Counts and kinds, where nothing else may be told. */
static void describe_kinds(struct text *text, const struct feedback_input *input)
{
	struct test_counts counts = examination_count(input->examination);
	const struct examination *examination = input->examination;

	if (counts.failed > 0)
		text_append(text, "\n%" PRIu32 " gave a wrong answer.", counts.failed);
	if (counts.errors > 0)
		text_append(text, "\n%" PRIu32 " did not come to an end by %s.", counts.errors,
			    counts.errors == 1 ? "itself" : "themselves");
	for (uint32_t i = 0; i < examination->n_tests; i++) {
		const struct test_record *test = &examination->tests[i];

		if (!is_described(input, i) || test->outcome == TEST_FAILED ||
		    test->error.type.len == 0 || input->reveal->is_mute)
			continue;
		text_append(text, " The first raised ");
		text_append_value(text, test->error.type, VALUE_MAX);
		text_append(text, ".");
		break;
	}
}

static void describe_tests(struct text *text, const struct feedback_input *input, uint32_t max)
{
	uint32_t n_hidden = 0;

	if (input->reveal->level == TASK_REVEAL_NONE) {
		describe_kinds(text, input);
		return;
	}
	for (uint32_t i = 0; i < input->examination->n_tests; i++)
		n_hidden += outcome_is_failure(input->examination->tests[i].outcome) &&
			    reveal_hides(input->reveal, i);
	if (n_hidden > 0)
		text_append(text, "\n%" PRIu32 " hidden %s did not pass.", n_hidden,
			    noun_of(input, n_hidden));
	describe_failures(text, input, max);
}

/* ---------------------------------------------------------------- limits */

static double seconds(uint64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* The limits of stdio are those of each case, its facts are sums: the case that was stopped knows.
 */
static uint64_t cpu_used_ns(const struct feedback_input *input)
{
	const struct examination *examination = input->examination;

	if (input->task->kind != TASK_STDIO)
		return input->facts->cpu_ns;
	for (uint32_t i = 0; i < examination->n_tests; i++)
		if (examination->tests[i].outcome == TEST_TIME_LIMIT)
			return examination->tests[i].cpu_ns;
	return 0;
}

static void append_wall(struct text *text, const struct feedback_input *input)
{
	if (input->task->kind != TASK_STDIO)
		text_append(text, "took %.2f s, ", seconds(input->facts->wall_ns));
	text_append(text, "computed for %.2f s, allowed %.2f s", seconds(cpu_used_ns(input)),
		    (double)input->task->limits.wall_ms / 1e3);
}

static void append_measure(struct text *text, const struct feedback_input *input)
{
	const struct limits *limits = &input->task->limits;
	double mib = 1 << 20;

	switch (input->verdict->code) {
	case VERDICT_CPU_LIMIT:
		text_append(text, "used %.2f s of CPU time, allowed %.2f s",
			    seconds(cpu_used_ns(input)), (double)limits->cpu_ms / 1e3);
		break;
	case VERDICT_WALL_LIMIT:
		append_wall(text, input);
		break;
	case VERDICT_MEMORY_LIMIT:
		text_append(text, "allowed %.0f MiB", (double)limits->memory_bytes / mib);
		if (input->memory_peak_bytes > 0)
			text_append(text, ", its largest process had %.0f MiB",
				    (double)input->memory_peak_bytes / mib);
		break;
	case VERDICT_OUTPUT_LIMIT:
		text_append(text, "wrote at least %" PRIu64 " bytes, allowed %" PRIu64,
			    input->output_bytes,
			    input->task->kind == TASK_STDIO
				    ? limits->output_bytes
				    : limits->output_bytes * LIMITS_FLOOD_FACTOR);
		break;
	default:
		text_append(text, "allowed %" PRIu32 " at one time", limits->processes);
		break;
	}
}

/* Of `asserts`, whose tests run in order: the one that was running when the run was ended. */
static void append_interrupted(struct text *text, const struct feedback_input *input)
{
	const struct examination *examination = input->examination;
	const struct task *task = input->task;
	uint32_t i = 0;

	if (task->kind != TASK_ASSERTS || examination->state != EXAMINATION_TESTING ||
	    input->reveal->level != TASK_REVEAL_FULL)
		return;
	while (i < examination->n_tests && examination->tests[i].outcome != TEST_NOT_RUN)
		i++;
	if (i >= examination->n_tests || i >= task->n_tests || reveal_hides(input->reveal, i))
		return;
	text_append(text, "\nIt happened in: ");
	text_append_value(text, task->tests[i], CALL_MAX);
}

static void describe_limit(struct text *text, const struct feedback_input *input)
{
	size_t len = __builtin_strlen(input->verdict->detail);

	if (len > 0 && input->verdict->detail[len - 1] == '.')
		len--;
	text_append(text, "\n%.*s: ", (int)len, input->verdict->detail);
	append_measure(text, input);
	text_append(text, ".");
	append_interrupted(text, input);
	describe_tests(text, input, 1);
}

/* ---------------------------------------------------------------- the whole */

static void describe_fault(struct text *text, const struct feedback_input *input)
{
	const struct examination *examination = input->examination;

	text_append(text, "%s%s", text->len > 0 ? "\n" : "", input->verdict->detail);
	if (examination->fault == EXAMINATION_OK ||
	    (examination->error.type.len == 0 && examination->error.message.len == 0) ||
	    reveal_of_fault(input->reveal, examination) == REVEAL_ERROR_NOTHING)
		return;
	text_append(text, "\n");
	feedback_append_error(text, input, &examination->error,
			      reveal_of_fault(input->reveal, examination));
}

static bool is_limit(enum verdict_code code)
{
	return code >= VERDICT_CPU_LIMIT && code <= VERDICT_PROCESS_LIMIT;
}

static bool has_violations(const struct violations *violations)
{
	return violations->n_calls > 0 || violations->others > 0;
}

/* Why it is a violation, if no refused call says it. */
static void describe_tests_and_reason(struct text *text, const struct feedback_input *input)
{
	describe_tests(text, input, DESCRIBED_MAX);
	if (input->verdict->code == VERDICT_VIOLATION && !has_violations(&input->facts->violations))
		text_append(text, "\n%s", input->verdict->detail);
}

static void append_plain(struct text *text, const struct feedback_input *input)
{
	enum verdict_code code = input->verdict->code;
	const struct examination *examination = input->examination;

	if (code == VERDICT_PASSED) {
		uint32_t total = examination_count(examination).total;

		text_append(text, "All %" PRIu32 " %s passed.", total, noun_of(input, total));
		return;
	}
	if (examination->n_tests > 0 && input->verdict->fault == FAULT_CANDIDATE)
		append_counts(text, input);
	if (is_limit(code))
		describe_limit(text, input);
	else if ((code == VERDICT_FAILED || code == VERDICT_ERROR || code == VERDICT_VIOLATION) &&
		 examination->fault == EXAMINATION_OK &&
		 examination_first_failure(examination) != NULL)
		describe_tests_and_reason(text, input);
	else
		describe_fault(text, input);
}

static void append_violations(struct text *text, const struct violations *violations)
{
	if (!has_violations(violations))
		return;
	text_append(text, "\nRefused system calls:");
	for (uint32_t i = 0; i < violations->n_calls; i++) {
		text_append(text, "%s %s", i == 0 ? "" : ",",
			    violation_name(violations->calls[i].number));
		if (violations->calls[i].count > 1)
			text_append(text, " (%" PRIu32 " times)", violations->calls[i].count);
	}
	text_append(text, violations->others > 0 ? ", and others." : ".");
}

size_t feedback_write(const struct feedback_input *input, char *text, size_t size)
{
	struct text written = {.bytes = text, .size = size};

	if (size == 0)
		return 0;
	if (reflexion_applies(input))
		reflexion_append(&written, input);
	else
		append_plain(&written, input);
	append_violations(&written, &input->facts->violations);
	return text_finish(&written);
}
