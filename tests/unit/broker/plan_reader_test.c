/*
 * broker/plan_reader: a planner's records and a callee's, honest ones and others.
 */
#include "broker/plan_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/core/messages.h"

static const uint8_t nonce[JOB_NONCE_BYTES] = "0123456789abcdef";
static uint8_t bytes[65536];
static size_t len;
static struct call_plan *plan;

struct written {
	uint8_t type, outcome;
	uint32_t number, line, flags;
	struct slice fields[RECORD_FIELDS];
};

static void put(struct written record)
{
	struct record_header header = {
		.magic = RECORD_MAGIC,
		.type = record.type,
		.outcome = record.outcome,
		.number = record.number,
		.line = record.line,
		.flags = record.flags,
		.n_fields = RECORD_FIELDS,
	};
	size_t start = len;

	len += sizeof(header);
	for (int i = 0; i < RECORD_FIELDS; i++) {
		uint32_t field_len = (uint32_t)record.fields[i].len;

		memcpy(bytes + len, &field_len, sizeof(field_len));
		len += sizeof(field_len);
		if (field_len > 0)
			memcpy(bytes + len, record.fields[i].bytes, field_len);
		len += field_len;
	}
	header.length = (uint32_t)(len - start);
	memcpy(bytes + start, &header, sizeof(header));
}

static void put_call(uint32_t test)
{
	put((struct written){.type = RECORD_CALL,
			     .number = test,
			     .fields = {[RECORD_FIELD_CALLED] = SLICE(TUPLE("\0"))}});
}

static void put_check(uint8_t kind, uint32_t test, uint32_t call)
{
	put((struct written){.type = RECORD_CHECK,
			     .outcome = kind,
			     .number = test,
			     .line = call,
			     .flags = RECORD_CHECK_HAS_MESSAGE,
			     .fields = {[RECORD_FIELD_OPERATIONS] = SLICE(NO_OPERATIONS),
					[RECORD_FIELD_VALUE] = SLICE(INT("\x01")),
					[RECORD_FIELD_EXPECTED] = SLICE("1")}});
}

static void put_end(void)
{
	put((struct written){.type = RECORD_END,
			     .fields = {{.bytes = nonce, .len = sizeof(nonce)}}});
}

static void put_head(void)
{
	len = 0;
	put((struct written){.type = RECORD_PLAN, .number = 1});
	put((struct written){.type = RECORD_TEST,
			     .fields = {[RECORD_FIELD_SOURCE] = SLICE("assert f() == 1")}});
}

static bool is_plan(void)
{
	call_plan_unref(plan);
	plan = NULL;
	return plan_read(bytes, len, nonce, &plan) == 0;
}

static int set_up(void **state)
{
	(void)state;
	put_head();
	put_call(0);
	put_check(RECORD_CHECK_EQUAL, 0, 0);
	put_call(RECORD_OUTSIDE);
	put_check(RECORD_CHECK_DONE, 0, 7);
	put_end();
	assert_true(is_plan());
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	call_plan_unref(plan);
	plan = NULL;
	return 0;
}

static void test_a_plan(void **state)
{
	(void)state;
	assert_int_equal(plan->n_tests, 1);
	assert_int_equal(plan->n_steps, 4);
	assert_int_equal(plan->n_calls, 2);
	assert_true(slice_is(plan->tests[0].source, "assert f() == 1"));
	assert_true(slice_is(plan->steps[1].expected_text, "1"));
	assert_true(plan->steps[1].has_message && !plan->steps[1].is_untold);
	assert_int_equal(plan->steps[2].test, CALL_PLAN_OUTSIDE);
	assert_int_equal(plan->steps[2].call, 1);
	assert_int_equal(plan->steps[3].call, 0); /* it asks nobody */
	memset(bytes, 0, sizeof(bytes));          /* the texts are its own */
	assert_true(slice_is(plan->tests[0].source, "assert f() == 1"));
}

static void test_cut_short(void **state)
{
	size_t whole = len;

	(void)state;
	for (len = 0; len < whole; len++)
		assert_false(is_plan());
}

static void test_numbers_that_lead_out_of_the_plan(void **state)
{
	(void)state;
	put_head();
	put_check(RECORD_CHECK_EQUAL, 0, 0); /* of a call that has not come */
	put_call(0);
	put_end();
	assert_false(is_plan());
	put_head();
	put_call(1);
	put_end();
	assert_false(is_plan());
	put_head();
	put_call(0);
	put_check(RECORD_CHECK_EQUAL, 1, 0);
	put_end();
	assert_false(is_plan());
	put_head();
	put_call(0);
	put_check(RECORD_CHECK_DONE + 1, 0, 0);
	put_end();
	assert_false(is_plan());
}

