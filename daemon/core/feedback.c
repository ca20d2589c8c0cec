/*
 * Wording the verdict. The first failing tests are described with call, value and expectation;
 * limits with their numbers. A text_buffer keeps the result bounded: what does not fit is cut once,
 * at the end.
 */
#include "core/feedback.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Failing tests that are described one by one. */
#define DESCRIBED_MAX 3
/* Bytes of one value in a sentence. */
#define VALUE_MAX 300

struct text_buffer {
	char *text;
	size_t size; /* with room for the NUL */
	size_t len;
	bool is_cut;
};

static void append_bytes(struct text_buffer *buffer, const char *bytes, size_t len)
{
	size_t room = buffer->size - 1 - buffer->len;

	if (len > room) {
		len = room;
		buffer->is_cut = true;
	}
	memcpy(buffer->text + buffer->len, bytes, len);
	buffer->len += len;
}

static void append(struct text_buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct text_buffer *buffer, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	append_bytes(buffer, line, strlen(line));
}

/* Text of the other side: bounded, control bytes but newline and tab escaped. */
static void append_value(struct text_buffer *buffer, struct slice value, size_t max)
{
	size_t len = value.len < max ? value.len : max;

	while (len > 0 && len < value.len && (value.bytes[len] & 0xc0) == 0x80)
		len--;
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = value.bytes[i];

		if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)
			append(buffer, "\\x%02x", byte);
		else
			append_bytes(buffer, (const char *)&value.bytes[i], 1);
	}
	if (len < value.len)
		append(buffer, "...");
}

bool feedback_may_quote(const struct test_error *error, enum task_reveal reveal)
{
	if (reveal == TASK_REVEAL_INPUTS)
		return !slice_is(error->type, "AssertionError");
	return reveal == TASK_REVEAL_FULL;
}

enum task_reveal feedback_fault_reveal(const struct examination *examination,
				       enum task_reveal reveal)
{
	bool is_own =
		examination->fault == EXAMINATION_COMPILE || examination->fault == EXAMINATION_LOAD;

	return is_own ? TASK_REVEAL_FULL : reveal;
}

static void append_error(struct text_buffer *buffer, const struct test_error *error,
			 enum task_reveal reveal)
{
	append_value(buffer, error->type, VALUE_MAX);
	if (error->message.len > 0 && feedback_may_quote(error, reveal)) {
		append(buffer, ": ");
		append_value(buffer, error->message, VALUE_MAX);
	}
	if (error->line > 0)
		append(buffer, " (line %" PRIu32 " of the code)", error->line);
}

static void describe_values(struct text_buffer *buffer, const struct test_record *test,
			    enum task_reveal reveal)
{
	append_value(buffer, test->call, VALUE_MAX);
	append(buffer, " returned ");
	append_value(buffer, test->actual, VALUE_MAX);
	if (reveal == TASK_REVEAL_FULL) {
		append(buffer, ", expected ");
		append_value(buffer, test->expected, VALUE_MAX);
	}
	append(buffer, ".");
}

static void describe_test(struct text_buffer *buffer, const struct test_record *test,
			  uint32_t index, enum task_reveal reveal)
{
	struct slice shown = test->call.len > 0 ? test->call : test->source;

	if (reveal != TASK_REVEAL_NONE && test->outcome == TEST_FAILED && test->actual.len > 0 &&
	    test->call.len > 0) {
		describe_values(buffer, test, reveal);
		return;
	}
	if (reveal == TASK_REVEAL_NONE || (reveal == TASK_REVEAL_INPUTS && test->call.len == 0) ||
	    shown.len == 0)
		append(buffer, "test %" PRIu32, index + 1);
	else
		append_value(buffer, shown, VALUE_MAX);
	if (test->outcome == TEST_FAILED &&
	    (test->error.message.len == 0 || !feedback_may_quote(&test->error, reveal))) {
		append(buffer, " does not hold.");
		return;
	}
	append(buffer, test->outcome == TEST_FAILED ? " failed: " : " raised ");
	append_error(buffer, &test->error, reveal);
	append(buffer, ".");
}

static void append_piece(struct text_buffer *buffer, struct slice piece, bool is_end)
{
	if (is_end) {
		append(buffer, "the end of the output");
		return;
	}
	append(buffer, "\"");
	append_value(buffer, piece, VALUE_MAX);
	append(buffer, "\"");
}

static void describe_difference(struct text_buffer *buffer, const struct test_record *test,
				enum task_reveal reveal)
{
	const struct output_difference *difference = &test->difference;

	if (reveal == TASK_REVEAL_NONE) {
		append(buffer, ": wrong output.");
	} else if (reveal == TASK_REVEAL_INPUTS) {
		append(buffer, ": wrong output: \"");
		append_value(buffer, test->actual, VALUE_MAX);
		append(buffer, "\".");
	} else {
		append(buffer, ": expected ");
		append_piece(buffer, difference->expected, difference->is_expected_end);
		append(buffer, ", got ");
		append_piece(buffer, difference->actual, difference->is_actual_end);
		append(buffer, " (line %zu of the output).", difference->line);
	}
}

