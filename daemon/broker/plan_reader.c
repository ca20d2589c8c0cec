/*
 * Reading plans and answers: records as inside/wire.h has them. Broker.
 *
 * A plan is made of a tenant's own tests and is used for that tenant's candidates alone, but it is
 * written in a cell like any other, so every number is checked. Answers come from the candidate's
 * process: one for each call at most, in order, and nothing behind an end that it says.
 */
#include "broker/plan_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/record_reader.h"
#include "core/call_check.h"

struct reading {
	struct call_plan *plan;
	uint32_t n_texts; /* tests whose texts came */
	uint32_t max_steps;
	bool is_over;
};

/* ---------------------------------------------------------------- a plan */

static bool take_number_of_tests(struct reading *reading, const struct record *record)
{
	struct call_plan *plan = reading->plan;

	if (plan->tests != NULL || record->header.number == 0 ||
	    record->header.number > RECORD_TESTS_MAX)
		return false;
	plan->n_tests = record->header.number;
	plan->tests = xcalloc(plan->n_tests, sizeof(*plan->tests));
	plan->size += plan->n_tests * sizeof(*plan->tests);
	return true;
}

static bool take_texts(struct reading *reading, const struct record *record)
{
	if (record->header.outcome != RECORD_NOT_RUN || record->header.number != reading->n_texts ||
	    reading->n_texts >= reading->plan->n_tests)
		return false;
	reading->plan->tests[reading->n_texts++] = (struct plan_test){
		.name = record->fields[RECORD_FIELD_NAME],
		.source = record->fields[RECORD_FIELD_SOURCE],
		.call = record->fields[RECORD_FIELD_CALL],
	};
	return true;
}

static bool is_value(struct slice bytes)
{
	struct value_needs needs;

	return values_check(bytes.bytes, bytes.len, &needs) == NULL;
}

/* A digest is one of an answer that is only equal to a value. */
static bool is_expected(const struct plan_step *step)
{
	if (step->is_digest)
		return step->expected.len == RECORD_DIGEST_BYTES && step->kind == PLAN_EQUAL;
	return is_value(step->expected);
}

static struct plan_step *add_step(struct reading *reading)
{
	struct call_plan *plan = reading->plan;

	if (plan->n_steps == reading->max_steps) {
		reading->max_steps = reading->max_steps * 2 + 16;
		plan->steps = xrealloc(plan->steps, reading->max_steps * sizeof(*plan->steps));
	}
	plan->size += sizeof(*plan->steps);
	return &plan->steps[plan->n_steps++];
}

static bool take_call(struct reading *reading, const struct record *record)
{
	uint32_t test = record->header.number;
	struct slice called = record->fields[RECORD_FIELD_CALLED];

	if ((test >= reading->n_texts && test != RECORD_OUTSIDE) || !is_value(called))
		return false;
	*add_step(reading) = (struct plan_step){
		.kind = PLAN_CALL,
		.test = test,
		.call = reading->plan->n_calls++,
		.called = called,
		.place = record->fields[RECORD_FIELD_TRACEBACK],
	};
	return true;
}

static bool take_check(struct reading *reading, const struct record *record)
{
	const struct record_header *header = &record->header;
	struct plan_step step = {
		.kind = (enum plan_step_kind)header->outcome,
		.test = header->number,
		.call = header->line,
		.operations = record->fields[RECORD_FIELD_OPERATIONS],
		.expected = record->fields[RECORD_FIELD_VALUE],
		.expected_text = record->fields[RECORD_FIELD_EXPECTED],
		.call_text = record->fields[RECORD_FIELD_CALL],
		.message = record->fields[RECORD_FIELD_ERROR_MESSAGE],
		.has_message = (header->flags & RECORD_CHECK_HAS_MESSAGE) != 0,
		.is_digest = (header->flags & RECORD_CHECK_DIGEST) != 0,
		.is_quoting = (header->flags & RECORD_CHECK_QUOTES) != 0,
		.is_untold = (header->flags & RECORD_CHECK_UNTOLD) != 0,
	};

	if (header->outcome < RECORD_CHECK_EQUAL || header->outcome > RECORD_CHECK_DONE ||
	    step.test >= reading->n_texts || !is_expected(&step) ||
	    !call_operations_check(step.operations))
		return false;
	if (step.kind != PLAN_DONE && step.call >= reading->plan->n_calls)
		return false;
	if (step.is_quoting &&
	    (step.message.len == 0 || memchr(step.message.bytes, '\0', step.message.len) == NULL))
		return false;
	if (step.kind == PLAN_DONE)
		step.call = 0;
	*add_step(reading) = step;
	return true;
}

