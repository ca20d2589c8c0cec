/*
 * Reading a result as it comes over the socket: full, empty, and with numbers of the future.
 */
#include "fake_server.h"

static ProtobufCBinaryData bytes_of(const char *text)
{
	return (ProtobufCBinaryData){.len = strlen(text), .data = (uint8_t *)text};
}

/* Sends `result` through a connection; the event is the caller's. */
static assay_event *through_the_socket(Assay__Result *result)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	assay_event *event = NULL;
	struct fake fake;

	fake_connect(&fake, 0);
	message.request_id = fake_submit(&fake);
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_RESULT;
	message.result = result;
	fake_send(&fake, &message);
	assert_int_equal(assay_next(fake.client, 1000, &event), 0);
	fake_close(&fake); /* the event outlives the client */
	return event;
}

static void expect_text(const assay_result *result, enum assay_result_text which, const char *text)
{
	size_t len = 99999;

	assert_string_equal(assay_result_text(result, which, &len), text);
	assert_int_equal(len, strlen(text));
}

static void texts_of_a_full_result(void **state)
{
	Assay__Result result = ASSAY__RESULT__INIT;
	Assay__TestError error = ASSAY__TEST_ERROR__INIT;
	Assay__Compile compile = ASSAY__COMPILE__INIT;
	assay_event *event;
	const assay_result *read;

	(void)state;
	result.id = (char *)"t/1";
	result.candidate = (char *)"a";
	result.stdout = bytes_of("out");
	result.stderr = bytes_of("err");
	result.compile = &compile;
	compile.output = bytes_of("compiled");
	result.runtime = (char *)"CPython";
	result.feedback = bytes_of("feedback");
	result.comparator = (char *)"tokens";
	result.detail = bytes_of("because");
	result.error = &error;
	error.type = (char *)"ValueError";
	error.message = bytes_of("bad");
	error.traceback = bytes_of("line 1");
	event = through_the_socket(&result);
	read = assay_event_result(event);
	expect_text(read, ASSAY_RESULT_ID, "t/1");
	expect_text(read, ASSAY_RESULT_CANDIDATE, "a");
	expect_text(read, ASSAY_RESULT_STDOUT, "out");
	expect_text(read, ASSAY_RESULT_STDERR, "err");
	expect_text(read, ASSAY_RESULT_COMPILE_OUTPUT, "compiled");
	expect_text(read, ASSAY_RESULT_RUNTIME, "CPython");
	expect_text(read, ASSAY_RESULT_FEEDBACK, "feedback");
	expect_text(read, ASSAY_RESULT_COMPARATOR, "tokens");
	expect_text(read, ASSAY_RESULT_DETAIL, "because");
	expect_text(read, ASSAY_RESULT_ERROR_TYPE, "ValueError");
	expect_text(read, ASSAY_RESULT_ERROR_MESSAGE, "bad");
	expect_text(read, ASSAY_RESULT_ERROR_TRACEBACK, "line 1");
	expect_text(read, 99, "");
	assay_event_free(event);
}