/* "case 2 ('name'): expected ..., got ..." */
static void describe_case(struct text_buffer *buffer, const struct test_record *test,
			  uint32_t index, enum task_reveal reveal)
{
	append(buffer, "case %" PRIu32, index + 1);
	if (reveal != TASK_REVEAL_NONE && test->name.len > 0) {
		append(buffer, " ('");
		append_value(buffer, test->name, VALUE_MAX);
		append(buffer, "')");
	}
	if (test->outcome == TEST_FAILED) {
		describe_difference(buffer, test, reveal);
	} else if (test->error.type.len > 0) {
		append(buffer, ": it raised ");
		append_error(buffer, &test->error, reveal);
		append(buffer, ".");
	} else {
		append(buffer, ": ");
		append_value(buffer, test->error.message, VALUE_MAX);
		append(buffer, ".");
	}
	if (reveal != TASK_REVEAL_NONE && test->source.len > 0) {
		append(buffer, " Its input: \"");
		append_value(buffer, test->source, VALUE_MAX);
		append(buffer, "\".");
	}
}

static void describe_failures(struct text_buffer *buffer, const struct feedback_input *input)
{
	const struct examination *examination = input->examination;
	struct test_counts counts = examination_count(examination);
	uint32_t not_passed = counts.failed + counts.errors;
	uint32_t described = 0;

	append(buffer, "%" PRIu32 " of %" PRIu32 " %s %s.", not_passed, counts.total,
	       input->are_cases ? "cases" : "tests",
	       counts.errors == 0 ? "failed" : "did not pass");
	for (uint32_t i = 0; i < examination->n_tests && described < DESCRIBED_MAX; i++) {
		if (examination->tests[i].outcome <= TEST_PASSED)
			continue;
		append(buffer, described == 0 ? " First: " : "\nThen: ");
		if (input->are_cases)
			describe_case(buffer, &examination->tests[i], i, input->reveal);
		else
			describe_test(buffer, &examination->tests[i], i, input->reveal);
		described++;
	}
	if (counts.total > counts.run)
		append(buffer, "\n%" PRIu32 " %s were not reached.", counts.total - counts.run,
		       input->are_cases ? "cases" : "tests");
}

static void describe_limit(struct text_buffer *buffer, const struct feedback_input *input)
{
	const struct limits *limits = &input->limits;

	append(buffer, "%s ", input->verdict->detail);
	switch (input->verdict->code) {
	case VERDICT_CPU_LIMIT:
		append(buffer, "The limit is %" PRIu64 " ms of CPU time.", limits->cpu_ms);
		break;
	case VERDICT_WALL_LIMIT:
		append(buffer, "The limit is %" PRIu64 " ms.", limits->wall_ms);
		break;
	case VERDICT_MEMORY_LIMIT:
		append(buffer, "The limit is %" PRIu64 " MiB.", limits->memory_bytes >> 20);
		break;
	case VERDICT_OUTPUT_LIMIT:
		if (input->are_cases) {
			append(buffer, "The limit is %" PRIu64 " bytes.", limits->output_bytes);
			break;
		}
		append(buffer, "The limit is %" PRIu64 " bytes each for stdout and stderr.",
		       limits->output_bytes * LIMITS_FLOOD_FACTOR);
		break;
	default:
		append(buffer, "The limit is %" PRIu32 " at one time.", limits->processes);
		break;
	}
	append(buffer, " %" PRIu32 " %s had passed before.",
	       examination_count(input->examination).passed, input->are_cases ? "cases" : "tests");
}

static void describe_fault(struct text_buffer *buffer, const struct feedback_input *input)
{
	append(buffer, "%s", input->verdict->detail);
	if (input->examination->error.type.len > 0) {
		append(buffer, " ");
		append_error(buffer, &input->examination->error,
			     feedback_fault_reveal(input->examination, input->reveal));
	}
}

static void describe(struct text_buffer *buffer, const struct feedback_input *input)
{
	const struct examination *examination = input->examination;

	switch (input->verdict->code) {
	case VERDICT_PASSED:
		append(buffer, "All %" PRIu32 " %s passed.", examination_count(examination).total,
		       input->are_cases ? "cases" : "tests");
		break;
	case VERDICT_FAILED:
	case VERDICT_ERROR:
		if (examination->fault == EXAMINATION_OK &&
		    examination_first_failure(examination) != NULL) {
			describe_failures(buffer, input);
			break;
		}
		describe_fault(buffer, input);
		break;
	case VERDICT_CPU_LIMIT:
	case VERDICT_WALL_LIMIT:
	case VERDICT_MEMORY_LIMIT:
	case VERDICT_OUTPUT_LIMIT:
	case VERDICT_PROCESS_LIMIT:
		describe_limit(buffer, input);
		break;
	default:
		describe_fault(buffer, input);
		break;
	}
}

/* Drops a UTF-8 character that the cut has left incomplete, then marks the cut. */
static void finish_cut(struct text_buffer *buffer)
{
	static const char mark[] = "\xe2\x80\xa6";

	if (buffer->len < sizeof(mark))
		return;
	buffer->len -= sizeof(mark) - 1;
	while (buffer->len > 0 && ((uint8_t)buffer->text[buffer->len] & 0xc0) == 0x80)
		buffer->len--;
	memcpy(buffer->text + buffer->len, mark, sizeof(mark) - 1);
	buffer->len += sizeof(mark) - 1;
}

size_t feedback_write(const struct feedback_input *input, char *text, size_t size)
{
	struct text_buffer buffer = {.text = text, .size = size};

	if (size == 0)
		return 0;
	describe(&buffer, input);
	if (buffer.is_cut)
		finish_cut(&buffer);
	text[buffer.len] = '\0';
	return buffer.len;
}
