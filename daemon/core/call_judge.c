/*
 * From a plan and the answers to it to an examination. Broker.
 *
 * The steps are walked in the order of the tests, as an examiner would execute them: for each test
 * the first failure counts; a call that raises ends its test; one that was never answered ends all.
 * Nothing that is said here was said by the candidate: its values are compared with expected ones,
 * which it has never seen, and its exceptions are failures.
 *
 * Most answers have the very bytes of the expected value. They hold without another look: a plan
 * expects no NaN.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/call_check.h"
#include "core/call_plan.h"

#define HEADING "Traceback (most recent call last):\n"

struct judgement_of_plan {
	const struct call_plan *plan;
	const struct call_answers *answers;
	const struct plan_judging *judging;
	struct value_comparison comparison;
	struct examination *examination;
	uint32_t skipped; /* the rest of this test is left out; CALL_PLAN_OUTSIDE: of none */
};

enum step_outcome { STEP_DONE, STEP_LAST, STEP_UNTOLD };

struct call_plan *call_plan_ref(struct call_plan *plan)
{
	plan->references++;
	return plan;
}

void call_plan_unref(struct call_plan *plan)
{
	if (plan == NULL || --plan->references > 0)
		return;
	free(plan->tests);
	free(plan->steps);
	free(plan->bytes);
	free(plan);
}

/* ---------------------------------------------------------------- outcomes */

static struct test_record *test_of(struct judgement_of_plan *state, uint32_t index)
{
	return &state->examination->tests[index];
}

static enum step_outcome after_failure(const struct judgement_of_plan *state)
{
	return state->judging->stops_at_first_failure ? STEP_LAST : STEP_DONE;
}

static struct slice own_text(struct judgement_of_plan *state, const char *bytes, size_t len)
{
	return examination_keep(state->examination, bytes, len);
}

/* The frame of the tests that called, then the candidate's: the end says more. */
static struct slice whole_traceback(struct judgement_of_plan *state, const struct plan_step *step,
				    struct slice theirs)
{
	size_t heading = strlen(HEADING), limit = state->judging->text_bytes;
	size_t len = heading + step->place.len + theirs.len;
	char *text = xmalloc(len);
	struct slice kept;

	memcpy(text, HEADING, heading);
	memcpy(text + heading, step->place.bytes, step->place.len);
	memcpy(text + heading + step->place.len, theirs.bytes, theirs.len);
	kept = len > limit ? own_text(state, text + len - limit, limit)
			   : own_text(state, text, len);
	free(text);
	return kept;
}

static enum step_outcome take_raised(struct judgement_of_plan *state, const struct plan_step *step,
				     const struct call_answer *answer, bool is_first)
{
	struct test_record *test = test_of(state, step->test);

	/* Without a line of the candidate's an examiner tells other answers of the assertion. */
	if (answer->error.line == 0 && !is_first)
		return STEP_UNTOLD;
	state->skipped = step->test;
	if (outcome_is_failure(test->outcome))
		return STEP_DONE;
	test->outcome = TEST_ERROR;
	test->error = answer->error;
	test->error.traceback = whole_traceback(state, step, answer->error.traceback);
	return after_failure(state);
}

/* The process ended while it was called. */
static enum step_outcome take_end(struct judgement_of_plan *state, const struct plan_step *step)
{
	static const char text[] = "the process ended while a test called it";
	struct test_record *test;

	if (step->test == CALL_PLAN_OUTSIDE) {
		state->examination->is_complete = false;
		return state->judging->was_killed ? STEP_LAST : STEP_UNTOLD;
	}
	test = test_of(state, step->test);
	if (!outcome_is_failure(test->outcome)) {
		test->outcome = TEST_CRASHED;
		test->error.message = own_text(state, text, strlen(text));
	}
	return STEP_LAST;
}

/* ---------------------------------------------------------------- steps */

static enum step_outcome take_call(struct judgement_of_plan *state, const struct plan_step *step)
{
	const struct call_answer *answer = &state->answers->list[step->call];
	bool is_first = step == state->plan->steps || step[-1].kind != PLAN_CALL;

