/*
 * Reading the records of a run. Broker.
 *
 * In SHARED examinations the writer lives in the candidate's process, so every byte may be forged:
 * each length is checked against what is there, every index against the plan, an outcome never
 * improves, and only the nonce in the very last record makes the examination complete.
 */
#include "broker/record_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static int parse_fields(const uint8_t *bytes, size_t len, struct record *record)
{
	size_t at = 0;

	for (uint32_t i = 0; i < record->header.n_fields; i++) {
		uint32_t field_len;

		if (len - at < sizeof(field_len))
			return RECORD_BAD;
		memcpy(&field_len, bytes + at, sizeof(field_len));
		at += sizeof(field_len);
		if (field_len > len - at)
			return RECORD_BAD;
		record->fields[i] = (struct slice){.bytes = bytes + at, .len = field_len};
		at += field_len;
	}
	return at == len ? 0 : RECORD_BAD;
}

int record_parse(const uint8_t *bytes, size_t len, struct record *record)
{
	struct record_header *header = &record->header;

	memset(record, 0, sizeof(*record));
	if (len < sizeof(*header))
		return RECORD_CUT;
	memcpy(header, bytes, sizeof(*header));
	if (header->magic != RECORD_MAGIC || header->length < sizeof(*header) ||
	    header->length > RECORD_BYTES_MAX || header->n_fields > RECORD_FIELDS)
		return RECORD_BAD;
	if (header->length > len)
		return RECORD_CUT;
	return parse_fields(bytes + sizeof(*header), header->length - sizeof(*header), record);
}

struct test_error record_error(const struct record *record)
{
	return (struct test_error){
		.type = record->fields[RECORD_FIELD_ERROR_TYPE],
		.message = record->fields[RECORD_FIELD_ERROR_MESSAGE],
		.traceback = record->fields[RECORD_FIELD_TRACEBACK],
		.line = record->header.line,
	};
}

static bool take_plan(const struct record *record, struct examination *examination)
{
	if (examination->is_planned || record->header.number > RECORD_TESTS_MAX)
		return false;
	examination->is_planned = true;
	examination->n_tests = record->header.number;
	examination->tests = xcalloc(examination->n_tests, sizeof(*examination->tests));
	return true;
}

static bool take_state(const struct record *record, struct examination *examination)
{
	enum examination_state state;

	if (record->header.number == RECORD_STATE_LOADING)
		state = EXAMINATION_LOADING;
	else if (record->header.number == RECORD_STATE_TESTING)
		state = EXAMINATION_TESTING;
	else
		return false;
	if (state <= examination->state)
		return false;
	examination->state = state;
	return true;
}

static bool is_outcome(uint8_t outcome)
{
	return outcome >= RECORD_PASSED && outcome <= RECORD_SKIPPED;
}

static bool take_test(const struct record *record, struct examination *examination)
{
	struct test_record *test;

	if (record->header.number >= examination->n_tests || !is_outcome(record->header.outcome))
		return false;
	test = &examination->tests[record->header.number];
	if (test->outcome > TEST_PASSED &&
	    (test->outcome != TEST_SKIPPED || record->header.outcome == RECORD_PASSED))
		return record->header.outcome > RECORD_PASSED;
	*test = (struct test_record){
		.outcome = (enum test_outcome)record->header.outcome,
		.name = record->fields[RECORD_FIELD_NAME],
		.source = record->fields[RECORD_FIELD_SOURCE],
		.call = record->fields[RECORD_FIELD_CALL],
		.expected = record->fields[RECORD_FIELD_EXPECTED],
		.actual = record->fields[RECORD_FIELD_ACTUAL],
		.error = record_error(record),
		.cpu_ns = record->header.cpu_ns,
		.is_compared_by_candidate =
			(record->header.flags & RECORD_TEST_COMPARED_BY_CANDIDATE) != 0,
	};
	return true;
}

static bool take_fault(const struct record *record, struct examination *examination)
{
	if (examination->fault != EXAMINATION_OK || record->header.outcome < RECORD_FAULT_COMPILE ||
	    record->header.outcome > RECORD_FAULT_UNPLANNABLE)
		return false;
	/* Ours, and only before the candidate's code: later nobody but the candidate says so. */
	if ((record->header.outcome == RECORD_FAULT_HARNESS ||
	     record->header.outcome == RECORD_FAULT_INSEPARABLE ||
	     record->header.outcome == RECORD_FAULT_UNPLANNABLE) &&
	    examination->state != EXAMINATION_PREPARING)
		return false;
	examination->fault = (enum examination_fault)record->header.outcome;
	examination->error = record_error(record);
	return true;
}

static uint32_t reached(const struct examination *examination)
{
	struct test_counts counts = examination_count(examination);

	return counts.run + counts.skipped;
}

static bool take_end(const struct record *record, const uint8_t *nonce,
		     struct examination *examination)
{
	struct slice mark = record->fields[RECORD_FIELD_NAME];

	if (mark.len != JOB_NONCE_BYTES || memcmp(mark.bytes, nonce, JOB_NONCE_BYTES) != 0)
		return false;
	if (examination->fault == EXAMINATION_OK &&
	    (!examination->is_planned || reached(examination) != record->header.number))
		return false;
	examination->is_complete = true;
	return true;
}

static bool take(const struct record *record, const uint8_t *nonce, struct examination *examination)
{
	if (examination->is_complete)
		return false;
	switch (record->header.type) {
	case RECORD_PLAN:
		return take_plan(record, examination);
	case RECORD_STATE:
		return take_state(record, examination);
	case RECORD_TEST:
		return take_test(record, examination);
	case RECORD_FAULT:
		return take_fault(record, examination);
	case RECORD_END:
		return take_end(record, nonce, examination);
	default:
		return false;
	}
}

void record_read(const uint8_t *bytes, size_t len, const uint8_t nonce[JOB_NONCE_BYTES],
		 struct examination *examination)
{
	struct record record;
	size_t at = 0;

	memset(examination, 0, sizeof(*examination));
	while (at < len) {
		int outcome = record_parse(bytes + at, len - at, &record);

		if (outcome == RECORD_CUT) {
			examination->is_complete = false;
			return;
		}
		if (outcome == RECORD_BAD || !take(&record, nonce, examination)) {
			examination->is_malformed = true;
			examination->is_complete = false;
			return;
		}
		at += record.header.length;
	}
}
