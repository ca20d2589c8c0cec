/*
 * Validating the tests of kind calls. Broker.
 *
 * JSON texts, literals and sources are only measured here: what they mean is the examiner's
 * business, in its cell, which says BAD_TASK of what it cannot read. The bound keeps the arguments
 * of one call within what the two halves of an examination may send each other, whatever they hold.
 */
#include "broker/calls_request.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "inside/wire.h"

#define INVALID ASSAY__ERROR_CODE__INVALID_REQUEST
#define CALL_BYTES_MAX (4u * 1024u * 1024u)
#define ALTERNATIVES_MAX 7
#define EVALPLUS_RELATIVE 1e-7

/* As the protocol and JOB_COMPARATOR name them. SEVERAL follows from alternatives. */
static const char *const oracles[VALUE_ORACLES] = {
	[VALUE_ORACLE_NONE] = "",
	[VALUE_ORACLE_SET] = "set",
	[VALUE_ORACLE_NOT_NONE] = "not_none",
	[VALUE_ORACLE_ANY] = "any",
	[VALUE_ORACLE_ROOT] = "root",
	[VALUE_ORACLE_SEVERAL] = "several",
};

static int take_float(struct task *task, const Assay__CallTests *calls, struct refusal *refusal)
{
	struct tolerance tolerance = {0};
	int outcome = request_tolerance(&tolerance, calls->absolute_tolerance,
					calls->relative_tolerance, "evaluate.calls", refusal);

	task->absolute_tolerance = tolerance.absolute;
	task->relative_tolerance = tolerance.relative;
	if (outcome == 0)
		snprintf(task->comparator_text, sizeof(task->comparator_text), "float %.17g %.17g",
			 tolerance.absolute, tolerance.relative);
	return outcome;
}

static int take_oracle(struct task *task, const Assay__CallTests *calls, struct refusal *refusal)
{
	for (int oracle = VALUE_ORACLE_NONE; oracle < VALUE_ORACLE_SEVERAL; oracle++) {
		if (strcmp(calls->oracle, oracles[oracle]) != 0)
			continue;
		task->oracle = (enum value_oracle)oracle;
		if (calls->n_alternatives == 0)
			return 0;
		if (oracle != VALUE_ORACLE_NONE)
			return request_refuse(refusal, INVALID, "evaluate.calls.oracle",
					      "an oracle does not go with alternatives");
		task->oracle = VALUE_ORACLE_SEVERAL;
		return 0;
	}
	return request_refuse(refusal, INVALID, "evaluate.calls.oracle",
			      "unknown oracle; known are: set, not_none, any, root");
}

static int take_evalplus(struct task *task, const Assay__CallTests *calls, struct refusal *refusal)
{
	struct tolerance tolerance = {0};
	int outcome = request_tolerance(&tolerance, calls->absolute_tolerance,
					calls->relative_tolerance, "evaluate.calls", refusal);

	if (outcome == 0)
		outcome = take_oracle(task, calls, refusal);
	if (outcome != 0)
		return outcome;
	task->absolute_tolerance = calls->absolute_tolerance;
	task->relative_tolerance =
		calls->relative_tolerance > 0 ? calls->relative_tolerance : EVALPLUS_RELATIVE;
	snprintf(task->comparator_text, sizeof(task->comparator_text), "evalplus %.17g %.17g %s",
		 task->absolute_tolerance, task->relative_tolerance, oracles[task->oracle]);
	return 0;
}