	if (answer->kind == CALL_ANSWER_NONE)
		return take_end(state, step);
	if (step->test != CALL_PLAN_OUTSIDE)
		test_of(state, step->test)->cpu_ns += answer->cpu_ns;
	if (answer->kind == CALL_ANSWER_VALUE || answer->kind == CALL_ANSWER_DIGEST)
		return STEP_DONE;
	if (answer->kind == CALL_ANSWER_UNTOLD || step->test == CALL_PLAN_OUTSIDE)
		return STEP_UNTOLD;
	return take_raised(state, step, answer, is_first);
}

static enum truth ask(struct judgement_of_plan *state, const struct plan_step *step,
		      struct value_tree *answer)
{
	struct value_tree operations, expected;
	enum truth truth = TRUTH_UNKNOWN;

	if (!value_tree_read(&operations, step->operations))
		return TRUTH_UNKNOWN;
	if (!call_operate(answer, &operations, &state->comparison)) {
		value_tree_deinit(&operations);
		return TRUTH_UNKNOWN;
	}
	value_tree_deinit(&operations);
	if (step->kind == PLAN_TRUE)
		return value_is_true(answer);
	if (step->kind == PLAN_FALSE) {
		truth = value_is_true(answer);
		return truth == TRUTH_UNKNOWN ? truth : truth == TRUTH_NO ? TRUTH_YES : TRUTH_NO;
	}
	if (!value_tree_read(&expected, step->expected))
		return TRUTH_UNKNOWN;
	if (step->kind == PLAN_SAME)
		truth = call_is_same(answer, &expected);
	else if (state->comparison.is_evalplus)
		truth = value_evalplus(answer, &expected, &state->comparison);
	else
		truth = value_equals(answer, &expected, &state->comparison);
	value_tree_deinit(&expected);
	return truth;
}

/* False: there is no text of this answer. */
static bool tell_actual(struct judgement_of_plan *state, const struct value_tree *answer,
			struct test_record *test)
{
	size_t len, size = state->judging->text_bytes * 3 / 4; /* as render_both() of texts.py */
	char *text = xmalloc(size);
	bool is_told = value_text(answer, text, size, &len);

	if (!is_told && state->judging->cuts_texts) {
		len = value_text_in_part(answer, text, size);
		is_told = true;
	}
	if (is_told)
		test->actual = own_text(state, text, len);
	free(text);
	return is_told;
}

/* Python's str() of it, which is repr() but for texts. False: it has none here. */
static bool write_quote(const struct value_tree *answer, char *text, size_t size, size_t *len)
{
	const struct value *whole = &answer->values[0];

	if (whole->tag != VALUE_TEXT)
		return value_text(answer, text, size, len);
	if (whole->n > size)
		return false;
	for (uint32_t i = 0; i < whole->n; i++) {
		if (whole->bytes[i] == '\0' || whole->bytes[i] > '\x7f')
			return false;
	}
	memcpy(text, whole->bytes, whole->n);
	*len = whole->n;
	return true;
}

/* False: it quotes what has no text here. */
static bool tell_message(struct judgement_of_plan *state, const struct plan_step *step,
			 const struct value_tree *answer, struct slice *message)
{
	size_t before, behind, len, size = state->judging->text_bytes;
	const uint8_t *nul;
	char *text;
	bool is_told;

	*message = step->message;
	if (!step->is_quoting)
		return true;
	if (state->judging->has_output)
		return false;
	nul = memchr(step->message.bytes, '\0', step->message.len);
	before = (size_t)(nul - step->message.bytes);
	behind = step->message.len - before - 1;
	if (before + behind > size)
		return false;
	text = xmalloc(size);
	memcpy(text, step->message.bytes, before);
	is_told = write_quote(answer, text + before, size - before - behind, &len);
	if (is_told) {
		memcpy(text + before + len, nul + 1, behind);
		*message = own_text(state, text, before + len + behind);
	}
	free(text);
	return is_told;
}

