/*
 * broker/reply: of a hidden test nothing but its outcome is anywhere in the message. A property:
 * each text of a test holds a marker of that test's own; the message, whatever the verdict, the
 * kind, the form, the level and the set of hidden tests, is searched for the markers of the hidden
 * ones.
 */
#include "broker/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/case.h"
#include "proto/codec.h"

#define MAX_BYTES (1 << 20)
#define N_TESTS 6
#define N_TEXTS 9
#define N_ROUNDS 20000

static struct {
	char texts[N_TESTS][N_TEXTS][40];
	struct test_record tests[N_TESTS];
	struct slice sources[N_TESTS];
	uint32_t hidden[2 * N_TESTS];
	bool is_hidden[N_TESTS];
	struct stdio_tests stdio;
	struct examination examination;
	struct run_facts facts;
	struct batch batch;
	struct job job;
	struct judgement judgement;
	char packed[MAX_BYTES];
	size_t packed_len;
} round_;

static unsigned int seed;

static unsigned int below(unsigned int n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static struct slice slice(const char *text)
{
	return (struct slice){.bytes = (const uint8_t *)text, .len = strlen(text)};
}

static struct slice marked(uint32_t test, int text)
{
	snprintf(round_.texts[test][text], sizeof(round_.texts[0][0]), "<marker%u> text %d", test,
		 text);
	return below(8) == 0 ? slice("") : slice(round_.texts[test][text]);
}

static struct test_record make_test(uint32_t i)
{
	static const enum test_outcome outcomes[] = {TEST_NOT_RUN, TEST_PASSED,     TEST_FAILED,
						     TEST_ERROR,   TEST_TIME_LIMIT, TEST_CRASHED};

	return (struct test_record){
		.outcome = outcomes[below(6)],
		.name = marked(i, 0),
		.source = marked(i, 1),
		.call = marked(i, 2),
		.expected = marked(i, 3),
		.actual = marked(i, 4),
		.error = {.type = below(2) ? slice("AssertionError") : marked(i, 5),
			  .message = marked(i, 6),
			  .traceback = marked(i, 7),
			  .line = below(3)},
		.cpu_ns = 77,
		.difference = {.expected = marked(i, 3), .actual = marked(i, 4), .line = 1},
	};
}

/* Texts that could be of any test: they count as every test's. */
static void make_fault(void)
{
	round_.examination.fault = below(2) ? EXAMINATION_OK : below(6);
	round_.examination.error = (struct test_error){.type = slice("<fault>type"),
						       .message = slice("<fault>message"),
						       .traceback = slice("<trace>"),
						       .line = below(3)};
	round_.examination.is_complete = below(2);
	round_.examination.state = below(3);
}

static void make_task(void)
{
	static const enum task_kind kinds[] = {TASK_CHECK, TASK_ASSERTS, TASK_PROGRAM, TASK_STDIO};

	round_.batch.task = (struct task){.id = "t",
					  .kind = kinds[below(4)],
					  .tests = round_.sources,
					  .n_tests = N_TESTS,
					  .stdio = &round_.stdio,
					  .limits = {.cpu_ms = 1},
					  .reveal = below(3),
					  .hidden = round_.hidden,
					  .n_hidden = 1 + below(2 * N_TESTS),
					  .feedback_bytes = 1 + below(4000),
					  .feedback_form = below(2)};
	memset(round_.is_hidden, 0, sizeof(round_.is_hidden));
	for (size_t i = 0; i < round_.batch.task.n_hidden; i++) {
		round_.hidden[i] = below(N_TESTS + 1);
		if (round_.hidden[i] < N_TESTS)
			round_.is_hidden[round_.hidden[i]] = true;
	}
}

static void make_round(void)
{
	make_task();
	round_.examination =
		(struct examination){.is_planned = true, .tests = round_.tests, .n_tests = N_TESTS};
	make_fault();
	for (uint32_t i = 0; i < N_TESTS; i++) {
		round_.sources[i] = marked(i, 8);
		round_.tests[i] = make_test(i);
	}
	round_.facts.examination = &round_.examination;
	round_.job =
		(struct job){.batch = &round_.batch, .candidate = "c", .code = slice("a\nb\n")};
	round_.judgement = (struct judgement){
		.verdict = {.code = (enum verdict_code)(1 + below(VERDICT_COUNT - 1)),
			    .fault = below(3),
			    .detail = "Why."},
		.examination = &round_.examination,
		.facts = &round_.facts,
		.output = slice("<output>"),
		.error_output = slice("<output>"),
		.is_apart = round_.batch.task.kind == TASK_STDIO || below(2),
		.runtime = "CPython 3",
	};
}

static void pack(void)
{
	struct told_verdict told;
	uint8_t *frame;
	size_t len;

	assert_int_equal(reply_pack(&round_.job, &round_.judgement, MAX_BYTES, &told), 0);
	assert_int_equal(reply_frame(&round_.job, &told, false, &frame, &len), 0);
	free((void *)told.bytes);
	assert_true(len <= sizeof(round_.packed));
	memcpy(round_.packed, frame, len);
	round_.packed_len = len;
	free(frame);
}

static bool says(const char *text)
{
	return memmem(round_.packed, round_.packed_len, text, strlen(text)) != NULL;
}

static void expect_marks(void)
{
	Assay__ServerMessage *message;

	assert_int_equal(codec_unpack_server((uint8_t *)round_.packed + 4, round_.packed_len - 4,
					     MAX_BYTES, &message),
			 0);
	for (uint32_t i = 0; i < N_TESTS; i++) {
		const Assay__TestResult *test = message->result->tests[i];

		assert_int_equal(test->is_hidden, round_.is_hidden[i]);
		assert_int_equal(test->outcome, round_.tests[i].outcome);
		assert_true(!test->is_hidden || (test->cpu_ns == 0 && test->error == NULL));
	}
	assert_int_equal(message->result->stdout_dropped_bytes, strlen("<output>"));
	codec_free_server(message);
}

static void test_nothing_of_a_hidden_test_is_told(void **state)
{
	unsigned int n_told = 0;

	(void)state;
	for (seed = 1; seed < N_ROUNDS; seed++) {
		unsigned int start = seed;

		make_round();
		pack();
		for (uint32_t i = 0; i < N_TESTS; i++) {
			char marker[16];

			snprintf(marker, sizeof(marker), "<marker%u>", i);
			if (says(marker) && round_.is_hidden[i])
				fail_msg("round %u tells of hidden test %u", start, i);
			if (says(marker) && !round_.judgement.is_apart)
				fail_msg("round %u tells of a shared test", start);
			n_told += says(marker);
		}
		assert_false(says("<output>") || says("<trace>"));
		assert_false(says("<fault>") && round_.examination.fault != EXAMINATION_COMPILE &&
			     round_.examination.fault != EXAMINATION_LOAD);
		expect_marks();
		seed = start;
	}
	assert_true(n_told > N_ROUNDS / 4); /* of the others much is told */
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_nothing_of_a_hidden_test_is_told),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