static void numbers_of_a_full_result(void **state)
{
	Assay__Result result = ASSAY__RESULT__INIT;
	Assay__TestError error = ASSAY__TEST_ERROR__INIT;
	Assay__Compile compile = ASSAY__COMPILE__INIT;
	Assay__Usage usage = ASSAY__USAGE__INIT;
	Assay__Violation violation = ASSAY__VIOLATION__INIT;
	Assay__Violation *violations[] = {&violation};
	Assay__VerdictCount counted = ASSAY__VERDICT_COUNT__INIT;
	Assay__VerdictCount *verdicts[] = {&counted};
	Assay__Repeats repeats = ASSAY__REPEATS__INIT;
	char *isolation[] = {(char *)"seccomp"};
	char *environment[] = {(char *)"TZ=UTC"};
	static const uint64_t expected[] = {
		[ASSAY_RESULT_CANDIDATE_INDEX] = 1,
		[ASSAY_RESULT_TESTS_TOTAL] = 2,
		[ASSAY_RESULT_TESTS_RUN] = 3,
		[ASSAY_RESULT_TESTS_PASSED] = 4,
		[ASSAY_RESULT_MASKABLE] = 1,
		[ASSAY_RESULT_CACHED] = 1,
		[ASSAY_RESULT_CPU_NS] = 5,
		[ASSAY_RESULT_WALL_NS] = 6,
		[ASSAY_RESULT_QUEUE_NS] = 7,
		[ASSAY_RESULT_MEMORY_PEAK_BYTES] = UINT64_MAX,
		[ASSAY_RESULT_PROCESSES_PEAK] = 8,
		[ASSAY_RESULT_STDOUT_DROPPED_BYTES] = 9,
		[ASSAY_RESULT_STDERR_DROPPED_BYTES] = 10,
		[ASSAY_RESULT_COMPILE_OK] = 1,
		[ASSAY_RESULT_COMPILE_CACHED] = 1,
		[ASSAY_RESULT_ERROR_LINE] = 11,
		[ASSAY_RESULT_N_TESTS] = 0,
		[ASSAY_RESULT_N_ISOLATION] = 1,
		[ASSAY_RESULT_N_VIOLATIONS] = 1,
		[ASSAY_RESULT_N_ENVIRONMENT] = 1,
		[ASSAY_RESULT_REPEAT_RUNS] = 12,
		[ASSAY_RESULT_REPEATS_AGREE] = 1,
		[ASSAY_RESULT_SUITE_INDEX] = 13,
	};
	assay_event *event;
	const assay_result *read;
	uint32_t count = 0;

	(void)state;
	result.candidate_index = 1;
	result.suite_index = 13;
	result.tests_total = 2;
	result.tests_run = 3;
	result.tests_passed = 4;
	result.maskable = 1;
	result.cached = 1;
	result.score = 0.25;
	result.usage = &usage;
	usage.cpu_ns = 5;
	usage.wall_ns = 6;
	usage.queue_ns = 7;
	usage.memory_peak_bytes = UINT64_MAX;
	usage.processes_peak = 8;
	result.stdout_dropped_bytes = 9;
	result.stderr_dropped_bytes = 10;
	result.compile = &compile;
	compile.ok = 1;
	compile.cached = 1;
	result.error = &error;
	error.line = 11;
	result.n_isolation = 1;
	result.isolation = isolation;
	result.n_violations = 1;
	result.violations = violations;
	violation.syscall = (char *)"socket";
	violation.count = 12;
	result.n_environment = 1;
	result.environment = environment;
	result.repeats = &repeats;
	repeats.runs = counted.count = 12;
	repeats.agree = 1;
	repeats.n_verdicts = 1;
	repeats.verdicts = verdicts;
	counted.verdict = ASSAY__VERDICT__STARVED;
	result.control = ASSAY__CONTROL__CONTROL_IMPOSSIBLE;
	event = through_the_socket(&result);
	read = assay_event_result(event);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_true(assay_result_number(read, (enum assay_result_number)i) == expected[i]);
	assert_true(assay_result_score(read) == 0.25);
	assert_string_equal(assay_result_isolation(read, 0), "seccomp");
	assert_null(assay_result_isolation(read, 1));
	assert_string_equal(assay_result_violation(read, 0, &count), "socket");
	assert_int_equal(count, 12);
	assert_null(assay_result_violation(read, 1, &count));
	assert_string_equal(assay_result_environment(read, 0), "TZ=UTC");
	assert_null(assay_result_environment(read, 1));
	assert_true(assay_result_repeat_count(read, ASSAY_STARVED) == 12);
	assert_true(assay_result_repeat_count(read, ASSAY_PASSED) == 0);
	assert_int_equal(assay_result_control(read), ASSAY_CONTROL_IMPOSSIBLE);
	assay_event_free(event);
}

static void an_empty_result_reads_as_nothing(void **state)
{
	Assay__Result result = ASSAY__RESULT__INIT;
	assay_event *event = through_the_socket(&result);
	const assay_result *read = assay_event_result(event);

	(void)state;
	for (int i = ASSAY_RESULT_ID; i <= ASSAY_RESULT_SHARED_BECAUSE; i++)
		expect_text(read, (enum assay_result_text)i, "");
	for (int i = 0; i <= ASSAY_RESULT_REPEATS_AGREE; i++)
		assert_int_equal(assay_result_number(read, (enum assay_result_number)i), 0);
	assert_int_equal(assay_result_number(read, 99), 0);
	assert_int_equal(assay_result_verdict(read), ASSAY_VERDICT_UNKNOWN);
	assert_int_equal(assay_result_fault(read), ASSAY_FAULT_NONE);
	assert_int_equal(assay_result_integrity(read), ASSAY_INTEGRITY_UNKNOWN);
	assert_string_equal(assay_result_test_text(read, 0, ASSAY_TEST_NAME, NULL), "");
	assert_int_equal(assay_result_test_outcome(read, 0), ASSAY_NOT_RUN);
	assert_false(assay_result_test_is_hidden(read, 0));
	assert_int_equal(assay_result_control(read), ASSAY_CONTROL_NONE);
	assert_true(assay_result_repeat_count(read, ASSAY_PASSED) == 0);
	assay_event_free(event);
}

