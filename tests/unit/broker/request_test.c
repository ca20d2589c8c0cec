/* broker/request: what is taken with which defaults, and every refusal with its field and code. */
#include "broker/request.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "broker/batch.h"
#include "core/case.h"
#include "inside/wire.h"
#include "proto/codec.h"

#define CANDIDATES_MAX 4
#define QUEUE_MAX 10
#define CODE_MAX 100

static struct settings settings;
static struct policy_table policies;
static struct broker broker;

/* What the client says; packed and unpacked, so that the request owns a message as in the broker.
 */
static Assay__ClientMessage message;
static Assay__Evaluate evaluate;
static Assay__CheckTests check;
static Assay__AssertTests asserts;
static Assay__SourceTests source;
static Assay__StdioTests stdio;
static Assay__CallTests calls;
static Assay__AnswerTest answer;
static Assay__Limits limits;
static Assay__Suite suite, empty_suite;
static Assay__Suite *suites[] = {&suite, &empty_suite};
static Assay__Candidate candidates[CANDIDATES_MAX + 1];
static Assay__Candidate *candidate_list[CANDIDATES_MAX + 1];
static Assay__File files[70];
static Assay__File *file_list[70];

static struct batch *batch;
static struct refusal refusal;

static ProtobufCBinaryData data(const char *text)
{
	return (ProtobufCBinaryData){.data = (uint8_t *)text, .len = strlen(text)};
}

static void set_up_broker(void)
{
	settings = (struct settings){.candidates_max = CANDIDATES_MAX, .user_queue_max = QUEUE_MAX};
	policies.n_policies = 1;
	snprintf(policies.policies[0].language, sizeof(policies.policies[0].language), "python");
	policies.policies[0].code_bytes = CODE_MAX;
	policies.policies[0].default_limits = (struct limits){.cpu_ms = 11,
							      .wall_ms = 12,
							      .memory_bytes = 13,
							      .output_bytes = 14,
							      .processes = 15};
	policies.policies[0].maximum_limits = (struct limits){.cpu_ms = 101,
							      .wall_ms = 102,
							      .memory_bytes = 103,
							      .output_bytes = 104,
							      .processes = 105};
	broker = (struct broker){.settings = &settings, .policies = &policies};
	queue_init(&broker.queue, QUEUE_MAX);
}

static int set_up(void **state)
{
	(void)state;
	set_up_broker();
	assay__client_message__init(&message);
	assay__evaluate__init(&evaluate);
	assay__check_tests__init(&check);
	assay__assert_tests__init(&asserts);
	assay__source_tests__init(&source);
	assay__stdio_tests__init(&stdio);
	assay__call_tests__init(&calls);
	assay__answer_test__init(&answer);
	assay__limits__init(&limits);
	assay__suite__init(&suite);
	assay__suite__init(&empty_suite);
	for (size_t i = 0; i < CANDIDATES_MAX + 1; i++) {
		assay__candidate__init(&candidates[i]);
		candidate_list[i] = &candidates[i];
	}
	for (size_t i = 0; i < 70; i++) {
		assay__file__init(&files[i]);
		files[i].name = (char *)"data.txt";
		file_list[i] = &files[i];
	}
	candidates[0].files = file_list;
	candidates[0].code = data("def f(): pass");
	check.source = data("def check(candidate): assert True");
	evaluate.language = (char *)"python";
	evaluate.entry_point = (char *)"f";
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_CHECK;
	evaluate.check = &check;
	evaluate.candidates = candidate_list;
	evaluate.n_candidates = 1;
	message.request_id = 77;
	message.body_case = ASSAY__CLIENT_MESSAGE__BODY_EVALUATE;
	message.evaluate = &evaluate;
	batch = NULL;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	batch_free(batch);
	batch = NULL;
	return 0;
}