static bool take_end(struct reading *reading, const struct record *record, const uint8_t *nonce)
{
	struct slice mark = record->fields[RECORD_FIELD_NAME];
	const struct call_plan *plan = reading->plan;

	reading->is_over = true;
	return mark.len == JOB_NONCE_BYTES && memcmp(mark.bytes, nonce, JOB_NONCE_BYTES) == 0 &&
	       plan->n_tests > 0 && plan->n_calls > 0 && reading->n_texts == plan->n_tests;
}

static bool take(struct reading *reading, const struct record *record, const uint8_t *nonce)
{
	if (reading->is_over)
		return false;
	switch (record->header.type) {
	case RECORD_PLAN:
		return take_number_of_tests(reading, record);
	case RECORD_TEST:
		return take_texts(reading, record);
	case RECORD_CALL:
		return take_call(reading, record);
	case RECORD_CHECK:
		return take_check(reading, record);
	case RECORD_END:
		return take_end(reading, record, nonce);
	default:
		return false;
	}
}

int plan_read(const uint8_t *bytes, size_t len, const uint8_t nonce[JOB_NONCE_BYTES],
	      struct call_plan **plan)
{
	struct reading reading = {.plan = xcalloc(1, sizeof(*reading.plan))};
	struct record record;
	bool is_good = true;

	reading.plan->references = 1;
	reading.plan->size = sizeof(*reading.plan) + len;
	reading.plan->bytes = xmemdup(len > 0 ? bytes : (const uint8_t *)"", len);
	for (size_t at = 0; at < len && is_good; at += record.header.length)
		is_good = record_parse(reading.plan->bytes + at, len - at, &record) == 0 &&
			  take(&reading, &record, nonce);
	if (is_good && reading.is_over) {
		*plan = reading.plan;
		return 0;
	}
	call_plan_unref(reading.plan);
	return PLAN_IMPOSSIBLE;
}

/* ---------------------------------------------------------------- answers */

static bool take_answer(const struct record *record, uint32_t n, struct call_answers *answers)
{
	const struct record_header *header = &record->header;
	struct call_answer *answer;

	if (header->number >= n || header->outcome == CALL_ANSWER_NONE ||
	    header->outcome >= CALL_ANSWER_KINDS || !answers->is_loaded)
		return false;
	answer = &answers->list[header->number];
	if (answer->kind != CALL_ANSWER_NONE)
		return false;
	*answer = (struct call_answer){
		.kind = (enum call_answer_kind)header->outcome,
		.cpu_ns = header->cpu_ns,
	};
	if (answer->kind == CALL_ANSWER_VALUE || answer->kind == CALL_ANSWER_DIGEST)
		answer->value = record->fields[RECORD_FIELD_ANSWER];
	if (answer->kind == CALL_ANSWER_RAISED)
		answer->error = record_error(record);
	if (answer->kind == CALL_ANSWER_DIGEST)
		return answer->value.len == RECORD_DIGEST_BYTES &&
		       answer->value.bytes[0] < VALUE_TAGS;
	return answer->kind != CALL_ANSWER_VALUE || is_value(answer->value);
}

static bool take_fault(const struct record *record, struct call_answers *answers)
{
	if (answers->is_loaded || answers->fault != EXAMINATION_OK ||
	    (record->header.outcome != RECORD_FAULT_COMPILE &&
	     record->header.outcome != RECORD_FAULT_LOAD))
		return false;
	answers->fault = (enum examination_fault)record->header.outcome;
	answers->error = record_error(record);
	return true;
}

static bool take_from_callee(const struct record *record, uint32_t n, struct call_answers *answers)
{
	switch (record->header.type) {
	case RECORD_STATE:
		if (answers->is_loaded || answers->fault != EXAMINATION_OK)
			return false;
		answers->is_loaded = true;
		return true;
	case RECORD_ANSWER:
		return take_answer(record, n, answers);
	case RECORD_FAULT:
		return take_fault(record, answers);
	default:
		return false;
	}
}

void call_answers_read(const uint8_t *bytes, size_t len, const struct call_plan *plan,
		       struct call_answers *answers)
{
	struct record record;

	*answers = (struct call_answers){.list = xcalloc(plan->n_calls, sizeof(*answers->list))};
	for (size_t at = 0; at < len; at += record.header.length) {
		int outcome = record_parse(bytes + at, len - at, &record);

		if (outcome == RECORD_CUT)
			return;
		if (outcome == RECORD_BAD || !take_from_callee(&record, plan->n_calls, answers)) {
			answers->is_malformed = true;
			return;
		}
	}
}

void call_answers_deinit(struct call_answers *answers)
{
	free(answers->list);
	*answers = (struct call_answers){0};
}
