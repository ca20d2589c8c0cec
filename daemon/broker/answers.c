/*
 * Judging kind answer. Broker.
 *
 * A single test without a run: the final answer of the text against the expected one, in time
 * linear in the text (core/answer.h), whose length the policy and the frame bound. Where nothing
 * was run nothing was isolated: the result lists no layers and no runtime.
 */
#include "broker/answers.h"

#include "base/clock.h"
#include "broker/batch.h"
#include "core/answer.h"

static struct slice slice_of(const char *text)
{
	return (struct slice){.bytes = (const uint8_t *)text, .len = __builtin_strlen(text)};
}

static void judge(struct broker *broker, struct job *job)
{
	const struct task *task = &job->batch->task;
	int comparator = answer_find_comparator(task->comparator);
	struct test_record test = {
		.name = slice_of("final answer"),
		.expected = task->tests[0],
		.actual = answer_of_text((enum answer_comparator)comparator, job->code),
	};
	bool holds = answer_holds((enum answer_comparator)comparator, test.expected, test.actual);
	struct examination examination = {
		.is_planned = true, .is_complete = true, .tests = &test, .n_tests = 1};
	const struct run_facts facts = {.examination = &examination, .limits = task->limits};
	const struct judgement judgement = {
		.verdict = verdict_of_answer(holds),
		.examination = &examination,
		.facts = &facts,
		.is_apart = true,
		.runtime = "",
		.queue_ns = clock_now_ns() - job->queued_ns,
	};

	test.outcome = holds ? TEST_PASSED : TEST_FAILED;
	if (test.actual.len == 0)
		test.error.message = slice_of("the text names no answer");
	batch_finish(broker, job, &judgement);
}

void answers_judge(struct broker *broker, struct batch *batch)
{
	uint32_t n_jobs = batch->n_jobs;

	/* The last one frees the batch: nothing of it is looked at afterwards. */
	for (uint32_t i = 0; i < n_jobs; i++)
		judge(broker, &batch->jobs[i]);
}