static int take(void)
{
	Assay__ClientMessage *unpacked;
	uint8_t *frame;
	size_t len;
	int outcome;

	assert_int_equal(codec_pack_client(&message, &frame, &len), 0);
	assert_int_equal(
		codec_unpack_client(frame + 4, len - 4, codec_budget_bytes(len), &unpacked), 0);
	free(frame);
	outcome = request_take(&broker, unpacked, &batch, &refusal);
	if (outcome != 0)
		codec_free_client(unpacked);
	return outcome;
}

static void expect_taken(void)
{
	assert_int_equal(take(), 0);
	assert_non_null(batch);
}

static void expect_refused(Assay__ErrorCode code, const char *field)
{
	assert_int_equal(take(), REQUEST_REFUSED);
	assert_int_equal(refusal.code, code);
	assert_string_equal(refusal.field, field);
	assert_true(strlen(refusal.message) > 0);
	assert_null(batch);
}

static void expect_invalid(const char *field)
{
	expect_refused(ASSAY__ERROR_CODE__INVALID_REQUEST, field);
}

static bool slice_equals(struct slice slice, const char *text)
{
	return slice.len == strlen(text) && memcmp(slice.bytes, text, slice.len) == 0;
}

static void test_defaults(void **state)
{
	const struct task *task;

	(void)state;
	evaluate.id = (char *)"HumanEval/0";
	evaluate.prompt = data("import math");
	evaluate.module = (char *)"solution";
	evaluate.n_candidates = 2;
	candidates[1].id = (char *)"b";
	expect_taken();
	task = &batch->task;
	assert_int_equal(batch->request_id, 77);
	assert_string_equal(task->id, "HumanEval/0");
	assert_int_equal(task->kind, TASK_CHECK);
	assert_true(slice_equals(task->prompt, "import math"));
	assert_true(slice_equals(task->entry_point, "f"));
	assert_true(slice_equals(task->module, "solution"));
	assert_int_equal(task->n_tests, 1);
	assert_int_equal(task->reveal, TASK_REVEAL_FULL);
	assert_false(task->stops_at_first_failure || task->wants_split);
	assert_int_equal(task->feedback_bytes, 2000);
	assert_memory_equal(&task->limits, &policies.policies[0].default_limits,
			    sizeof(task->limits));
	assert_int_equal(batch->deadline_ns, 0);
	assert_int_equal(batch->n_jobs, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(batch->jobs[i].state, JOB_NEW);
		assert_int_equal(batch->jobs[i].index, i);
		assert_ptr_equal(batch->jobs[i].batch, batch);
	}
	assert_string_equal(batch->jobs[1].candidate, "b");
	assert_true(slice_equals(batch->jobs[0].code, "def f(): pass"));
	assert_int_equal(batch->jobs[1].code.len, 0);
}

static void test_wishes(void **state)
{
	uint64_t before_ns = clock_now_ns();

	(void)state;
	limits.cpu_ms = 101;
	limits.processes = 1;
	limits.test_ms = 101;
	evaluate.limits = &limits;
	evaluate.stop = ASSAY__STOP__STOP_FIRST_FAILURE;
	evaluate.reveal = ASSAY__REVEAL__REVEAL_NONE;
	evaluate.integrity = ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_SPLIT;
	evaluate.feedback_bytes = UINT32_MAX;
	evaluate.deadline_ms = UINT32_MAX;
	expect_taken();
	assert_int_equal(batch->task.limits.cpu_ms, 101);
	assert_int_equal(batch->task.limits.wall_ms, 12);
	assert_int_equal(batch->task.limits.memory_bytes, 13);
	assert_int_equal(batch->task.limits.output_bytes, 14);
	assert_int_equal(batch->task.limits.processes, 1);
	assert_int_equal(batch->task.limits.test_ms, 101);
	assert_true(batch->task.stops_at_first_failure && batch->task.wants_split);
	assert_int_equal(batch->task.reveal, TASK_REVEAL_NONE);
	assert_int_equal(batch->task.feedback_bytes, UINT32_MAX);
	assert_true(batch->deadline_ns >= before_ns + UINT32_MAX * NS_PER_MS);
}

