/*
 * A plan: the calls that the tests of a task make of a candidate, and what they ask of its answers.
 * Made once a task by a planner (broker/plan_reader.h reads it), and kept. Pure data; it does not
 * change once it is made.
 *
 * And what a candidate has answered, and the examination that comes of both. Everything that a
 * candidate's process says is an answer to compare, and nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/outcome.h"
#include "core/value.h"

#define CALL_PLAN_OUTSIDE UINT32_MAX /* as test: of none */

/* Numbers as enum record_check of inside/wire.h; CALL is no check. */
enum plan_step_kind {
	PLAN_CALL = 0,
	PLAN_EQUAL = 1,
	PLAN_SAME = 2,
	PLAN_TRUE = 3,
	PLAN_FALSE = 4,
	PLAN_DONE = 5,
	PLAN_STEP_KINDS,
};

/* In the order of the tests. All text belongs to the plan. */
struct plan_step {
	enum plan_step_kind kind;
	uint32_t test;
	uint32_t call; /* the call's number; of a check: whose answer it looks at */
	/* CALL */
	struct slice called; /* for the candidate's process */
	struct slice place;  /* the frame of the tests, as text of a traceback */
	/* checks */
	struct slice operations;
	struct slice expected;
	struct slice expected_text;
	struct slice call_text; /* empty: the test's */
	struct slice message;
	bool has_message;
	bool is_digest;  /* the expected value is one (RECORD_CHECK_DIGEST) */
	bool is_quoting; /* the message has one NUL, in the place of the answer's str() */
	bool is_untold;  /* how it fails has to be told by an examiner */
};

struct plan_test {
	struct slice name;
	struct slice source;
	struct slice call;
};

struct call_plan {
	uint32_t n_tests;
	struct plan_test *tests;
	uint32_t n_steps;
	struct plan_step *steps;
	uint32_t n_calls;
	uint8_t *bytes; /* all text */
	size_t size;    /* what it takes in memory, all together */
	uint32_t references;
};

/* A new reference. */
struct call_plan *call_plan_ref(struct call_plan *plan);
void call_plan_unref(struct call_plan *plan);

/* Numbers as enum record_answer of inside/wire.h. */
enum call_answer_kind {
	CALL_ANSWER_NONE = 0, /* it has not come */
	CALL_ANSWER_VALUE = 1,
	CALL_ANSWER_RAISED = 2,
	CALL_ANSWER_UNTOLD = 3,
	CALL_ANSWER_DIGEST = 4, /* `value`: tag and SHA-256 of what is too long to be told */
	CALL_ANSWER_KINDS,
};

struct call_answer {
	enum call_answer_kind kind;
	struct slice value;
	struct test_error error;
	uint64_t cpu_ns;
};

/* What the candidate's process has said; every byte is hostile. */
struct call_answers {
	struct call_answer *list; /* one for each call of the plan */
	bool is_loaded;
	bool is_malformed;
	enum examination_fault fault; /* of loading: COMPILE or LOAD */
	struct test_error error;
};

/* How the plan is to be judged. */
struct plan_judging {
	struct value_comparison comparison;
	bool stops_at_first_failure;
	bool was_killed;   /* at a limit: that it is not through says nothing else */
	bool cuts_texts;   /* values without a whole text are told in part */
	bool has_output;   /* an examiner that asks again for a message has it twice */
	size_t text_bytes; /* longest text of a value or a traceback */
};

/*
 * The examination that these answers are. Free with examination_deinit(); its texts are the plan's,
 * the answers', or its own.
 *
 * False: it cannot be told from answers alone, and there is no examination. This may be brought
 * about by the candidate; it is examined with an examiner then, who is as strict.
 */
bool plan_judge(const struct call_plan *plan, const struct call_answers *answers,
		const struct plan_judging *judging, struct examination *examination);
