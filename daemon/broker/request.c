/*
 * Validating an Evaluate. Broker. Every field is looked at here and nowhere else; what this version
 * does not serve is named in the refusal, never ignored.
 */
#include "broker/request.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "broker/answer_request.h"
#include "broker/batch.h"
#include "broker/calls_request.h"
#include "broker/stdio_request.h"
#include "broker/suites_request.h"
#include "core/case.h"
#include "core/extract.h"
#include "core/imports.h"
#include "inside/wire.h"

#define FILES_MAX 64
#define REPEAT_MAX 100
#define FEEDBACK_DEFAULT 2000
#define RETRY_AFTER_MS 250

int request_refuse(struct refusal *refusal, Assay__ErrorCode code, const char *field,
		   const char *format, ...)
{
	va_list args;

	*refusal = (struct refusal){.code = code};
	snprintf(refusal->field, sizeof(refusal->field), "%s", field);
	va_start(args, format);
	vsnprintf(refusal->message, sizeof(refusal->message), format, args);
	va_end(args);
	return REQUEST_REFUSED;
}

#define INVALID ASSAY__ERROR_CODE__INVALID_REQUEST

struct slice request_slice(ProtobufCBinaryData data)
{
	return (struct slice){.bytes = data.data, .len = data.len};
}

int request_tolerance(struct tolerance *tolerance, double absolute, double relative,
		      const char *field, struct refusal *refusal)
{
	const double values[] = {absolute, relative};
	static const char *const names[] = {"absolute_tolerance", "relative_tolerance"};
	char name[64];

	for (size_t i = 0; i < 2; i++) {
		if (isfinite(values[i]) && values[i] >= 0)
			continue;
		snprintf(name, sizeof(name), "%s.%s", field, names[i]);
		return request_refuse(refusal, INVALID, name,
				      "a tolerance is a finite number and not negative");
	}
	*tolerance = (struct tolerance){.absolute = absolute, .relative = relative};
	if (absolute == 0 && relative == 0)
		*tolerance = (struct tolerance){.absolute = CASE_DEFAULT_ABSOLUTE,
						.relative = CASE_DEFAULT_RELATIVE};
	return 0;
}

static struct slice slice_of_text(const char *text)
{
	return (struct slice){.bytes = (const uint8_t *)text, .len = strlen(text)};
}

/* ---------------------------------------------------------------- tests */

static int take_source(struct task *task, enum task_kind kind, ProtobufCBinaryData source)
{
	task->kind = kind;
	if (source.len == 0)
		return 0;
	task->tests = xcalloc(1, sizeof(*task->tests));
	task->tests[0] = request_slice(source);
	task->n_tests = 1;
	return 0;
}

static int take_asserts(struct task *task, const Assay__AssertTests *asserts,
			struct refusal *refusal)
{
	if (asserts->n_asserts > RECORD_TESTS_MAX)
		return request_refuse(refusal, INVALID, "evaluate.asserts", "at most %u assertions",
				      RECORD_TESTS_MAX);
	task->kind = TASK_ASSERTS;
	task->setup = request_slice(asserts->setup);
	task->n_tests = asserts->n_asserts;
	task->tests = xcalloc(task->n_tests, sizeof(*task->tests));
	for (size_t i = 0; i < task->n_tests; i++)
		task->tests[i] = request_slice(asserts->asserts[i]);
	return 0;
}

static int take_tests(struct task *task, const Assay__Evaluate *evaluate,
		      const struct policy *policy, struct refusal *refusal)
{
	switch (evaluate->tests_case) {
	case ASSAY__EVALUATE__TESTS_CHECK:
		if (evaluate->entry_point[0] == '\0')
			return request_refuse(
				refusal, INVALID, "evaluate.entry_point",
				"tests of kind \"check\" need the name of the function under "
				"test");
		return take_source(task, TASK_CHECK, evaluate->check->source);
	case ASSAY__EVALUATE__TESTS_PROGRAM:
		return take_source(task, TASK_PROGRAM, evaluate->program->source);
	case ASSAY__EVALUATE__TESTS_ASSERTS:
		return take_asserts(task, evaluate->asserts, refusal);
	case ASSAY__EVALUATE__TESTS_UNITTEST:
		return take_source(task, TASK_UNITTEST, evaluate->unittest->source);
	case ASSAY__EVALUATE__TESTS_PYTEST:
		return take_source(task, TASK_PYTEST, evaluate->pytest->source);
	case ASSAY__EVALUATE__TESTS_STDIO:
		return stdio_request_take(task, evaluate, policy, refusal);
	case ASSAY__EVALUATE__TESTS_CALLS:
		return calls_request_take(task, evaluate, refusal);
	case ASSAY__EVALUATE__TESTS_ANSWER:
		return answer_request_take(task, evaluate, refusal);
	default:
		return 0; /* no tests: every candidate gets NO_TESTS */
	}
}

