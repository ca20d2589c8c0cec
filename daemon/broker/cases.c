/*
 * The sequence of cases of one candidate. Broker.
 *
 * Each case is a run, judged like any other by core/verdict, with an examination that holds that
 * one case; its outcome is core/case's. What the run itself recorded is only told: an exception
 * with its line, and that the code does not compile, which cannot make anything pass.
 *
 * The buffers of a run are used again by the next one, so what is told of a case is copied, bounded
 * for each text and in total.
 */
#include "broker/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/memory.h"
#include "core/case.h"
#include "inside/wire.h"

/* Longest text that is told of a case. */
#define TEXT_BYTES_MAX 2000
/* Longest line or token that differs. */
#define PIECE_BYTES_MAX 200
/* Of all texts of an evaluation; what does not fit is not told. */
#define TEXTS_BYTES_MAX RECORD_RUN_BYTES_MAX

struct text_chunk {
	struct text_chunk *next;
	uint8_t bytes[];
};

struct cases {
	struct run_facts facts;
	struct examination examination;
	uint64_t memory_peak_bytes;
	struct text_chunk *texts;
	size_t text_bytes;
};

static struct cases *cases_of(struct job *job)
{
	const struct task *task = &job->batch->task;
	struct cases *cases = job->cases;

	if (cases != NULL)
		return cases;
	cases = xcalloc(1, sizeof(*cases));
	cases->examination = (struct examination){
		.is_planned = true,
		.state = EXAMINATION_TESTING,
		.tests = xcalloc(task->n_tests, sizeof(*cases->examination.tests)),
		.n_tests = (uint32_t)task->n_tests,
	};
	cases->facts.examination = &cases->examination;
	cases->facts.limits = task->limits;
	for (size_t i = 0; i < task->n_tests; i++) {
		const char *name = task->stdio->cases[i].name;

		cases->examination.tests[i].name =
			(struct slice){.bytes = (const uint8_t *)name, .len = strlen(name)};
		cases->examination.tests[i].source =
			case_excerpt(task->tests[i], 0, TEXT_BYTES_MAX);
	}
	job->cases = cases;
	return cases;
}

void cases_free(struct cases *cases)
{
	if (cases == NULL)
		return;
	while (cases->texts != NULL) {
		struct text_chunk *chunk = cases->texts;

		cases->texts = chunk->next;
		free(chunk);
	}
	free(cases->examination.tests);
	free(cases);
}

/* ---------------------------------------------------------------- texts */

static struct slice keep(struct cases *cases, struct slice text)
{
	struct text_chunk *chunk;

	if (text.len == 0 || text.len > TEXTS_BYTES_MAX - cases->text_bytes)
		return (struct slice){0};
	chunk = xmalloc(sizeof(*chunk) + text.len);
	memcpy(chunk->bytes, text.bytes, text.len);
	chunk->next = cases->texts;
	cases->texts = chunk;
	cases->text_bytes += text.len;
	return (struct slice){.bytes = chunk->bytes, .len = text.len};
}

/* The text, or the part of it around `at`, between marks of what was left out. */
static struct slice keep_excerpt(struct cases *cases, struct slice text, size_t at, size_t max)
{
	static const char mark[] = "...";
	const size_t mark_len = sizeof(mark) - 1;
	struct slice part = case_excerpt(text, at, max - 2 * mark_len);
	uint8_t marked[TEXT_BYTES_MAX];
	size_t len = 0;

	if (text.len <= max)
		return keep(cases, text);
	if (part.bytes != text.bytes) {
		memcpy(marked, mark, mark_len);
		len = mark_len;
	}
	memcpy(marked + len, part.bytes, part.len);
	len += part.len;
	if (part.bytes + part.len != text.bytes + text.len) {
		memcpy(marked + len, mark, mark_len);
		len += mark_len;
	}
	return keep(cases, (struct slice){.bytes = marked, .len = len});
}

static void tell_difference(struct cases *cases, struct test_record *test, struct slice expected,
			    struct slice actual, const struct difference *difference)
{
	size_t same = difference->n_same_bytes;

	test->expected =
		keep_excerpt(cases, expected, difference->expected.offset + same, TEXT_BYTES_MAX);
	test->actual =
		keep_excerpt(cases, actual, difference->actual.offset + same, TEXT_BYTES_MAX);
	test->difference = (struct output_difference){
		.expected = keep_excerpt(cases, piece_bytes(expected, &difference->expected), same,
					 PIECE_BYTES_MAX),
		.actual = keep_excerpt(cases, piece_bytes(actual, &difference->actual), same,
				       PIECE_BYTES_MAX),
		.is_expected_end = difference->expected.is_end,
		.is_actual_end = difference->actual.is_end,
		.line = difference->actual.line,
	};
}

static struct test_error keep_error(struct cases *cases, const struct test_error *error)
{
	return (struct test_error){
		.type = keep(cases, case_excerpt(error->type, 0, TEXT_BYTES_MAX)),
		.message = keep(cases, case_excerpt(error->message, 0, TEXT_BYTES_MAX)),
		.traceback = keep(cases, case_excerpt(error->traceback, 0, 2 * TEXT_BYTES_MAX)),
		.line = error->line,
	};
}