static void test_limits_above_the_policys(void **state)
{
	const struct {
		const char *field;
		Assay__Limits wish;
	} table[] = {
		{"evaluate.limits.cpu_ms", {.cpu_ms = 102}},
		{"evaluate.limits.wall_ms", {.wall_ms = UINT64_MAX}},
		{"evaluate.limits.memory_bytes", {.memory_bytes = 104}},
		{"evaluate.limits.output_bytes", {.output_bytes = 105}},
		{"evaluate.limits.processes", {.processes = UINT32_MAX}},
		{"evaluate.limits.test_ms", {.test_ms = 102}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ProtobufCMessage base = limits.base;

		limits = table[i].wish;
		limits.base = base;
		evaluate.limits = &limits;
		expect_invalid(table[i].field);
	}
}

static void test_asserts_and_program(void **state)
{
	ProtobufCBinaryData list[] = {data("assert f(1)"), data(""), data("assert f(2)")};

	(void)state;
	asserts.asserts = list;
	asserts.n_asserts = 3;
	asserts.setup = data("x = 1");
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_ASSERTS;
	evaluate.asserts = &asserts;
	expect_taken();
	assert_int_equal(batch->task.kind, TASK_ASSERTS);
	assert_int_equal(batch->task.n_tests, 3);
	assert_true(slice_equals(batch->task.setup, "x = 1"));
	assert_true(slice_equals(batch->task.tests[2], "assert f(2)"));
	tear_down(state);
	source.source = data("assert True");
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_PROGRAM;
	evaluate.program = &source;
	evaluate.entry_point = (char *)"";
	expect_taken();
	assert_int_equal(batch->task.kind, TASK_PROGRAM);
	assert_int_equal(batch->task.n_tests, 1);
}

/* No tests are no error: every candidate gets NO_TESTS. */
static void test_without_tests(void **state)
{
	(void)state;
	evaluate.tests_case = ASSAY__EVALUATE__TESTS__NOT_SET;
	expect_taken();
	assert_int_equal(batch->task.n_tests, 0);
	tear_down(state);
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_ASSERTS;
	evaluate.asserts = &asserts;
	expect_taken();
	assert_int_equal(batch->task.n_tests, 0);
	tear_down(state);
	check.source = data("");
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_CHECK;
	evaluate.check = &check;
	expect_taken();
	assert_int_equal(batch->task.n_tests, 0);
}

static void test_tests_refused(void **state)
{
	static ProtobufCBinaryData many[RECORD_TESTS_MAX + 1];
	static uint8_t setup[4 << 20]; /* the codec's budget grows with the message */

	(void)state;
	evaluate.entry_point = (char *)"";
	expect_invalid("evaluate.entry_point");
	evaluate.entry_point = (char *)"f";
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_ASSERTS;
	evaluate.asserts = &asserts;
	asserts.asserts = many;
	asserts.n_asserts = RECORD_TESTS_MAX + 1;
	asserts.setup = (ProtobufCBinaryData){.data = setup, .len = sizeof(setup)};
	expect_invalid("evaluate.asserts");
}

/* An expectation that its comparator cannot read would fail everybody. */
static void test_answer(void **state)
{
	(void)state;
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_ANSWER;
	evaluate.answer = &answer;
	expect_invalid("evaluate.answer.answer");
	answer.answer = (ProtobufCBinaryData){.data = (uint8_t *)"eighteen", .len = 8};
	expect_invalid("evaluate.answer.answer");
	answer.comparator = (char *)"close";
	expect_invalid("evaluate.answer.comparator");
	answer.comparator = (char *)"exact";
	evaluate.language = (char *)"";
	expect_taken();
	assert_int_equal(batch->task.kind, TASK_ANSWER);
	assert_string_equal(batch->task.comparator, "exact");
	assert_true(task_is_apart(&batch->task));
}

static Assay__CallTests__Call call[2];
static Assay__CallTests__Call *call_list[] = {&call[0], &call[1]};

static void give_calls(void)
{
	for (size_t i = 0; i < 2; i++) {
		assay__call_tests__call__init(&call[i]);
		call[i].args_json = data("[1]");
		call[i].expect_json = data("2");
	}
	call[1].kwargs_json = data("{\"a\": 3}");
	calls.calls = call_list;
	calls.n_calls = 2;
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_CALLS;
	evaluate.calls = &calls;
}

static void test_calls(void **state)
{
	(void)state;
	give_calls();
	expect_taken();
	assert_int_equal(batch->task.kind, TASK_CALLS);
	assert_true(batch->task.is_split);
	assert_int_equal(batch->task.n_tests, 2 * CALL_PARTS);
	assert_true(slice_equals(batch->task.tests[0], "[1]"));
	assert_int_equal(batch->task.tests[1].len, 0);
	assert_true(slice_equals(batch->task.tests[2], "2"));
	assert_true(slice_equals(batch->task.tests[CALL_PARTS + 1], "{\"a\": 3}"));
	assert_string_equal(batch->task.comparator, "exact");
	assert_string_equal(batch->task.comparator_text, "exact");
	tear_down(state);
	calls.comparator = (char *)"unordered";
	expect_taken();
	assert_string_equal(batch->task.comparator_text, "unordered");
	tear_down(state);
	calls.comparator = (char *)"float";
	expect_taken();
	assert_string_equal(batch->task.comparator, "float");
	assert_string_equal(batch->task.comparator_text,
			    "float 1.0000000000000001e-09 9.9999999999999995e-07");
	tear_down(state);
	calls.absolute_tolerance = 2.2250738585072014e-308;
	calls.relative_tolerance = 1.7976931348623157e+308;
	expect_taken();
	assert_string_equal(batch->task.comparator_text,
			    "float 2.2250738585072014e-308 1.7976931348623157e+308");
}

static void test_calls_refused(void **state)
{
	static uint8_t long_text[(4 << 20) + 1];

	(void)state;
	give_calls();
	evaluate.entry_point = (char *)"";
	expect_invalid("evaluate.entry_point");
	evaluate.entry_point = (char *)"f";
	calls.comparator = (char *)"tokens";
	expect_invalid("evaluate.calls.comparator");
	assert_non_null(strstr(refusal.message, "exact, float, unordered"));
	calls.comparator = (char *)"float";
	calls.absolute_tolerance = -1;
	expect_invalid("evaluate.calls.absolute_tolerance");
	calls.absolute_tolerance = 0;
	calls.relative_tolerance = INFINITY;
	expect_invalid("evaluate.calls.relative_tolerance");
	calls.relative_tolerance = 0;
	memset(long_text, ' ', sizeof(long_text));
	call[1].expect_json = (ProtobufCBinaryData){.data = long_text, .len = sizeof(long_text)};
	expect_refused(ASSAY__ERROR_CODE__TOO_LARGE, "evaluate.calls.calls[1]");
	call[1].expect_json.len--;
	expect_taken();
}

static Assay__StdioTests__Case cases[2];
static Assay__StdioTests__Case *case_list[] = {&cases[0], &cases[1]};

static void give_cases(void)
{
	for (size_t i = 0; i < 2; i++) {
		assay__stdio_tests__case__init(&cases[i]);
		cases[i].stdin = data("in");
		cases[i].stdout = data("out");
		cases[i].name = (char *)"name";
	}
	stdio.cases = case_list;
	stdio.n_cases = 2;
	evaluate.tests_case = ASSAY__EVALUATE__TESTS_STDIO;
	evaluate.stdio = &stdio;
	policies.policies[0].file_bytes = 50;
}

static void test_stdio(void **state)
{
	const struct stdio_tests *taken;

	(void)state;
	give_cases();
	evaluate.integrity = ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_SPLIT;
	expect_taken();
	assert_int_equal(batch->task.kind, TASK_STDIO);
	assert_int_equal(batch->task.n_tests, 2);
	assert_false(batch->task.is_split); /* one cell is enough, */
	assert_true(task_is_apart(&batch->task));
	assert_int_equal(batch->task.tests[1].len, 2);
	assert_int_equal(batch->task.limits.output_bytes, 14 + 2 * 3);
	taken = batch->task.stdio;
	assert_int_equal(taken->comparator, COMPARE_RSTRIP);
	assert_true(taken->tolerance.absolute == CASE_DEFAULT_ABSOLUTE);
	assert_true(taken->tolerance.relative == CASE_DEFAULT_RELATIVE);
	assert_int_equal(taken->cases[1].expected.len, 3);
	assert_string_equal(taken->cases[1].name, "name");
}

static void test_stdio_tolerance_as_given(void **state)
{
	(void)state;
	give_cases();
	stdio.comparator = (char *)"float";
	stdio.absolute_tolerance = 0.25;
	expect_taken();
	assert_int_equal(batch->task.stdio->comparator, COMPARE_FLOAT);
	assert_true(batch->task.stdio->tolerance.absolute == 0.25);
	assert_true(batch->task.stdio->tolerance.relative == 0);
}

static void test_stdio_without_cases(void **state)
{
	(void)state;
	give_cases();
	stdio.n_cases = 0;
	expect_taken();
	assert_int_equal(batch->task.n_tests, 0);
}

static void test_stdio_output_limit_has_a_maximum(void **state)
{
	static char text[60];

	(void)state;
	give_cases();
	memset(text, 'x', sizeof(text) - 1);
	cases[1].stdout = data(text);
	expect_taken();
	assert_int_equal(batch->task.limits.output_bytes, 104);
}

static void test_stdio_refused(void **state)
{
	static const double impossible[] = {-1, NAN, INFINITY};
	static char text[106];

	(void)state;
	give_cases();
	stdio.comparator = (char *)"fuzzy";
	expect_invalid("evaluate.stdio.comparator");
	assert_non_null(strstr(refusal.message, "exact, rstrip, lines, tokens, tokens_ci, float, "
						"decimal, set"));
	stdio.comparator = (char *)"float";
	for (size_t i = 0; i < 3; i++) {
		stdio.absolute_tolerance = impossible[i];
		expect_invalid("evaluate.stdio.absolute_tolerance");
		stdio.absolute_tolerance = 0;
		stdio.relative_tolerance = impossible[i];
		expect_invalid("evaluate.stdio.relative_tolerance");
		stdio.relative_tolerance = 0;
	}
	memset(text, 'x', sizeof(text) - 1);
	cases[1].stdout = data(text); /* longer than the policy's maximum */
	expect_invalid("evaluate.stdio.cases[1]");
	cases[1].stdout = data("four");
	evaluate.limits = &limits;
	limits.output_bytes = 3;
	expect_invalid("evaluate.stdio.cases[1]");
	limits.output_bytes = 0;
	cases[0].stdin = data(text);
	expect_refused(ASSAY__ERROR_CODE__TOO_LARGE, "evaluate.stdio.cases[0]");
}

static void test_stdio_sets_are_bounded(void **state)
{
	static uint8_t large[CASE_SET_BYTES_MAX + 1];

	(void)state;
	give_cases();
	policies.policies[0].maximum_limits.output_bytes = 1 << 30;
	cases[0].stdout = (ProtobufCBinaryData){.data = large, .len = sizeof(large)};
	expect_taken();
	batch_free(batch);
	batch = NULL;
	stdio.comparator = (char *)"set";
	expect_refused(ASSAY__ERROR_CODE__TOO_LARGE, "evaluate.stdio.cases[0]");
}

static void test_options_refused(void **state)
{
	static char long_id[258];

	(void)state;
	memset(long_id, 'i', sizeof(long_id) - 1);
	evaluate.id = long_id;
	expect_invalid("evaluate.id");
	long_id[256] = '\0';
	expect_taken();
	tear_down(state);
	evaluate.integrity = (Assay__IntegrityWish)4;
	expect_invalid("evaluate.integrity");
	evaluate.integrity = (Assay__IntegrityWish)-1;
	expect_invalid("evaluate.integrity");
	evaluate.integrity = 0;
	evaluate.reveal = (Assay__Reveal)77;
	expect_invalid("evaluate.reveal");
	evaluate.reveal = 0;
	evaluate.stop = (Assay__Stop)2;
	expect_invalid("evaluate.stop");
	evaluate.stop = 0;
	evaluate.extract = (Assay__Extract)2;
	expect_invalid("evaluate.extract");
	evaluate.extract = 0;
}

static void test_suites(void **state)
{
	static char long_id[REQUEST_ID_MAX + 2];
	const Assay__Evaluate *narrowed;

	(void)state;
	evaluate.suites = suites;
	evaluate.n_suites = 2;
	expect_invalid("evaluate.suites"); /* and tests, too */
	evaluate.tests_case = ASSAY__EVALUATE__TESTS__NOT_SET;
	suite.tests_case = ASSAY__SUITE__TESTS_CHECK;
	suite.check = &check;
	expect_taken();
	assert_int_equal(batch_n_suites(batch), 2);
	assert_int_equal(batch_of_suite(batch, 1)->suite, 1);
	assert_int_equal(batch_of_suite(batch, 1)->n_jobs, 1);
	assert_int_equal(batch_of_suite(batch, 1)->request_id, 77);
	assert_int_equal(batch->task.kind, TASK_CHECK);
	assert_int_equal(batch_of_suite(batch, 1)->task.n_tests, 0);
	narrowed = batch_evaluate(batch);
	assert_int_equal(narrowed->n_suites, 0);
	assert_int_equal(narrowed->tests_case, ASSAY__EVALUATE__TESTS_CHECK);
	tear_down(state);
	memset(long_id, 'x', sizeof(long_id) - 1);
	suite.id = long_id;
	expect_invalid("evaluate.suites[0].id");
	suite.id = (char *)"";
	suite.tests_case = ASSAY__SUITE__TESTS_ASSERTS;
	suite.asserts = &asserts;
	asserts.n_asserts = RECORD_TESTS_MAX + 1;
	asserts.asserts = calloc(asserts.n_asserts, sizeof(*asserts.asserts));
	expect_invalid("evaluate.suites[0].asserts");
	free(asserts.asserts);
	asserts.n_asserts = 0;
	evaluate.n_candidates = 3;
	settings.user_queue_max = 5;
	expect_refused(ASSAY__ERROR_CODE__TOO_LARGE, "evaluate.suites");
	settings.user_queue_max = 6;
	expect_taken();
}

static void test_unknown_language(void **state)
{
	/* 39 bytes, then a character of two: it must not be cut in the middle. */
	static char name[] = "ppppppppppppppppppppppppppppppppppppppp\xc3\xa9\xc3\xa9";
	const char *quoted;

	(void)state;
	evaluate.language = (char *)"";
	expect_refused(ASSAY__ERROR_CODE__UNKNOWN_LANGUAGE, "evaluate.language");
	evaluate.language = name;
	expect_refused(ASSAY__ERROR_CODE__UNKNOWN_LANGUAGE, "evaluate.language");
	quoted = strchr(refusal.message, '"');
	assert_string_equal(quoted, "\"ppppppppppppppppppppppppppppppppppppppp\"");
}

static void test_number_of_candidates(void **state)
{
	(void)state;
	evaluate.n_candidates = 0;
	expect_invalid("evaluate.candidates");
	evaluate.n_candidates = CANDIDATES_MAX + 1;
	expect_refused(ASSAY__ERROR_CODE__TOO_LARGE, "evaluate.candidates");
	evaluate.n_candidates = CANDIDATES_MAX;
	expect_taken();
}

static void test_one_candidate_refused(void **state)
{
	static char long_id[258];
	static char code[CODE_MAX + 1];

	(void)state;
	evaluate.n_candidates = 4;
	memset(long_id, 'i', sizeof(long_id) - 1);
	candidates[3].id = long_id;
	expect_invalid("evaluate.candidates[3].id");
	candidates[3].id = (char *)"";
	candidates[2].code = (ProtobufCBinaryData){.data = (uint8_t *)code, .len = sizeof(code)};
	expect_refused(ASSAY__ERROR_CODE__TOO_LARGE, "evaluate.candidates[2].code");
	candidates[2].code.len = CODE_MAX;
	expect_taken();
}

/* The length that counts is that of what runs. */
static void test_extraction(void **state)
{
	static char text[200 + CODE_MAX] = "```python\nx = 1\n```\n";

	(void)state;
	memset(text + strlen(text), ' ', CODE_MAX);
	candidates[0].code = data(text);
	expect_refused(ASSAY__ERROR_CODE__TOO_LARGE, "evaluate.candidates[0].code");
	evaluate.extract = ASSAY__EXTRACT__EXTRACT_LAST_FENCE;
	expect_taken();
	assert_true(slice_equals(batch->jobs[0].code, "x = 1\n"));
}

static void test_files(void **state)
{
	static const char *const bad[] = {"", ".hidden", "..", "a/b", "a b", "\xc3\xa9", "a\n"};
	static char longest[130];

	(void)state;
	candidates[0].n_files = 2;
	files[1].name = (char *)"B-2_x.csv";
	files[1].content = data("1,2");
	expect_taken();
	assert_int_equal(batch->jobs[0].n_files, 2);
	assert_string_equal(batch->jobs[0].files[1].name, "B-2_x.csv");
	assert_true(slice_equals(batch->jobs[0].files[1].content, "1,2"));
	tear_down(state);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		files[1].name = (char *)bad[i];
		expect_invalid("evaluate.candidates[0].files");
	}
	memset(longest, 'n', sizeof(longest) - 1);
	files[1].name = longest;
	expect_invalid("evaluate.candidates[0].files");
	longest[128] = '\0';
	expect_taken();
	tear_down(state);
	candidates[0].n_files = 65;
	expect_invalid("evaluate.candidates[0].files");
	candidates[0].n_files = 64;
	expect_taken();
}