/* ---------------------------------------------------------------- limits */

static int take_limit(uint64_t wish, uint64_t standard, uint64_t maximum, const char *name,
		      uint64_t *limit, struct refusal *refusal)
{
	char field[64];

	if (wish > maximum) {
		snprintf(field, sizeof(field), "evaluate.limits.%s", name);
		return request_refuse(refusal, INVALID, field,
				      "%s is %" PRIu64 ", the policy allows at most %" PRIu64, name,
				      wish, maximum);
	}
	*limit = wish > 0 ? wish : standard;
	return 0;
}

static int take_limits(struct limits *limits, const Assay__Limits *wish,
		       const struct policy *policy, struct refusal *refusal)
{
	const struct limits *standard = &policy->default_limits;
	const struct limits *maximum = &policy->maximum_limits;
	uint64_t processes = 0, test_ms = 0;
	int outcome;

	*limits = *standard;
	if (wish == NULL)
		return 0;
	outcome = take_limit(wish->cpu_ms, standard->cpu_ms, maximum->cpu_ms, "cpu_ms",
			     &limits->cpu_ms, refusal);
	if (outcome == 0)
		outcome = take_limit(wish->wall_ms, standard->wall_ms, maximum->wall_ms, "wall_ms",
				     &limits->wall_ms, refusal);
	if (outcome == 0)
		outcome = take_limit(wish->memory_bytes, standard->memory_bytes,
				     maximum->memory_bytes, "memory_bytes", &limits->memory_bytes,
				     refusal);
	if (outcome == 0)
		outcome = take_limit(wish->output_bytes, standard->output_bytes,
				     maximum->output_bytes, "output_bytes", &limits->output_bytes,
				     refusal);
	if (outcome == 0)
		outcome = take_limit(wish->processes, standard->processes, maximum->processes,
				     "processes", &processes, refusal);
	if (outcome == 0)
		outcome =
			take_limit(wish->test_ms, 0, maximum->cpu_ms, "test_ms", &test_ms, refusal);
	if (outcome != 0)
		return outcome;
	limits->processes = (uint32_t)processes;
	limits->test_ms = (uint32_t)test_ms;
	return 0;
}

/* ---------------------------------------------------------------- candidates */

/* A plain name: nothing that leaves the working directory or hides. */
static bool is_file_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 128 || name[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("._-", name[i]) == NULL)
			return false;
	return true;
}

static int take_files(struct job *job, const Assay__Candidate *candidate, size_t index,
		      struct refusal *refusal)
{
	char field[96];

	snprintf(field, sizeof(field), "evaluate.candidates[%zu].files", index);
	if (candidate->n_files > FILES_MAX)
		return request_refuse(refusal, INVALID, field, "at most %d files", FILES_MAX);
	job->files = xcalloc(candidate->n_files, sizeof(*job->files));
	for (size_t i = 0; i < candidate->n_files; i++) {
		const Assay__File *file = candidate->files[i];

		if (!is_file_name(file->name))
			return request_refuse(
				refusal, INVALID, field,
				"a file name has 1 to 128 of [A-Za-z0-9._-] and no leading "
				"dot");
		job->files[i] = (struct job_file){.name = file->name,
						  .content = request_slice(file->content)};
		job->n_files++;
	}
	return 0;
}

/* The cells that suit the task best: those that have imported what it does. */
static void choose_cells(struct task *task, const struct policy *policy)
{
	task->prompt_policy = imports_policy(policy, task->prompt,
					     imports_policy(policy, task->setup, task->policy));
	task->tests_policy = task->prompt_policy;
	if (task->kind == TASK_STDIO || task->kind == TASK_ANSWER)
		return; /* whose tests are no source */
	for (size_t i = 0; i < task->n_tests && task->tests_policy == task->policy; i++)
		task->tests_policy = imports_policy(policy, task->tests[i], task->policy);
}

