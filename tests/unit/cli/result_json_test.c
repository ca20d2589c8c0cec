/*
 * Results as JSON: the keys of the interface, valid JSON whatever the bytes, no number that is
 * none.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "assay.pb-c.h"
#include "client/cli/result_json.h"
#include "client/lib/client.h"

/* Through text and back, as a reader gets it. */
static json_t *reread(json_t *object)
{
	char *line = json_to_line(object);
	json_t *read;

	assert_non_null(line);
	assert_null(strchr(line, '\n'));
	read = json_loads(line, JSON_ALLOW_NUL, NULL);
	assert_non_null(read);
	json_decref(object);
	free(line);
	return read;
}

static json_t *convert(const Assay__Result *message)
{
	const struct assay_result result = {.message = message};
	json_t *object = result_to_json(&result);

	assert_non_null(object);
	return reread(object);
}

static ProtobufCBinaryData bytes_of(const char *bytes, size_t len)
{
	return (ProtobufCBinaryData){.len = len, .data = (uint8_t *)bytes};
}

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

static void expect_text(const json_t *object, const char *key, const char *bytes, size_t len)
{
	const json_t *value = json_object_get(object, key);

	assert_true(json_is_string(value));
	assert_int_equal(json_string_length(value), len);
	assert_memory_equal(json_string_value(value), bytes, len);
}

static void empty_result_has_every_key(void **state)
{
	static const char *const keys[] = {
		"id",
		"candidate",
		"verdict",
		"passed",
		"score",
		"tests_total",
		"tests_run",
		"tests_passed",
		"tests",
		"fault",
		"maskable",
		"integrity",
		"isolation",
		"violations",
		"usage",
		"stdout",
		"stdout_dropped_bytes",
		"stderr",
		"stderr_dropped_bytes",
		"compile",
		"runtime",
		"cached",
		"feedback",
	};
	Assay__Result message = ASSAY__RESULT__INIT;
	json_t *object = convert(&message);

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_non_null(json_object_get(object, keys[i]));
	assert_int_equal(json_object_size(object), sizeof(keys) / sizeof(keys[0]));
	json_decref(object);
}

static void every_verdict_has_its_name(void **state)
{
	(void)state;
	for (int verdict = 0; verdict <= ASSAY_INFRA; verdict++) {
		const char *name = assay__verdict__descriptor.values[verdict].name;
		Assay__Result message = ASSAY__RESULT__INIT;
		json_t *object;

		message.verdict = (Assay__Verdict)verdict;
		object = convert(&message);
		if (verdict == 0)
			name = "UNKNOWN";
		expect_text(object, "verdict", name, strlen(name));
		assert_int_equal(json_is_true(json_object_get(object, "passed")),
				 verdict == ASSAY_PASSED);
		json_decref(object);
	}
}

static void odd_bytes_come_back(void **state)
{
	Assay__Result message = ASSAY__RESULT__INIT;
	json_t *object;

	(void)state;
	message.stdout = BYTES("a\0\033\"\\\n\xff\xc3\xa9");
	message.stderr = BYTES("plain \xf0\x9f\x98\x80\0");
	message.feedback = BYTES("\xed\xa0\x80");
	object = convert(&message);
	expect_text(object, "stdout", "a\0\033\"\\\n\xef\xbf\xbd\xc3\xa9", 11);
	expect_text(object, "stdout_base64", "YQAbIlwK/8Op", 12);
	expect_text(object, "stderr", "plain \xf0\x9f\x98\x80\0", 11);
	assert_null(json_object_get(object, "stderr_base64"));
	expect_text(object, "feedback", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9);
	json_decref(object);
}

static void base64_is_padded(void **state)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {{"\xff", "/w=="}, {"\xff\xfe", "//4="}, {"\xff\xfe\xfd", "//79"}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		Assay__Result message = ASSAY__RESULT__INIT;
		json_t *object;

		message.stdout = bytes_of(cases[i].bytes, i + 1);
		object = convert(&message);
		expect_text(object, "stdout_base64", cases[i].text, 4);
		json_decref(object);
	}
}

