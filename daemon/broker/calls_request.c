/*
 * Validating the tests of kind calls. Broker.
 *
 * The JSON texts are only measured here: what they mean is the examiner's business, in its cell,
 * which says BAD_TASK of what is no JSON. The bound keeps the arguments of one call within what the
 * two halves of an examination may send each other, whatever they hold.
 */
#include "broker/calls_request.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "inside/wire.h"

#define INVALID ASSAY__ERROR_CODE__INVALID_REQUEST
#define CALL_BYTES_MAX (4u * 1024u * 1024u)
#define PARTS 3

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

static int take_comparator(struct task *task, const Assay__CallTests *calls,
			   struct refusal *refusal)
{
	static const char *const names[] = {"exact", "float", "unordered"};
	const char *wish = calls->comparator[0] != '\0' ? calls->comparator : "exact";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(wish, names[i]) == 0)
			task->comparator = names[i];
	if (task->comparator == NULL)
		return request_refuse(refusal, INVALID, "evaluate.calls.comparator",
				      "unknown comparator; known are: exact, float, unordered");
	if (strcmp(wish, "float") == 0)
		return take_float(task, calls, refusal);
	snprintf(task->comparator_text, sizeof(task->comparator_text), "%s", wish);
	return 0;
}

static int take_call(struct task *task, const Assay__CallTests__Call *call, size_t index,
		     struct refusal *refusal)
{
	struct slice *parts = &task->tests[index * PARTS];
	char field[64];

	snprintf(field, sizeof(field), "evaluate.calls.calls[%zu]", index);
	if (call->args_json.len + call->kwargs_json.len > CALL_BYTES_MAX ||
	    call->expect_json.len > CALL_BYTES_MAX)
		return request_refuse(refusal, ASSAY__ERROR_CODE__TOO_LARGE, field,
				      "arguments and expected value have at most %u bytes each",
				      CALL_BYTES_MAX);
	parts[0] = request_slice(call->args_json);
	parts[1] = request_slice(call->kwargs_json);
	parts[2] = request_slice(call->expect_json);
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
	task->n_tests = calls->n_calls * PARTS;
	task->tests = xcalloc(task->n_tests, sizeof(*task->tests));
	outcome = take_comparator(task, calls, refusal);
	for (size_t i = 0; i < calls->n_calls && outcome == 0; i++)
		outcome = take_call(task, calls->calls[i], i, refusal);
	return outcome;
}