static int take_comparator(struct task *task, const Assay__CallTests *calls,
			   struct refusal *refusal)
{
	static const char *const names[] = {"exact", "float", "unordered", "evalplus"};
	const char *wish = calls->comparator[0] != '\0' ? calls->comparator : "exact";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(wish, names[i]) == 0)
			task->comparator = names[i];
	if (task->comparator == NULL)
		return request_refuse(
			refusal, INVALID, "evaluate.calls.comparator",
			"unknown comparator; known are: exact, float, unordered, evalplus");
	if (strcmp(wish, "evalplus") == 0)
		return take_evalplus(task, calls, refusal);
	if (calls->oracle[0] != '\0' || calls->n_alternatives > 0)
		return request_refuse(
			refusal, INVALID, "evaluate.calls.comparator",
			"an oracle and alternatives need the comparator \"evalplus\"");
	if (strcmp(wish, "float") == 0)
		return take_float(task, calls, refusal);
	snprintf(task->comparator_text, sizeof(task->comparator_text), "%s", wish);
	return 0;
}

/* The reference first. */
static int take_references(struct task *task, const Assay__Evaluate *evaluate,
			   struct refusal *refusal)
{
	const Assay__CallTests *calls = evaluate->calls;

	if (calls->reference.len == 0)
		return calls->n_alternatives == 0
			       ? 0
			       : request_refuse(refusal, INVALID, "evaluate.calls.alternatives",
						"alternatives need a reference");
	if (calls->n_alternatives > ALTERNATIVES_MAX)
		return request_refuse(refusal, INVALID, "evaluate.calls.alternatives",
				      "at most %d alternatives", ALTERNATIVES_MAX);
	if (evaluate->integrity == ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_SHARED)
		return request_refuse(refusal, INVALID, "evaluate.integrity",
				      "a reference is never in the candidate's process");
	task->references = xcalloc(calls->n_alternatives + 1, sizeof(*task->references));
	task->references[task->n_references++] = request_slice(calls->reference);
	for (size_t i = 0; i < calls->n_alternatives; i++)
		task->references[task->n_references++] = request_slice(calls->alternatives[i]);
	return 0;
}

static int take_call(struct task *task, const Assay__CallTests__Call *call, size_t index,
		     struct refusal *refusal)
{
	struct slice *parts = &task->tests[index * CALL_PARTS];
	char field[64];

	snprintf(field, sizeof(field), "evaluate.calls.calls[%zu]", index);
	if (call->args_json.len + call->kwargs_json.len + call->args_python.len > CALL_BYTES_MAX ||
	    call->expect_json.len > CALL_BYTES_MAX)
		return request_refuse(refusal, ASSAY__ERROR_CODE__TOO_LARGE, field,
				      "arguments and expected value have at most %u bytes each",
				      CALL_BYTES_MAX);
	if (call->args_json.len > 0 && call->args_python.len > 0)
		return request_refuse(refusal, INVALID, field,
				      "either args_json or args_python, not both");
	if (task->n_references > 0 && call->expect_json.len > 0)
		return request_refuse(refusal, INVALID, field,
				      "with a reference no expected value is given");
	parts[0] = request_slice(call->args_json);
	parts[1] = request_slice(call->kwargs_json);
	parts[2] = request_slice(call->expect_json);
	parts[3] = request_slice(call->args_python);
	return 0;
}

int calls_request_take(struct task *task, const Assay__Evaluate *evaluate, struct refusal *refusal)
{
	const Assay__CallTests *calls = evaluate->calls;
	int outcome;

	if (evaluate->entry_point[0] == '\0')
		return request_refuse(
			refusal, INVALID, "evaluate.entry_point",
			"tests of kind \"calls\" need the name of the function under test");
	if (calls->n_calls > RECORD_TESTS_MAX)
		return request_refuse(refusal, INVALID, "evaluate.calls.calls", "at most %u calls",
				      RECORD_TESTS_MAX);
	task->kind = TASK_CALLS;
	task->n_tests = calls->n_calls * CALL_PARTS;
	task->tests = xcalloc(task->n_tests, sizeof(*task->tests));
	outcome = take_comparator(task, calls, refusal);
	if (outcome == 0)
		outcome = take_references(task, evaluate, refusal);
	for (size_t i = 0; i < calls->n_calls && outcome == 0; i++)
		outcome = take_call(task, calls->calls[i], i, refusal);
	return outcome;
}