static void scores_are_numbers(void **state)
{
	static const struct {
		double score, expected;
	} cases[] = {{0, 0}, {1, 1}, {0.25, 0.25}, {NAN, 0}, {INFINITY, 0}, {-INFINITY, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		Assay__Result message = ASSAY__RESULT__INIT;
		json_t *object;

		message.score = cases[i].score;
		object = convert(&message);
		assert_true(json_is_real(json_object_get(object, "score")));
		assert_float_equal(json_real_value(json_object_get(object, "score")),
				   cases[i].expected, 0);
		json_decref(object);
	}
}

static void tests_have_all_their_parts(void **state)
{
	Assay__TestError error = ASSAY__TEST_ERROR__INIT;
	Assay__TestResult failed = ASSAY__TEST_RESULT__INIT, passed = ASSAY__TEST_RESULT__INIT;
	Assay__TestResult *tests[] = {&failed, &passed};
	Assay__Result message = ASSAY__RESULT__INIT;
	json_t *object, *expected;

	(void)state;
	error.type = (char *)"ValueError";
	error.message = BYTES("m");
	error.line = 12;
	error.traceback = BYTES("t");
	failed.index = 3;
	failed.name = (char *)"n";
	failed.outcome = ASSAY__OUTCOME__OUTCOME_ERROR;
	failed.source = BYTES("assert f(1) == 2");
	failed.call = BYTES("f(1)");
	failed.expected = BYTES("2");
	failed.actual = BYTES("3");
	failed.error = &error;
	failed.cpu_ns = 1234567;
	passed.outcome = ASSAY__OUTCOME__OUTCOME_PASSED;
	message.n_tests = 2;
	message.tests = tests;
	object = convert(&message);
	expected = json_loads(
		"[{\"index\": 3, \"name\": \"n\", \"outcome\": \"ERROR\","
		"  \"source\": \"assert f(1) == 2\", \"call\": \"f(1)\", \"expected\": \"2\","
		"  \"actual\": \"3\", \"error\": {\"type\": \"ValueError\", \"message\": \"m\","
		"  \"line\": 12, \"traceback\": \"t\"}, \"cpu_ms\": 1.235},"
		" {\"index\": 0, \"name\": null, \"outcome\": \"PASSED\", \"source\": null,"
		"  \"call\": null, \"expected\": null, \"actual\": null, \"error\": null,"
		"  \"cpu_ms\": 0.0}]",
		0, NULL);
	assert_non_null(expected);
	assert_true(json_equal(json_object_get(object, "tests"), expected));
	json_decref(expected);
	json_decref(object);
}

static void hidden_and_compared_tests_say_so(void **state)
{
	Assay__TestResult hidden = ASSAY__TEST_RESULT__INIT, compared = ASSAY__TEST_RESULT__INIT;
	Assay__TestError error = ASSAY__TEST_ERROR__INIT;
	Assay__TestResult *tests[] = {&hidden, &compared};
	Assay__Result message = ASSAY__RESULT__INIT;
	json_t *object, *test;

	(void)state;
	hidden.is_hidden = 1;
	compared.is_compared_by_candidate = 1;
	compared.error = &error;
	error.message = BYTES("it ended");
	message.n_tests = 2;
	message.tests = tests;
	object = convert(&message);
	test = json_array_get(json_object_get(object, "tests"), 0);
	assert_true(json_is_true(json_object_get(test, "hidden")));
	assert_null(json_object_get(test, "compared_by_candidate"));
	test = json_array_get(json_object_get(object, "tests"), 1);
	assert_null(json_object_get(test, "hidden"));
	assert_true(json_is_true(json_object_get(test, "compared_by_candidate")));
	assert_true(json_is_null(json_object_get(json_object_get(test, "error"), "type")));
	expect_text(json_object_get(test, "error"), "message", "it ended", 8);
	json_decref(object);
}

static void assurances_are_told(void **state)
{
	Assay__VerdictCount passed = ASSAY__VERDICT_COUNT__INIT, failed = passed;
	Assay__VerdictCount *verdicts[] = {&passed, &failed};
	Assay__Repeats repeats = ASSAY__REPEATS__INIT;
	char *environment[] = {(char *)"TZ=UTC", (char *)"LANG=C.UTF-8"};
	Assay__Result message = ASSAY__RESULT__INIT;
	json_t *object, *expected, *value;
	const char *key;

	(void)state;
	passed.verdict = ASSAY__VERDICT__PASSED;
	passed.count = 4;
	failed.verdict = ASSAY__VERDICT__FAILED;
	failed.count = 1;
	repeats.runs = 5;
	repeats.n_verdicts = 2;
	repeats.verdicts = verdicts;
	message.repeats = &repeats;
	message.control = ASSAY__CONTROL__CONTROL_HELD;
	message.shared_because = BYTES("because");
	message.n_environment = 2;
	message.environment = environment;
	object = convert(&message);
	expected = json_loads("{\"repeats\": {\"runs\": 5, \"agree\": false, \"verdicts\":"
			      " {\"PASSED\": 4, \"FAILED\": 1}}, \"control\": \"HELD\","
			      " \"shared_because\": \"because\","
			      " \"environment\": [\"TZ=UTC\", \"LANG=C.UTF-8\"]}",
			      0, NULL);
	assert_non_null(expected);
	json_object_foreach(expected, key, value)
		assert_true(json_equal(json_object_get(object, key), value));
	json_decref(expected);
	json_decref(object);
}

static void circumstances_are_told(void **state)
{
	Assay__Violation violation = ASSAY__VIOLATION__INIT;
	Assay__Violation *violations[] = {&violation};
	Assay__Usage usage = ASSAY__USAGE__INIT;
	Assay__TestError error = ASSAY__TEST_ERROR__INIT;
	char *isolation[] = {(char *)"seccomp", (char *)"rlimits"};
	Assay__Result message = ASSAY__RESULT__INIT;
	json_t *object, *expected;

	(void)state;
	violation.syscall = (char *)"socket";
	violation.count = 2;
	usage.cpu_ns = 3100000;
	usage.memory_peak_bytes = 9437184;
	usage.processes_peak = 1;
	error.type = (char *)"SyntaxError";
	message.n_violations = 1;
	message.violations = violations;
	message.n_isolation = 2;
	message.isolation = isolation;
	message.usage = &usage;
	message.error = &error;
	message.comparator = (char *)"tokens";
	message.detail = BYTES("why");
	message.fault = ASSAY__FAULT__FAULT_CANDIDATE;
	message.integrity = ASSAY__INTEGRITY__SHARED;
	message.maskable = true;
	object = convert(&message);
	expected = json_loads(
		"{\"violations\": [{\"syscall\": \"socket\", \"count\": 2}],"
		" \"isolation\": [\"seccomp\", \"rlimits\"],"
		" \"usage\": {\"cpu_ms\": 3.1, \"wall_ms\": 0.0, \"queue_ms\": 0.0,"
		"             \"memory_peak_bytes\": 9437184, \"processes_peak\": 1},"
		" \"run_error\": {\"type\": \"SyntaxError\", \"message\": \"\", \"line\": null,"
		"                 \"traceback\": \"\"},"
		" \"comparator\": \"tokens\", \"detail\": \"why\", \"fault\": \"candidate\","
		" \"integrity\": \"SHARED\", \"maskable\": true}",
		0, NULL);
	assert_non_null(expected);
	json_object_update_existing(object, expected);
	{
		json_t *again = convert(&message);

		assert_true(json_equal(object, again));
		json_decref(again);
	}
	assert_null(json_object_get(object, "error")); /* marks lines that could not be used */
	json_decref(expected);
	json_decref(object);
}

static void errors_name_line_and_field(void **state)
{
	json_t *object = reread(error_to_json("T", "a.jsonl", 17, ASSAY_ERROR_INVALID_REQUEST,
					      "why \xff", "tests"));
	json_t *expected = json_loads(
		"{\"id\": \"T\", \"file\": \"a.jsonl\", \"line\": 17, \"error\": {\"code\":"
		" \"INVALID_REQUEST\", \"message\": \"why \\ufffd\", \"field\": \"tests\"}}",
		0, NULL);

	(void)state;
	assert_true(json_equal(object, expected));
	json_decref(object);
	json_decref(expected);
	object = reread(error_to_json(NULL, NULL, 1, ASSAY_ERROR_TOO_LARGE, "", ""));
	expected = json_loads("{\"id\": null, \"line\": 1, \"error\": {\"code\": \"TOO_LARGE\","
			      " \"message\": \"\"}}",
			      0, NULL);
	assert_true(json_equal(object, expected));
	json_decref(object);
	json_decref(expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_result_has_every_key),
		cmocka_unit_test(every_verdict_has_its_name),
		cmocka_unit_test(odd_bytes_come_back),
		cmocka_unit_test(base64_is_padded),
		cmocka_unit_test(scores_are_numbers),
		cmocka_unit_test(tests_have_all_their_parts),
		cmocka_unit_test(hidden_and_compared_tests_say_so),
		cmocka_unit_test(assurances_are_told),
		cmocka_unit_test(circumstances_are_told),
		cmocka_unit_test(errors_name_line_and_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