static int take_candidate(struct job *job, const Assay__Evaluate *evaluate, size_t index,
			  const struct policy *policy, struct refusal *refusal)
{
	const Assay__Candidate *candidate = evaluate->candidates[index];
	char field[96];

	job->index = (uint32_t)index;
	job->candidate = candidate->id;
	job->code = request_slice(candidate->code);
	if (evaluate->extract == ASSAY__EXTRACT__EXTRACT_LAST_FENCE)
		job->code = extract_last_fence(job->code);
	job->code_policy = imports_policy(policy, job->code, job->batch->task.prompt_policy);
	if (strlen(candidate->id) > REQUEST_ID_MAX) {
		snprintf(field, sizeof(field), "evaluate.candidates[%zu].id", index);
		return request_refuse(refusal, INVALID, field, "at most %d bytes", REQUEST_ID_MAX);
	}
	if (job->code.len > policy->code_bytes) {
		snprintf(field, sizeof(field), "evaluate.candidates[%zu].code", index);
		return request_refuse(refusal, ASSAY__ERROR_CODE__TOO_LARGE, field,
				      "%zu bytes of code, the policy allows at most %" PRIu64,
				      job->code.len, policy->code_bytes);
	}
	return take_files(job, candidate, index, refusal);
}

static int take_candidates(struct broker *broker, struct batch *batch,
			   const Assay__Evaluate *evaluate, const struct policy *policy,
			   struct refusal *refusal)
{
	uint32_t max = broker->settings->candidates_max;

	if (evaluate->n_candidates == 0)
		return request_refuse(refusal, INVALID, "evaluate.candidates",
				      "a request has at least one candidate");
	if (evaluate->n_candidates > max)
		return request_refuse(refusal, ASSAY__ERROR_CODE__TOO_LARGE, "evaluate.candidates",
				      "%zu candidates, at most %u in one request",
				      evaluate->n_candidates, max);
	batch->jobs = xcalloc(evaluate->n_candidates, sizeof(*batch->jobs));
	for (size_t i = 0; i < evaluate->n_candidates; i++) {
		int outcome;

		batch->jobs[i].batch = batch;
		batch->n_jobs++;
		outcome = take_candidate(&batch->jobs[i], evaluate, i, policy, refusal);
		if (outcome != 0)
			return outcome;
	}
	return 0;
}

/* ---------------------------------------------------------------- the whole */

static int check_options(const Assay__Evaluate *evaluate, struct refusal *refusal)
{
	if (strlen(evaluate->id) > REQUEST_ID_MAX)
		return request_refuse(refusal, INVALID, "evaluate.id", "at most %d bytes",
				      REQUEST_ID_MAX);
	if ((unsigned int)evaluate->integrity > ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_NATIVE)
		return request_refuse(refusal, INVALID, "evaluate.integrity", "unknown value");
	if ((unsigned int)evaluate->reveal > ASSAY__REVEAL__REVEAL_NONE)
		return request_refuse(refusal, INVALID, "evaluate.reveal", "unknown value");
	if ((unsigned int)evaluate->stop > ASSAY__STOP__STOP_FIRST_FAILURE)
		return request_refuse(refusal, INVALID, "evaluate.stop", "unknown value");
	if (evaluate->repeat > REPEAT_MAX)
		return request_refuse(refusal, INVALID, "evaluate.repeat", "at most %d",
				      REPEAT_MAX);
	if ((unsigned int)evaluate->feedback_form > ASSAY__FEEDBACK_FORM__FEEDBACK_REFLEXION)
		return request_refuse(refusal, INVALID, "evaluate.feedback_form", "unknown value");
	if ((unsigned int)evaluate->extract > ASSAY__EXTRACT__EXTRACT_LAST_FENCE)
		return request_refuse(refusal, INVALID, "evaluate.extract", "unknown value");
	return 0;
}

