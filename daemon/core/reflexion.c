/*
 * Wording the verdict in Reflexion's form. Broker; pure.
 *
 * The list of failed tests is made first, aside, because it is what the reader needs: the list of
 * passed ones, which comes before it, gets what room is left.
 */
#include "core/reflexion.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/excerpt.h"

#define VALUE_MAX 300
#define TEST_MAX 1000
/* For "\n... (65536 more)" behind the passed tests. */
#define MORE_BYTES 24

bool reflexion_applies(const struct feedback_input *input)
{
	return input->task->feedback_form == TASK_FEEDBACK_REFLEXION &&
	       input->task->kind != TASK_STDIO && input->reveal->level != TASK_REVEAL_NONE;
}

/* The assertion, or what of it may be told; empty if nothing is known of it. */
static struct slice text_of(const struct feedback_input *input, uint32_t index)
{
	const struct test_record *test = &input->examination->tests[index];
	struct slice found = test->call;

	if (input->reveal->level == TASK_REVEAL_FULL) {
		found = test->source.len > 0 ? test->source : test->call;
		if (test->source.len == 0 && input->task->kind == TASK_ASSERTS &&
		    index < input->task->n_tests)
			found = input->task->tests[index];
	}
	if (found.len == 0)
		found = test->name;
	while (found.len > 0 && found.bytes[found.len - 1] == '\n')
		found.len--;
	return found;
}

static void append_test(struct text *text, const struct feedback_input *input, uint32_t index)
{
	struct slice shown = text_of(input, index);

	if (shown.len > 0)
		text_append_value(text, shown, TEST_MAX);
	else
		text_append(text, "test %" PRIu32, index + 1);
}

/* ---------------------------------------------------------------- outputs */

static void append_error(struct text *text, const struct test_error *error, enum reveal_error told)
{
	if (told >= REVEAL_ERROR_MESSAGE && error->message.len > 0)
		text_append_value(text, error->message, VALUE_MAX);
	else if (told >= REVEAL_ERROR_TYPE && error->type.len > 0)
		text_append_value(text, error->type, VALUE_MAX);
	else
		text_append(text, "an exception");
}

static void append_value(struct text *text, const struct test_record *test,
			 const struct reveal *reveal)
{
	struct excerpt excerpt;

	if (reveal->level != TASK_REVEAL_FULL) {
		text_append_value(text, test->actual, VALUE_MAX);
		return;
	}
	excerpt = excerpt_of_difference(test->expected, test->actual, VALUE_MAX);
	text_append(text, excerpt.is_behind ? "..." : "");
	text_append_value(text, excerpt.actual, VALUE_MAX + 3);
	text_append(text, excerpt.has_more[1] ? "..." : "");
}

static bool is_time_limit(enum verdict_code code)
{
	return code == VERDICT_CPU_LIMIT || code == VERDICT_WALL_LIMIT;
}

/* Of a test that has no outcome. */
static void append_reason(struct text *text, const struct feedback_input *input, bool is_first)
{
	const struct examination *examination = input->examination;

	if (examination->fault == EXAMINATION_COMPILE || examination->fault == EXAMINATION_LOAD)
		append_error(text, &examination->error,
			     reveal_of_fault(input->reveal, examination));
	else if (!is_first)
		text_append(text, "not run");
	else if (is_time_limit(input->verdict->code))
		text_append(text, "TIMEOUT");
	else
		text_append(text, "%s", input->verdict->detail);
}

static void append_output(struct text *text, const struct feedback_input *input, uint32_t index,
			  bool is_first)
{
	const struct test_record *test = &input->examination->tests[index];

	text_append(text, " # output: ");
	if (test->outcome == TEST_NOT_RUN)
		append_reason(text, input, is_first);
	else if (test->outcome == TEST_TIME_LIMIT)
		text_append(text, "TIMEOUT");
	else if (test->outcome == TEST_FAILED && test->actual.len > 0)
		append_value(text, test, input->reveal);
	else
		append_error(text, &test->error, reveal_of_test_error(input->reveal, &test->error));
}

/* ---------------------------------------------------------------- lists */

/* A test without an outcome has failed if the examination did not come to its end; it is told where
 * its text is known. */
static bool is_failed(const struct feedback_input *input, uint32_t index)
{
	const struct examination *examination = input->examination;
	enum test_outcome outcome = examination->tests[index].outcome;

	if (reveal_hides(input->reveal, index))
		return false;
	if (outcome != TEST_NOT_RUN)
		return outcome_is_failure(outcome);
	return (!examination->is_complete || examination->fault != EXAMINATION_OK) &&
	       text_of(input, index).len > 0;
}

static void append_failed(struct text *text, const struct feedback_input *input)
{
	bool is_first = true;

	text_append(text, "\n\nTests failed:");
	for (uint32_t i = 0; i < input->examination->n_tests; i++) {
		if (!is_failed(input, i))
			continue;
		text_append(text, "\n");
		append_test(text, input, i);
		append_output(text, input, i, is_first);
		is_first = is_first && input->examination->tests[i].outcome != TEST_NOT_RUN;
	}
}

static void append_hidden(struct text *text, const struct feedback_input *input)
{
	uint32_t n = 0, n_passed = 0;

	for (uint32_t i = 0; i < input->examination->n_tests; i++) {
		if (!reveal_hides(input->reveal, i))
			continue;
		n++;
		n_passed += input->examination->tests[i].outcome == TEST_PASSED;
	}
	if (n > 0)
		text_append(text, "\n\nHidden tests: %" PRIu32 " of %" PRIu32 " passed.", n_passed,
			    n);
}

/* As many as fit in front of `reserved` bytes. */
static void append_passed(struct text *text, const struct feedback_input *input, size_t reserved)
{
	struct text rest = *text;
	uint32_t n_left = 0;

	text_append(text, "Tested passed:");
	for (uint32_t i = 0; i < input->examination->n_tests; i++) {
		if (input->examination->tests[i].outcome != TEST_PASSED ||
		    reveal_hides(input->reveal, i))
			continue;
		rest = *text;
		text_append(&rest, "\n");
		append_test(&rest, input, i);
		if (n_left > 0 || rest.is_cut || rest.len + reserved + MORE_BYTES > text->size)
			n_left++;
		else
			*text = rest;
	}
	if (n_left > 0)
		text_append(text, "\n... (%" PRIu32 " more)", n_left);
}

void reflexion_append(struct text *text, const struct feedback_input *input)
{
	struct text failed = {.bytes = xmalloc(text->size), .size = text->size};

	append_failed(&failed, input);
	append_hidden(&failed, input);
	append_passed(text, input, failed.len);
	text_append_bytes(text, failed.bytes, failed.len);
	text->is_cut = text->is_cut || failed.is_cut;
	free(failed.bytes);
}