static void numbers_of_the_future_are_unknown(void **state)
{
	Assay__Result result = ASSAY__RESULT__INIT;
	assay_event *event;
	const assay_result *read;

	(void)state;
	result.verdict = (Assay__Verdict)1000;
	result.fault = (Assay__Fault)1000;
	result.control = (Assay__Control)1000;
	result.integrity = (Assay__Integrity)-5;
	event = through_the_socket(&result);
	read = assay_event_result(event);
	assert_int_equal(assay_result_verdict(read), ASSAY_VERDICT_UNKNOWN);
	assert_int_equal(assay_result_fault(read), ASSAY_FAULT_NONE);
	assert_int_equal(assay_result_integrity(read), ASSAY_INTEGRITY_UNKNOWN);
	assert_int_equal(assay_result_control(read), ASSAY_CONTROL_NONE);
	assay_event_free(event);
}

static void text_may_hold_any_bytes(void **state)
{
	Assay__Result result = ASSAY__RESULT__INIT;
	assay_event *event;
	const char *text;
	size_t len;

	(void)state;
	result.stdout = (ProtobufCBinaryData){.len = 5, .data = (uint8_t *)"a\0\xff\xed\xa0"};
	event = through_the_socket(&result);
	text = assay_result_text(assay_event_result(event), ASSAY_RESULT_STDOUT, &len);
	assert_int_equal(len, 5);
	assert_memory_equal(text, "a\0\xff\xed\xa0\0", 6);
	assay_event_free(event);
}

static void tests_of_a_result(void **state)
{
	static const struct {
		enum assay_test_text which;
		const char *text;
	} expected[] = {
		{ASSAY_TEST_NAME, "n"},          {ASSAY_TEST_SOURCE, "assert f() == 1"},
		{ASSAY_TEST_CALL, "f()"},        {ASSAY_TEST_EXPECTED, "1"},
		{ASSAY_TEST_ACTUAL, "2"},        {ASSAY_TEST_ERROR_TYPE, "E"},
		{ASSAY_TEST_ERROR_MESSAGE, "m"}, {ASSAY_TEST_ERROR_TRACEBACK, "tb"},
	};
	Assay__Result result = ASSAY__RESULT__INIT;
	Assay__TestResult test = ASSAY__TEST_RESULT__INIT;
	Assay__TestResult *tests[] = {&test};
	Assay__TestError error = ASSAY__TEST_ERROR__INIT;
	assay_event *event;
	const assay_result *read;
	size_t len;

	(void)state;
	test.index = 6;
	test.name = (char *)"n";
	test.outcome = ASSAY__OUTCOME__OUTCOME_CRASHED;
	test.source = bytes_of("assert f() == 1");
	test.call = bytes_of("f()");
	test.expected = bytes_of("1");
	test.actual = bytes_of("2");
	test.error = &error;
	test.cpu_ns = 77;
	test.is_hidden = 1;
	test.is_compared_by_candidate = 1;
	error.type = (char *)"E";
	error.message = bytes_of("m");
	error.traceback = bytes_of("tb");
	error.line = 4;
	result.n_tests = 1;
	result.tests = tests;
	event = through_the_socket(&result);
	read = assay_event_result(event);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_string_equal(assay_result_test_text(read, 0, expected[i].which, &len),
				    expected[i].text);
		assert_int_equal(len, strlen(expected[i].text));
	}
	assert_int_equal(assay_result_test_outcome(read, 0), ASSAY_TEST_CRASHED);
	assert_int_equal(assay_result_test_cpu_ns(read, 0), 77);
	assert_int_equal(assay_result_test_line(read, 0), 4);
	assert_int_equal(assay_result_test_index(read, 0), 6);
	assert_true(assay_result_test_is_hidden(read, 0));
	assert_true(assay_result_test_is_compared_by_candidate(read, 0));
	assert_int_equal(assay_result_test_line(read, 1), 0);
	assay_event_free(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_a_full_result),
		cmocka_unit_test(numbers_of_a_full_result),
		cmocka_unit_test(an_empty_result_reads_as_nothing),
		cmocka_unit_test(numbers_of_the_future_are_unknown),
		cmocka_unit_test(text_may_hold_any_bytes),
		cmocka_unit_test(tests_of_a_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
