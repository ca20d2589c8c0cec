/*
 * Validating the tests of kind stdio. Broker.
 *
 * What is taken here can be judged: the comparator is known, every input fits into a file of the
 * cell, and every expected output is one that a program may print within its limit.
 */
#include "broker/stdio_request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "core/case.h"
#include "inside/wire.h"

#define INVALID ASSAY__ERROR_CODE__INVALID_REQUEST
#define NAME_BYTES_MAX 256

static int take_comparator(struct stdio_tests *tests, const Assay__StdioTests *stdio,
			   struct refusal *refusal)
{
	int comparator = compare_find(stdio->comparator);

	if (comparator < 0)
		return request_refuse(
			refusal, INVALID, "evaluate.stdio.comparator",
			"unknown comparator; known are: exact, rstrip, lines, tokens, "
			"tokens_ci, float, decimal, set");
	tests->comparator = (enum comparator)comparator;
	return request_tolerance(&tests->tolerance, stdio->absolute_tolerance,
				 stdio->relative_tolerance, "evaluate.stdio", refusal);
}

static int take_case(struct task *task, const Assay__StdioTests *stdio, size_t index,
		     const struct policy *policy, struct refusal *refusal)
{
	const Assay__StdioTests__Case *from = stdio->cases[index];
	char field[96];

	snprintf(field, sizeof(field), "evaluate.stdio.cases[%zu]", index);
	if (strlen(from->name) > NAME_BYTES_MAX)
		return request_refuse(refusal, INVALID, field, "a name has at most %d bytes",
				      NAME_BYTES_MAX);
	if (from->stdin.len > policy->file_bytes)
		return request_refuse(refusal, ASSAY__ERROR_CODE__TOO_LARGE, field,
				      "stdin has %zu bytes, the policy allows at most %" PRIu64,
				      from->stdin.len, policy->file_bytes);
	/* More is not kept of what a program prints: nothing could ever be equal to it. */
	if (from->stdout.len > task->limits.output_bytes)
		return request_refuse(refusal, INVALID, field,
				      "stdout has %zu bytes, but limits.output_bytes is %" PRIu64,
				      from->stdout.len, task->limits.output_bytes);
	if (task->stdio->comparator == COMPARE_SET && from->stdout.len > CASE_SET_BYTES_MAX)
		return request_refuse(refusal, ASSAY__ERROR_CODE__TOO_LARGE, field,
				      "stdout has %zu bytes, at most %u can be compared as a set",
				      from->stdout.len, CASE_SET_BYTES_MAX);
	task->tests[index] = request_slice(from->stdin);
	task->stdio->cases[index] =
		(struct stdio_case){.name = from->name, .expected = request_slice(from->stdout)};
	return 0;
}

/* Who wishes no limit gets one that suits what is expected: the longest output twice, and more. */
static void widen_output(struct limits *limits, const Assay__StdioTests *stdio,
			 const struct policy *policy)
{
	uint64_t longest = 0;

	for (size_t i = 0; i < stdio->n_cases; i++)
		if (longest < stdio->cases[i]->stdout.len)
			longest = stdio->cases[i]->stdout.len;
	limits->output_bytes += 2 * longest;
	if (limits->output_bytes > policy->maximum_limits.output_bytes)
		limits->output_bytes = policy->maximum_limits.output_bytes;
}

int stdio_request_take(struct task *task, const Assay__Evaluate *evaluate,
		       const struct policy *policy, struct refusal *refusal)
{
	const Assay__StdioTests *stdio = evaluate->stdio;
	int outcome;

	if (stdio->n_cases > RECORD_TESTS_MAX)
		return request_refuse(refusal, INVALID, "evaluate.stdio.cases", "at most %u cases",
				      RECORD_TESTS_MAX);
	if (evaluate->limits == NULL || evaluate->limits->output_bytes == 0)
		widen_output(&task->limits, stdio, policy);
	task->kind = TASK_STDIO;
	task->n_tests = stdio->n_cases;
	task->tests = xcalloc(task->n_tests, sizeof(*task->tests));
	task->stdio = xcalloc(1, sizeof(*task->stdio));
	task->stdio->cases = xcalloc(task->n_tests, sizeof(*task->stdio->cases));
	outcome = take_comparator(task->stdio, stdio, refusal);
	for (size_t i = 0; i < stdio->n_cases && outcome == 0; i++)
		outcome = take_case(task, stdio, i, policy, refusal);
	return outcome;
}