static void test_no_room(void **state)
{
	(void)state;
	evaluate.n_candidates = 4;
	broker.queue.n_jobs = QUEUE_MAX - 4;
	expect_taken();
	tear_down(state);
	broker.queue.n_jobs = QUEUE_MAX - 3;
	expect_refused(ASSAY__ERROR_CODE__OVERLOADED, "");
	assert_true(refusal.retry_after_ms > 0);
	broker.queue.n_jobs = 0;
	broker.is_stopping = true;
	expect_refused(ASSAY__ERROR_CODE__SHUTTING_DOWN, "");
	assert_int_equal(refusal.retry_after_ms, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest list[] = {
		CASE(test_defaults),
		CASE(test_wishes),
		CASE(test_limits_above_the_policys),
		CASE(test_asserts_and_program),
		CASE(test_without_tests),
		CASE(test_tests_refused),
		CASE(test_answer),
		CASE(test_calls),
		CASE(test_calls_refused),
		CASE(test_stdio),
		CASE(test_stdio_tolerance_as_given),
		CASE(test_stdio_without_cases),
		CASE(test_stdio_output_limit_has_a_maximum),
		CASE(test_stdio_refused),
		CASE(test_stdio_sets_are_bounded),
		CASE(test_options_refused),
		CASE(test_suites),
		CASE(test_unknown_language),
		CASE(test_number_of_candidates),
		CASE(test_one_candidate_refused),
		CASE(test_extraction),
		CASE(test_files),
		CASE(test_no_room),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
