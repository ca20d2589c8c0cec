/* broker/reply: what a Result says, what it withholds, and that it keeps within its bounds. */
#include "broker/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "core/case.h"
#include "proto/codec.h"

#define MAX_BYTES (1 << 20)

static struct batch batch;
static struct job job;
static struct slice sources[3];
static struct test_record tests[3];
static struct examination examination;
static struct run_facts facts;
static struct judgement judgement;
static Assay__ServerMessage *message;
static const Assay__Result *result;
static size_t frame_len;
static char packed[MAX_BYTES];

static struct slice slice(const char *text)
{
	return (struct slice){.bytes = (const uint8_t *)text, .len = strlen(text)};
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		sources[i] = slice("assert f(111) == 98765");
	batch = (struct batch){.request_id = 5,
			       .task = {.id = "t/1",
					.kind = TASK_ASSERTS,
					.tests = sources,
					.n_tests = 3,
					.feedback_bytes = 2000}};
	job = (struct job){.batch = &batch, .index = 2, .candidate = "c"};
	memset(tests, 0, sizeof(tests));
	tests[0].outcome = TEST_PASSED;
	tests[1] = (struct test_record){.outcome = TEST_FAILED,
					.name = slice("second"),
					.source = slice("assert f(111) == 98765"),
					.call = slice("f(111)"),
					.expected = slice("98765"),
					.actual = slice("4321"),
					.cpu_ns = 9};
	tests[2] = (struct test_record){
		.outcome = TEST_ERROR,
		.call = slice("f(111)"),
		.error = {.type = slice("ValueError"),
			  .message = slice("bad value"),
			  .traceback = slice("in tests\n  assert f(111) == 98765\n"),
			  .line = 7}};
	examination = (struct examination){
		.is_planned = true, .is_complete = true, .tests = tests, .n_tests = 3};
	facts = (struct run_facts){
		.examination = &examination, .cpu_ns = 100, .wall_ns = 200, .processes = 2};
	judgement = (struct judgement){
		.verdict = {.code = VERDICT_FAILED, .fault = FAULT_CANDIDATE, .detail = "Wrong."},
		.examination = &examination,
		.facts = &facts,
		.output = slice("out"),
		.error_output = slice("err"),
		.output_dropped_bytes = 3,
		.error_output_dropped_bytes = 4,
		.memory_peak_bytes = 5,
		.queue_ns = 6,
		.layers = 1u << LAYER_SECCOMP | 1u << LAYER_RLIMITS,
		.runtime = "CPython 3",
	};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	codec_free_server(message);
	message = NULL;
	return 0;
}

static void reply_within(size_t max_bytes)
{
	struct told_verdict told;
	uint8_t *frame;

	codec_free_server(message);
	assert_int_equal(reply_pack(&job, &judgement, max_bytes, &told), 0);
	assert_int_equal(told.code, judgement.verdict.code);
	assert_int_equal(reply_frame(&job, &told, true, &frame, &frame_len), 0);
	free((void *)told.bytes);
	assert_true(frame_len - 4 <= sizeof(packed));
	memcpy(packed, frame + 4, frame_len - 4);
	assert_int_equal(
		codec_unpack_server(frame + 4, frame_len - 4, (1 << 20) + 32 * frame_len, &message),
		0);
	free(frame);
	assert_int_equal(message->body_case, ASSAY__SERVER_MESSAGE__BODY_RESULT);
	result = message->result;
}

static void reply(void)
{
	reply_within(MAX_BYTES);
}

/* Anywhere in the message, in whatever field. */
static bool says(const char *text)
{
	return memmem(packed, frame_len - 4, text, strlen(text)) != NULL;
}

static void expect_bytes(ProtobufCBinaryData bytes, const char *text)
{
	assert_int_equal(bytes.len, strlen(text));
	assert_memory_equal(bytes.data, text, bytes.len);
}

static void test_everything_is_told(void **state)
{
	(void)state;
	reply();
	assert_int_equal(message->request_id, 5);
	assert_string_equal(result->id, "t/1");
	assert_string_equal(result->candidate, "c");
	assert_int_equal(result->candidate_index, 2);
	assert_true(result->cached);
	assert_int_equal(result->verdict, ASSAY__VERDICT__FAILED);
	assert_false(result->passed || result->maskable);
	assert_int_equal(result->fault, ASSAY__FAULT__FAULT_CANDIDATE);
	assert_int_equal(result->integrity, ASSAY__INTEGRITY__SHARED);
	expect_bytes(result->stdout, "out");
	expect_bytes(result->stderr, "err");
	assert_int_equal(result->stdout_dropped_bytes, 3);
	assert_int_equal(result->stderr_dropped_bytes, 4);
	assert_int_equal(result->usage->cpu_ns, 100);
	assert_int_equal(result->usage->wall_ns, 200);
	assert_int_equal(result->usage->queue_ns, 6);
	assert_int_equal(result->usage->memory_peak_bytes, 5);
	assert_int_equal(result->usage->processes_peak, 2);
	assert_int_equal(result->n_isolation, 2);
	assert_string_equal(result->isolation[0], "seccomp");
	assert_string_equal(result->runtime, "CPython 3");
	expect_bytes(result->detail, "Wrong.");
	assert_true(result->compile->ok);
	assert_null(result->error);
}