static void tell_status(struct cases *cases, struct test_record *test, int status)
{
	char text[64];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "the program was ended by signal %d",
			 WTERMSIG(status));
	else
		snprintf(text, sizeof(text), "the program ended with exit status %d",
			 WEXITSTATUS(status));
	test->error.message =
		keep(cases, (struct slice){.bytes = (const uint8_t *)text, .len = strlen(text)});
}

/* ---------------------------------------------------------------- one case */

/* The record of a case as told; its outcome is settled. */
static void tell_case(struct cases *cases, const struct job *job, const struct case_report *report,
		      const struct difference *difference, struct test_record *test)
{
	const struct test_error *error = &report->facts->examination->error;
	struct slice expected = job->batch->task.stdio->cases[job->next_case].expected;

	test->cpu_ns = report->facts->cpu_ns;
	if (test->outcome == TEST_FAILED)
		tell_difference(cases, test, expected, report->output, difference);
	if (test->outcome != TEST_ERROR && test->outcome != TEST_CRASHED)
		return;
	test->actual = keep_excerpt(cases, report->output, 0, TEXT_BYTES_MAX);
	if (report->facts->examination->fault != EXAMINATION_OK && error->type.len > 0)
		test->error = keep_error(cases, error);
	else
		tell_status(cases, test, report->facts->wait_status);
}

/* What core/verdict shall see: the one case, and of the records what may tell but not decide. */
static struct verdict decide_case(const struct case_report *report, const struct test_record *test)
{
	const struct examination *records = report->facts->examination;
	struct test_record decided = *test;
	struct examination examination = {
		.is_planned = true,
		.is_complete = true,
		.is_malformed = records->is_malformed,
		.state = EXAMINATION_TESTING,
		.tests = &decided,
		.n_tests = 1,
	};
	struct run_facts facts = *report->facts;

	facts.examination = &examination;
	if (records->fault == EXAMINATION_HARNESS) /* said before the code ran, or not taken */
		examination.fault = EXAMINATION_HARNESS;
	if (test->outcome == TEST_ERROR && records->fault == EXAMINATION_COMPILE)
		examination.fault = EXAMINATION_COMPILE;
	examination.error = records->error;
	if (test->outcome == TEST_ERROR)
		decided.error = records->error;
	return verdict_decide(&facts);
}

/* The outcome of a case that ended its evaluation. */
static enum test_outcome outcome_of_limit(const struct verdict *verdict)
{
	switch (verdict->code) {
	case VERDICT_CPU_LIMIT:
	case VERDICT_WALL_LIMIT:
		return TEST_TIME_LIMIT;
	case VERDICT_INFRA:
	case VERDICT_STARVED:
	case VERDICT_CANCELLED:
		return TEST_NOT_RUN;
	default:
		return TEST_ERROR;
	}
}

static void add_usage(struct cases *cases, const struct case_report *report)
{
	const struct run_facts *facts = report->facts;

	cases->facts.cpu_ns += facts->cpu_ns;
	cases->facts.wall_ns += facts->wall_ns;
	violations_merge(&cases->facts.violations, &facts->violations);
	if (cases->facts.processes < facts->processes)
		cases->facts.processes = facts->processes;
	if (cases->memory_peak_bytes < report->memory_peak_bytes)
		cases->memory_peak_bytes = report->memory_peak_bytes;
}

/* ---------------------------------------------------------------- their sequence */

/* A fault of the code itself is told as what ended the evaluation. */
static void end_with(struct cases *cases, const struct case_report *report,
		     const struct verdict *verdict)
{
	if (verdict->code != VERDICT_COMPILE_ERROR && verdict->code != VERDICT_INFRA)
		return;
	cases->examination.fault = report->facts->examination->fault;
	cases->examination.error = keep_error(cases, &report->facts->examination->error);
}

enum cases_step cases_take(struct job *job, const struct case_report *report, bool may_rerun,
			   struct verdict *verdict)
{
	const struct task *task = &job->batch->task;
	struct cases *cases = cases_of(job);
	struct test_record *test = &cases->examination.tests[job->next_case];
	struct difference difference = {0};

	add_usage(cases, report);
	test->outcome =
		case_judge(task->stdio, job->next_case, report->facts, report->output, &difference);
	*verdict = decide_case(report, test);
	if (verdict->wants_rerun && may_rerun) {
		test->outcome = TEST_NOT_RUN;
		return CASES_AGAIN;
	}
	if (verdict_ends_cases(verdict)) {
		test->outcome = outcome_of_limit(verdict);
		test->cpu_ns = report->facts->cpu_ns;
		end_with(cases, report, verdict);
		return CASES_OVER;
	}
	tell_case(cases, job, report, &difference, test);
	if (job->next_case + 1 < task->n_tests &&
	    (test->outcome == TEST_PASSED || !task->stops_at_first_failure)) {
		job->next_case++;
		return CASES_NEXT;
	}
	cases->examination.is_complete = job->next_case + 1 == task->n_tests;
	*verdict = verdict_of_cases(&cases->examination);
	return CASES_OVER;
}

const struct run_facts *cases_uncompiled(struct job *job, const struct case_report *report)
{
	struct cases *cases = cases_of(job);

	add_usage(cases, report);
	cases->examination.fault = EXAMINATION_COMPILE;
	cases->examination.error = keep_error(cases, &report->facts->examination->error);
	return &cases->facts;
}

const struct run_facts *cases_facts(const struct job *job, uint64_t *memory_peak_bytes)
{
	*memory_peak_bytes = job->cases->memory_peak_bytes;
	return &job->cases->facts;
}