static void test_what_is_no_plan(void **state)
{
	(void)state;
	put_head();
	put_end(); /* it calls nothing */
	assert_false(is_plan());
	len = 0;
	put_call(RECORD_OUTSIDE);
	put_end();
	assert_false(is_plan());
	put_head();
	put((struct written){.type = RECORD_CALL, .fields = {SLICE("\xff")}});
	put_end();
	assert_false(is_plan());
	put_head();
	put_call(0);
	put((struct written){.type = RECORD_END, .fields = {SLICE("another nonce...")}});
	assert_false(is_plan());
	put_head();
	put_call(0);
	put_end();
	put_call(0);
	assert_false(is_plan());
}

/* ---- answers to it */

static struct call_answers read_answers(void)
{
	struct call_answers answers;

	call_answers_read(bytes, len, plan, &answers);
	return answers;
}

static void put_answer(uint32_t call, uint8_t kind, struct slice value)
{
	put((struct written){
		.type = RECORD_ANSWER, .outcome = kind, .number = call, .fields = {value}});
}

static void put_loaded(void)
{
	len = 0;
	put((struct written){.type = RECORD_STATE, .number = RECORD_STATE_TESTING});
}

static void test_answers(void **state)
{
	struct call_answers answers;

	(void)state;
	put_loaded();
	put_answer(0, RECORD_ANSWER_VALUE, SLICE(NONE));
	put_answer(1, RECORD_ANSWER_UNTOLD, SLICE(NONE));
	answers = read_answers();
	assert_true(answers.is_loaded && !answers.is_malformed);
	assert_int_equal(answers.list[0].value.len, 1);
	assert_int_equal(answers.list[1].kind, CALL_ANSWER_UNTOLD);
	assert_int_equal(answers.list[1].value.len, 0); /* it has none, whatever it says */
	call_answers_deinit(&answers);
	len -= 3; /* killed while it wrote */
	answers = read_answers();
	assert_false(answers.is_malformed);
	assert_int_equal(answers.list[1].kind, CALL_ANSWER_NONE);
	call_answers_deinit(&answers);
}

static void are_malformed(void)
{
	struct call_answers answers = read_answers();

	assert_true(answers.is_malformed);
	call_answers_deinit(&answers);
}

static void test_answers_that_no_callee_gives(void **state)
{
	(void)state;
	put_loaded();
	put_answer(2, RECORD_ANSWER_VALUE, SLICE(NONE)); /* to no call */
	are_malformed();
	put_loaded();
	put_answer(0, RECORD_ANSWER_VALUE, SLICE(NONE));
	put_answer(0, RECORD_ANSWER_VALUE, SLICE(NONE));
	are_malformed();
	put_loaded();
	put_answer(0, RECORD_ANSWER_VALUE, SLICE("\xff"));
	are_malformed();
	put_loaded();
	put_answer(0, RECORD_ANSWER_UNTOLD + 1, SLICE(NONE));
	are_malformed();
	len = 0;
	put_answer(0, RECORD_ANSWER_VALUE, SLICE(NONE)); /* not loaded */
	are_malformed();
	put_loaded();
	put((struct written){.type = RECORD_FAULT, .outcome = RECORD_FAULT_LOAD});
	are_malformed();
	len = 0;
	put((struct written){.type = RECORD_FAULT, .outcome = RECORD_FAULT_TESTS});
	are_malformed();
	put_loaded();
	put_end();
	are_malformed();
}

static void test_code_that_is_not_loaded(void **state)
{
	struct call_answers answers;

	(void)state;
	len = 0;
	put((struct written){.type = RECORD_FAULT,
			     .outcome = RECORD_FAULT_COMPILE,
			     .fields = {[RECORD_FIELD_ERROR_TYPE] = SLICE("SyntaxError")}});
	answers = read_answers();
	assert_int_equal(answers.fault, EXAMINATION_COMPILE);
	assert_true(slice_is(answers.error.type, "SyntaxError"));
	assert_false(answers.is_loaded);
	call_answers_deinit(&answers);
}

#define with(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with(test_a_plan),
		with(test_cut_short),
		with(test_numbers_that_lead_out_of_the_plan),
		with(test_what_is_no_plan),
		with(test_answers),
		with(test_answers_that_no_callee_gives),
		with(test_code_that_is_not_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