static void test_refused_calls(void **state)
{
	(void)state;
	reply();
	assert_int_equal(result->n_violations, 0);
	violations_add(&facts.violations, SYS_socket, 2);
	violations_add_others(&facts.violations, 5);
	reply();
	assert_int_equal(result->n_violations, 2);
	assert_string_equal(result->violations[0]->syscall, "socket");
	assert_int_equal(result->violations[0]->count, 2);
	assert_string_equal(result->violations[1]->syscall, "other");
	assert_int_equal(result->violations[1]->count, 5);
	assert_true(says("Refused system calls: socket (2 times), and others."));
}

static void test_tests(void **state)
{
	(void)state;
	reply();
	assert_int_equal(result->tests_total, 3);
	assert_int_equal(result->tests_run, 3);
	assert_int_equal(result->tests_passed, 1);
	assert_int_equal(result->n_tests, 3);
	expect_bytes(result->tests[0]->source, "assert f(111) == 98765"); /* the request's */
	assert_int_equal(result->tests[1]->index, 1);
	assert_int_equal(result->tests[1]->outcome, ASSAY__OUTCOME__OUTCOME_FAILED);
	assert_string_equal(result->tests[1]->name, "second");
	expect_bytes(result->tests[1]->call, "f(111)");
	expect_bytes(result->tests[1]->expected, "98765");
	expect_bytes(result->tests[1]->actual, "4321");
	assert_int_equal(result->tests[1]->cpu_ns, 9);
	assert_null(result->tests[1]->error);
	assert_string_equal(result->tests[2]->error->type, "ValueError");
	expect_bytes(result->tests[2]->error->message, "bad value");
	assert_int_equal(result->tests[2]->error->line, 7);
	assert_true(result->tests[2]->error->traceback.len > 0);
}

static void test_reveal_inputs(void **state)
{
	(void)state;
	batch.task.reveal = TASK_REVEAL_INPUTS;
	tests[0] = tests[1];
	tests[0].error = (struct test_error){.type = slice("AssertionError"),
					     .message = slice("it is 98765")};
	reply();
	assert_false(says("98765"));
	assert_true(says("f(111)"));
	assert_true(says("4321"));
	assert_true(says("bad value"));
	assert_string_equal(result->tests[0]->error->type, "AssertionError");
}

static void test_reveal_none(void **state)
{
	(void)state;
	batch.task.reveal = TASK_REVEAL_NONE;
	reply();
	assert_false(says("98765") || says("111") || says("4321") || says("bad value"));
	assert_int_equal(result->tests_passed, 1);
	assert_int_equal(result->n_tests, 3);
	assert_int_equal(result->tests[1]->outcome, ASSAY__OUTCOME__OUTCOME_FAILED);
}

/* The tests' own errors quote the tests; the code's own are the candidate's business. */
static void test_faults_and_reveal(void **state)
{
	(void)state;
	batch.task.reveal = TASK_REVEAL_NONE;
	examination.fault = EXAMINATION_PROGRAM;
	examination.error = (struct test_error){.type = slice("AssertionError"),
						.message = slice("it is 98765"),
						.traceback = slice("assert f(111) == 98765")};
	reply();
	assert_false(says("98765") || says("111"));
	assert_string_equal(result->error->type, "AssertionError");
	batch.task.reveal = TASK_REVEAL_INPUTS;
	reply();
	assert_false(says("98765"));
	examination.fault = EXAMINATION_TESTS;
	reply();
	assert_false(says("98765"));
	examination.fault = EXAMINATION_LOAD;
	examination.error.message = slice("of the code itself");
	batch.task.reveal = TASK_REVEAL_NONE;
	reply();
	expect_bytes(result->error->message, "of the code itself");
}

static void test_compile_error(void **state)
{
	(void)state;
	examination = (struct examination){
		.fault = EXAMINATION_COMPILE,
		.error = {.type = slice("SyntaxError"), .message = slice("invalid syntax")}};
	judgement.verdict.code = VERDICT_COMPILE_ERROR;
	reply();
	assert_false(result->compile->ok);
	expect_bytes(result->compile->output, "invalid syntax");
	assert_string_equal(result->error->type, "SyntaxError");
	assert_int_equal(result->n_tests, 0);
}

