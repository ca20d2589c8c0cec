/*
 * What the records of a run say, test by test. Text is borrowed from the run's record bytes. Pure
 * data.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/job.h"

/* Numbers as Outcome in assay.proto. */
enum test_outcome {
	TEST_NOT_RUN = 0,
	TEST_PASSED = 1,
	TEST_FAILED = 2,
	TEST_ERROR = 3,
	TEST_TIME_LIMIT = 4,
	TEST_CRASHED = 5,
	TEST_SKIPPED = 6, /* by the tests themselves; no test of this run */
};

struct test_error {
	struct slice type;
	struct slice message;
	struct slice traceback;
	uint32_t line; /* in the candidate's code; 0: unknown */
};

/* The first lines or tokens of an output that are not as expected. */
struct output_difference {
	struct slice expected; /* their bytes, bounded */
	struct slice actual;
	bool is_expected_end; /* there is no such line in the one text, */
	bool is_actual_end;   /* or in the other */
	size_t line;          /* of the output, from 1; 0: nothing is known */
};

struct test_record {
	enum test_outcome outcome;
	struct slice name;
	struct slice source;
	struct slice call;
	struct slice expected;
	struct slice actual;
	struct test_error error;
	uint64_t cpu_ns;
	bool is_compared_by_candidate;       /* == of two objects of the candidate's decided it */
	struct output_difference difference; /* stdio; FAILED only */
};

/* What stopped the examination outside any test. Numbers as enum record_fault of inside/wire.h. */
enum examination_fault {
	EXAMINATION_OK = 0,
	EXAMINATION_COMPILE = 1,
	EXAMINATION_LOAD = 2,
	EXAMINATION_TESTS = 3,
	EXAMINATION_PROGRAM = 4,
	EXAMINATION_HARNESS = 5,
	EXAMINATION_INSEPARABLE =
		6, /* these tests need the candidate's process; nothing of it ran */
	EXAMINATION_UNPLANNABLE = 7, /* of a planner: no plan can be made of these tests */
};

enum examination_state { EXAMINATION_PREPARING, EXAMINATION_LOADING, EXAMINATION_TESTING };

struct examination {
	bool is_planned;   /* the number of tests is known */
	bool is_complete;  /* the completion mark came, with the right nonce, as the last record */
	bool is_malformed; /* something that our side never writes */
	bool is_untold;    /* answers to a plan that do not tell enough: nothing else is known */
	enum examination_state state; /* furthest reached */
	enum examination_fault fault;
	struct test_error error;   /* of the fault */
	struct test_record *tests; /* n_tests, owned */
	uint32_t n_tests;
	struct own_text *texts; /* owned: what is in no record's bytes; or NULL */
};

void examination_deinit(struct examination *examination);

/* A copy of the text that lives as long as the examination. */
struct slice examination_keep(struct examination *examination, const char *bytes, size_t len);

/* Counts over `tests`. */
struct test_counts {
	uint32_t
		total; /* planned and not skipped; of a complete run that failed nowhere: reached */
	uint32_t run;
	uint32_t skipped;
	uint32_t passed;
	uint32_t failed;
	uint32_t errors;
};
static inline bool outcome_is_failure(enum test_outcome outcome)
{
	return outcome > TEST_PASSED && outcome != TEST_SKIPPED;
}

struct test_counts examination_count(const struct examination *examination);

/* Whether any test has this outcome. */
bool examination_has(const struct examination *examination, enum test_outcome outcome);

/* The first test that ran and did not pass; NULL if none. */
const struct test_record *examination_first_failure(const struct examination *examination);

static inline bool slice_is(struct slice slice, const char *text)
{
	size_t len = __builtin_strlen(text);

	return slice.len == len && (len == 0 || __builtin_memcmp(slice.bytes, text, len) == 0);
}