/* The longest prefix of at most `max` bytes that does not cut a UTF-8 character. */
static size_t character_boundary(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len <= max)
		return len;
	while (max > 0 && ((uint8_t)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

/* Tests that are no program of their own need a runtime of the language. */
static int take_compiler(struct task *task, const struct policy *policy, struct refusal *refusal)
{
	if (!policy_has_compiler(policy) || task->kind == TASK_ANSWER)
		return 0;
	task->compiler = policy;
	task->wants_control = false; /* its tests are not understood, so not altered either */
	if (task->kind == 0 || task_kind_is_for_programs(task->kind))
		return 0;
	return request_refuse(
		refusal, INVALID, "evaluate.tests",
		"the language \"%s\" has no tests of this kind; it has: program, stdio",
		policy->language);
}

/* A text that is only compared needs no language: then any policy's bounds will do. */
static int find_policy(const struct broker *broker, const Assay__Evaluate *evaluate)
{
	if (evaluate->tests_case == ASSAY__EVALUATE__TESTS_ANSWER)
		return 0;
	return policy_table_find(broker->policies, evaluate->language);
}

static int take_task(struct broker *broker, struct task *task, const Assay__Evaluate *evaluate,
		     struct refusal *refusal)
{
	int policy = find_policy(broker, evaluate);
	int outcome;

	if (policy < 0)
		return request_refuse(refusal, ASSAY__ERROR_CODE__UNKNOWN_LANGUAGE,
				      "evaluate.language", "no policy for the language \"%.*s\"",
				      (int)character_boundary(evaluate->language, 40),
				      evaluate->language);
	task->id = evaluate->id;
	task->policy = (uint32_t)policy;
	task->prompt = request_slice(evaluate->prompt);
	task->entry_point = slice_of_text(evaluate->entry_point);
	task->module = slice_of_text(evaluate->module);
	task->reveal = (enum task_reveal)evaluate->reveal;
	task->stops_at_first_failure = evaluate->stop == ASSAY__STOP__STOP_FIRST_FAILURE;
	task->wants_control = !evaluate->no_control;
	task->repeat = evaluate->repeat > 0 ? evaluate->repeat : 1;
	task->hidden = evaluate->hidden;
	task->n_hidden = evaluate->n_hidden;
	task->feedback_form = (enum task_feedback_form)evaluate->feedback_form;
	task->wants_split = evaluate->integrity == ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_SPLIT;
	task->wants_native = evaluate->integrity == ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_NATIVE;
	task->feedback_bytes =
		evaluate->feedback_bytes > 0 ? evaluate->feedback_bytes : FEEDBACK_DEFAULT;
	outcome = take_limits(&task->limits, evaluate->limits, &broker->policies->policies[policy],
			      refusal);
	if (outcome == 0)
		outcome = take_tests(task, evaluate, &broker->policies->policies[policy], refusal);
	if (outcome == 0)
		outcome = take_compiler(task, &broker->policies->policies[policy], refusal);
	if (outcome == 0)
		choose_cells(task, &broker->policies->policies[policy]);
	task->is_split = task_kind_has_examiner(task->kind) &&
			 evaluate->integrity != ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_SHARED;
	/* A single test's limit, and when to stop, is the examiner's to watch. All calls of a plan
	 * lie before the candidate at once: of hidden ones it could tell in a test that is not. */
	task->may_plan = task->is_split && !task->wants_split &&
			 task_kind_is_plannable(task->kind) && task->limits.test_ms == 0 &&
			 !task->stops_at_first_failure && task->n_hidden == 0;
	return outcome;
}

/* ---------------------------------------------------------------- one or more batches */

static int take_batch(struct broker *broker, struct batch *batch, bool is_of_matrix,
		      struct refusal *refusal)
{
	const Assay__Evaluate *evaluate = batch_evaluate(batch);
	int outcome = take_task(broker, &batch->task, evaluate, refusal);

	if (outcome == 0)
		outcome = take_candidates(broker, batch, evaluate,
					  &broker->policies->policies[batch->task.policy], refusal);
	if (outcome != 0 && is_of_matrix)
		suites_request_name(batch->suite, refusal);
	if (evaluate->deadline_ms > 0)
		batch->deadline_ns = clock_now_ns() + evaluate->deadline_ms * NS_PER_MS;
	return outcome;
}

static int take_batches(struct broker *broker, struct batch *first, bool is_matrix,
			struct refusal *refusal)
{
	int outcome = 0;

	for (uint32_t i = 0; i < batch_n_suites(first) && outcome == 0; i++)
		outcome = take_batch(broker, batch_of_suite(first, i), is_matrix, refusal);
	return outcome;
}

static int check_room(const struct broker *broker, const Assay__Evaluate *evaluate,
		      struct refusal *refusal)
{
	if (broker->is_stopping)
		return request_refuse(refusal, ASSAY__ERROR_CODE__SHUTTING_DOWN, "",
				      "the daemon is shutting down");
	if (queue_check(&broker->queue, (uint32_t)suites_request_n_evaluations(evaluate)) == 0)
		return 0;
	request_refuse(refusal, ASSAY__ERROR_CODE__OVERLOADED, "",
		       "the queue is full: %u evaluations wait, at most %u may",
		       broker->queue.n_jobs, broker->queue.max_jobs);
	refusal->retry_after_ms = RETRY_AFTER_MS;
	return REQUEST_REFUSED;
}

int request_take(struct broker *broker, Assay__ClientMessage *message, struct batch **first,
		 struct refusal *refusal)
{
	const Assay__Evaluate *evaluate = message->evaluate;
	struct batch *taken;
	int outcome = check_options(evaluate, refusal);

	if (outcome == 0)
		outcome = suites_request_check(broker, evaluate, refusal);
	if (outcome != 0)
		return outcome;
	taken = batch_new(message);
	outcome = take_batches(broker, taken, evaluate->n_suites > 0, refusal);
	if (outcome == 0)
		outcome = check_room(broker, evaluate, refusal);
	if (outcome != 0) {
		batch_give_back(taken);
		return outcome;
	}
	*first = taken;
	return 0;
}