/* Strings of the protocol are UTF-8; a forged record must not make the answer unreadable. */
static void test_forged_names(void **state)
{
	static char long_name[5000];

	(void)state;
	memset(long_name, '\xff', sizeof(long_name) - 1);
	tests[1].name = slice(long_name);
	tests[2].error.type = slice("Err\xc3or\x01\n\xff");
	examination.fault = EXAMINATION_LOAD;
	examination.error.type = slice("\x80");
	reply();
	assert_string_equal(result->tests[2]->error->type, "Err?or???");
	assert_string_equal(result->error->type, "?");
	assert_int_equal(strlen(result->tests[1]->name), 127);
	assert_int_equal(strspn(result->tests[1]->name, "?"), 127);
}

static void expect_score(enum verdict_code code, uint32_t n_tests, double score)
{
	judgement.verdict.code = code;
	examination.n_tests = n_tests;
	reply();
	assert_true(result->score > score - 1e-9 && result->score < score + 1e-9);
	assert_int_equal(result->passed, code == VERDICT_PASSED);
}

static void test_score(void **state)
{
	(void)state;
	expect_score(VERDICT_FAILED, 3, 1.0 / 3);
	expect_score(VERDICT_NO_TESTS, 0, 0);
	expect_score(VERDICT_PASSED, 1, 1);
	expect_score(VERDICT_TAMPERED, 1, 0); /* all passed, and still no pass: no whole point */
	expect_score(VERDICT_WALL_LIMIT, 2, 0.5); /* what had passed before counts */
}

static void test_feedback_is_bounded(void **state)
{
	static const uint32_t sizes[] = {1, 10, 100, 2000, 1000000, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		batch.task.feedback_bytes = sizes[i];
		reply();
		assert_true(result->feedback.len > 0);
		assert_true(result->feedback.len <= sizes[i]);
	}
	assert_non_null(memmem(result->feedback.data, result->feedback.len, "Expected: 98765", 15));
}

/* The greeting promised a longest message; a client may refuse a longer one. */
static void test_never_longer_than_promised(void **state)
{
	static char output[300000];
	static char errors[10000];

	(void)state;
	memset(output, 'o', sizeof(output) - 1);
	memset(errors, 'e', sizeof(errors) - 1);
	judgement.output = slice(output);
	judgement.error_output = slice(errors);
	reply();
	assert_int_equal(result->stdout.len, sizeof(output) - 1);
	reply_within(65536);
	assert_true(frame_len - 4 <= 65536);
	assert_true(frame_len > 64000);
	assert_int_equal(result->stderr.len, sizeof(errors) - 1);
	assert_int_equal(result->stdout.len + result->stdout_dropped_bytes, sizeof(output) - 1 + 3);
	assert_int_equal(result->n_tests, 3);
	for (size_t i = 0; i < 3; i++) {
		tests[i].outcome = TEST_FAILED;
		tests[i].actual = slice(output);
	}
	reply_within(65536);
	assert_true(frame_len - 4 <= 65536);
	assert_int_equal(result->n_tests, 0);
	assert_int_equal(result->tests_total, 3);
}

static void test_stdio(void **state)
{
	struct stdio_tests stdio = {.comparator = COMPARE_TOKENS};

	(void)state;
	batch.task.kind = TASK_STDIO;
	batch.task.stdio = &stdio;
	tests[1].source = slice("the input");
	judgement.is_apart = true;
	reply();
	assert_string_equal(result->comparator, "tokens");
	assert_int_equal(result->integrity, ASSAY__INTEGRITY__SPLIT);
	expect_bytes(result->tests[1]->source, "the input");
	expect_bytes(result->tests[1]->expected, "98765");
	batch.task.reveal = TASK_REVEAL_INPUTS; /* what it reads is its input */
	reply();
	expect_bytes(result->tests[1]->source, "the input");
	assert_int_equal(result->tests[1]->expected.len, 0);
	batch.task.reveal = TASK_REVEAL_NONE;
	reply();
	assert_false(says("the input"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest list[] = {
		CASE(test_everything_is_told),
		CASE(test_refused_calls),
		CASE(test_tests),
		CASE(test_reveal_inputs),
		CASE(test_reveal_none),
		CASE(test_faults_and_reveal),
		CASE(test_compile_error),
		CASE(test_forged_names),
		CASE(test_score),
		CASE(test_feedback_is_bounded),
		CASE(test_never_longer_than_promised),
		CASE(test_stdio),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