static enum step_outcome fail(struct judgement_of_plan *state, const struct plan_step *step,
			      const struct value_tree *answer)
{
	static const char type[] = "AssertionError";
	struct slice message;
	struct test_record *test = test_of(state, step->test);

	if (outcome_is_failure(test->outcome))
		return STEP_DONE;
	if (step->is_untold || !tell_actual(state, answer, test) ||
	    !tell_message(state, step, answer, &message))
		return STEP_UNTOLD;
	test->outcome = TEST_FAILED;
	test->expected = step->expected_text;
	if (step->call_text.len > 0)
		test->call = step->call_text;
	if (step->has_message) {
		test->error.type = own_text(state, type, strlen(type));
		test->error.message = message;
	}
	return after_failure(state);
}

static void pass(struct judgement_of_plan *state, const struct plan_step *step)
{
	struct test_record *test = test_of(state, step->test);

	if (test->outcome == TEST_NOT_RUN)
		test->outcome = TEST_PASSED;
}

/* Of these oracles the expected value is not itself a right answer. */
static bool expects_another(const struct value_comparison *comparison)
{
	return comparison->oracle == VALUE_ORACLE_ROOT ||
	       comparison->oracle == VALUE_ORACLE_SEVERAL;
}

static bool has_same_bytes(const struct judgement_of_plan *state, const struct plan_step *step,
			   const struct call_answer *answer)
{
	const size_t no_operations = 5; /* a list of none */
	enum call_answer_kind kind = step->is_digest ? CALL_ANSWER_DIGEST : CALL_ANSWER_VALUE;

	return answer->kind == kind && step->kind == PLAN_EQUAL &&
	       !expects_another(&state->comparison) && step->operations.len == no_operations &&
	       step->expected.len == answer->value.len &&
	       memcmp(step->expected.bytes, answer->value.bytes, answer->value.len) == 0;
}

/* What the call gave, without the operations, is told of assertions that tell a call. */
static enum step_outcome fail_with(struct judgement_of_plan *state, const struct plan_step *step,
				   const struct call_answer *answer,
				   const struct value_tree *operated)
{
	struct value_tree whole;
	enum step_outcome outcome;

	if (step->call_text.len == 0)
		return fail(state, step, operated);
	if (!value_tree_read(&whole, answer->value))
		return STEP_UNTOLD;
	outcome = fail(state, step, &whole);
	value_tree_deinit(&whole);
	return outcome;
}

/* At least one of the two is known by its digest alone, and they do not have the same bytes. */
static enum step_outcome take_long(struct judgement_of_plan *state, const struct plan_step *step,
				   const struct call_answer *answer)
{
	static const char text[] = "(a value too long to be told)";
	struct test_record *test = test_of(state, step->test);
	struct value_tree tree;
	enum truth truth = TRUTH_UNKNOWN;

	/* A digest begins with the tag, as a value does. */
	if (state->comparison.is_evalplus && step->kind == PLAN_EQUAL)
		truth = value_evalplus_digest((enum value_tag)answer->value.bytes[0],
					      (enum value_tag)step->expected.bytes[0],
					      &state->comparison);
	if (truth == TRUTH_UNKNOWN)
		return STEP_UNTOLD;
	if (truth == TRUTH_YES) {
		pass(state, step);
		return STEP_DONE;
	}
	if (answer->kind == CALL_ANSWER_VALUE) {
		enum step_outcome outcome;

		if (!value_tree_read(&tree, answer->value))
			return STEP_UNTOLD;
		outcome = fail(state, step, &tree);
		value_tree_deinit(&tree);
		return outcome;
	}
	test->outcome = TEST_FAILED;
	test->expected = step->expected_text;
	test->actual = own_text(state, text, strlen(text));
	return after_failure(state);
}

static enum step_outcome take_check(struct judgement_of_plan *state, const struct plan_step *step)
{
	const struct call_answer *answer = &state->answers->list[step->call];
	struct value_tree tree;
	enum step_outcome outcome = STEP_DONE;
	enum truth truth;

