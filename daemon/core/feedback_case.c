/*
 * Wording a failing case of kind stdio: what the program read, where its output is not the expected
 * one, or how it ended. Broker; pure. The comparator has found the place (core/compare.h).
 */
#include "core/feedback_case.h"

#include <inttypes.h>

/* Bytes of an input, of a line of output. */
#define VALUE_MAX 300

static void append_quoted(struct text *text, struct slice piece)
{
	text_append(text, "\"");
	text_append_value(text, piece, VALUE_MAX);
	text_append(text, "\"");
}

static void append_piece(struct text *text, struct slice piece, bool is_end)
{
	if (is_end)
		text_append(text, "the end of the output");
	else
		append_quoted(text, piece);
}

static void append_difference(struct text *text, const struct test_record *test,
			      enum task_reveal level)
{
	const struct output_difference *difference = &test->difference;

	if (level != TASK_REVEAL_FULL) {
		text_append(text, "\nWrong output: ");
		append_quoted(text, test->actual);
		return;
	}
	text_append(text, "\nExpected: ");
	append_piece(text, difference->expected, difference->is_expected_end);
	text_append(text, "\nActual: ");
	append_piece(text, difference->actual, difference->is_actual_end);
	if (difference->line > 0)
		text_append(text, "\nFirst difference: at line %zu of the output.",
			    difference->line);
}

void feedback_append_case(struct text *text, const struct feedback_input *input, uint32_t index)
{
	const struct test_record *test = &input->examination->tests[index];

	text_append(text, "number %" PRIu32, index + 1);
	if (test->name.len > 0) {
		text_append(text, " (");
		text_append_value(text, test->name, VALUE_MAX);
		text_append(text, ")");
	}
	if (test->source.len > 0) {
		text_append(text, "\nInput: ");
		append_quoted(text, test->source);
	}
	if (test->outcome == TEST_FAILED) {
		append_difference(text, test, input->reveal->level);
		return;
	}
	if (test->outcome == TEST_TIME_LIMIT) {
		text_append(text, "\nIt took longer than allowed.");
		return;
	}
	if (test->error.type.len == 0 && test->error.message.len == 0)
		return;
	text_append(text, test->error.type.len > 0 ? "\nRaised: " : "\nFailed: ");
	feedback_append_error(text, input, &test->error,
			      reveal_of_test_error(input->reveal, &test->error));
}