	if (step->kind == PLAN_DONE || has_same_bytes(state, step, answer)) {
		pass(state, step);
		return STEP_DONE;
	}
	if (answer->kind == CALL_ANSWER_DIGEST ||
	    (step->is_digest && answer->kind == CALL_ANSWER_VALUE))
		return take_long(state, step, answer);
	if (answer->kind != CALL_ANSWER_VALUE || !value_tree_read(&tree, answer->value))
		return STEP_UNTOLD;
	truth = ask(state, step, &tree);
	if (truth == TRUTH_YES)
		pass(state, step);
	else
		outcome = truth == TRUTH_UNKNOWN ? STEP_UNTOLD
						 : fail_with(state, step, answer, &tree);
	value_tree_deinit(&tree);
	return outcome;
}

static enum step_outcome take_step(struct judgement_of_plan *state, const struct plan_step *step)
{
	if (state->skipped != CALL_PLAN_OUTSIDE) {
		if (step->test == state->skipped && step->kind != PLAN_CALL)
			state->skipped = CALL_PLAN_OUTSIDE;
		return STEP_DONE;
	}
	return step->kind == PLAN_CALL ? take_call(state, step) : take_check(state, step);
}

/* ---------------------------------------------------------------- the whole */

static void begin(struct judgement_of_plan *state)
{
	struct examination *examination = state->examination;
	const struct call_plan *plan = state->plan;

	examination->is_planned = true;
	examination->is_complete = true;
	examination->n_tests = plan->n_tests;
	examination->tests = xcalloc(plan->n_tests, sizeof(*examination->tests));
	for (uint32_t i = 0; i < plan->n_tests; i++) {
		examination->tests[i].name = plan->tests[i].name;
		examination->tests[i].source = plan->tests[i].source;
		examination->tests[i].call = plan->tests[i].call;
	}
	examination->state = EXAMINATION_LOADING;
}

/* Code that was not loaded: it said why, or its process ended meanwhile. */
static void take_unloaded(struct judgement_of_plan *state)
{
	static const char text[] = "the process ended while the code was loaded";
	struct examination *examination = state->examination;

	examination->fault = state->answers->fault;
	examination->error = state->answers->error;
	if (examination->fault == EXAMINATION_OK) {
		examination->fault = EXAMINATION_LOAD;
		examination->error.message = own_text(state, text, strlen(text));
	}
}

static enum step_outcome walk(struct judgement_of_plan *state)
{
	enum step_outcome outcome = STEP_DONE;

	state->examination->state = EXAMINATION_TESTING;
	for (uint32_t i = 0; i < state->plan->n_steps && outcome == STEP_DONE; i++)
		outcome = take_step(state, &state->plan->steps[i]);
	if (outcome != STEP_UNTOLD || !state->judging->was_killed)
		return outcome;
	/* An examiner would spend the same limit again, to tell as little. */
	state->examination->is_complete = false;
	return STEP_LAST;
}

/* Nothing is told of tests that were not reached. */
static void forget_unreached(struct judgement_of_plan *state)
{
	for (uint32_t i = 0; i < state->plan->n_tests; i++)
		if (test_of(state, i)->outcome == TEST_NOT_RUN)
			*test_of(state, i) = (struct test_record){0};
}

bool plan_judge(const struct call_plan *plan, const struct call_answers *answers,
		const struct plan_judging *judging, struct examination *examination)
{
	struct judgement_of_plan state = {
		.plan = plan,
		.answers = answers,
		.judging = judging,
		.comparison = judging->comparison,
		.examination = examination,
		.skipped = CALL_PLAN_OUTSIDE,
	};

	*examination = (struct examination){0};
	begin(&state);
	examination->is_malformed = answers->is_malformed;
	if (!answers->is_malformed && !answers->is_loaded)
		take_unloaded(&state);
	if (!answers->is_malformed && answers->is_loaded && walk(&state) == STEP_UNTOLD) {
		examination_deinit(examination);
		return false;
	}
	forget_unreached(&state);
	return true;
}
