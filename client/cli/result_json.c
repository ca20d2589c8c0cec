/*
 * Answers as JSON, for `assay eval` and `assay run --json`. Runs in `assay`.
 *
 * The keys are those of the interface and always there, so that a reader need not ask; what a test
 * has not got (no call, no expected value, no error) is null. Only extras are left out when there
 * is nothing to say: "comparator", "detail", "run_error" (what ended the run outside any test; it
 * is not called "error", because that key marks a line that could not be used), "control",
 * "repeats", "shared_because", "environment"; of a test "hidden" and "compared_by_candidate".
 *
 * JSON is UTF-8 and results are bytes. Lone surrogate escapes would keep every byte, but only
 * Python reads them; so the text is readable for everyone, with U+FFFD, and the exact bytes of
 * stdout and stderr stand beside it in base64 when they differ.
 *
 * Numbers: times in milliseconds, rounded to microseconds; a score that is no number would make the
 * line unreadable and becomes 0.
 */
#include "client/cli/result_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/characters.h"

#define REAL_DIGITS 15

json_t *json_from_bytes(const char *bytes, size_t len)
{
	json_t *string;
	char *copy;
	size_t copy_len;

	if (characters_are_valid(bytes, len))
		return json_stringn_nocheck(bytes, len);
	copy = characters_replace_invalid(bytes, len, &copy_len);
	if (copy == NULL)
		return NULL;
	string = json_stringn_nocheck(copy, copy_len);
	free(copy);
	return string;
}

static json_t *base64(const char *bytes, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = malloc((len + 2) / 3 * 4 + 1), *to = text;
	json_t *string;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t group = (uint32_t)(unsigned char)bytes[i] << 16;

		group |= n > 1 ? (uint32_t)(unsigned char)bytes[i + 1] << 8 : 0;
		group |= n > 2 ? (uint32_t)(unsigned char)bytes[i + 2] : 0;
		*to++ = digits[group >> 18];
		*to++ = digits[group >> 12 & 63];
		*to++ = n > 1 ? digits[group >> 6 & 63] : '=';
		*to++ = n > 2 ? digits[group & 63] : '=';
	}
	string = json_stringn_nocheck(text, (size_t)(to - text));
	free(text);
	return string;
}

static json_t *milliseconds(uint64_t ns)
{
	return json_real(round((double)ns / 1e3) / 1e3);
}

static json_t *text_of(const assay_result *result, enum assay_result_text which)
{
	size_t len;
	const char *text = assay_result_text(result, which, &len);

	return json_from_bytes(text, len);
}

static json_t *number_of(const assay_result *result, enum assay_result_number which)
{
	return json_integer((json_int_t)assay_result_number(result, which));
}

static json_t *flag_of(const assay_result *result, enum assay_result_number which)
{
	return json_boolean(assay_result_number(result, which) != 0);
}

static json_t *test_text(const assay_result *result, size_t index, enum assay_test_text which)
{
	size_t len;
	const char *text = assay_result_test_text(result, index, which, &len);

	return len == 0 ? json_null() : json_from_bytes(text, len);
}

static json_t *line_number(uint64_t line)
{
	return line == 0 ? json_null() : json_integer((json_int_t)line);
}

static json_t *test_error(const assay_result *result, size_t index)
{
	size_t type_len, message_len;

	assay_result_test_text(result, index, ASSAY_TEST_ERROR_TYPE, &type_len);
	assay_result_test_text(result, index, ASSAY_TEST_ERROR_MESSAGE, &message_len);
	if (type_len == 0 && message_len == 0)
		return json_null();
	return json_pack("{so so so so}", "type", test_text(result, index, ASSAY_TEST_ERROR_TYPE),
			 "message", test_text(result, index, ASSAY_TEST_ERROR_MESSAGE), "line",
			 line_number(assay_result_test_line(result, index)), "traceback",
			 test_text(result, index, ASSAY_TEST_ERROR_TRACEBACK));
}

static json_t *test_to_json(const assay_result *result, size_t index)
{
	json_t *test = json_pack("{sI so ss so so so so so so}", "index",
				 (json_int_t)assay_result_test_index(result, index), "name",
				 test_text(result, index, ASSAY_TEST_NAME), "outcome",
				 assay_outcome_name(assay_result_test_outcome(result, index)),
				 "source", test_text(result, index, ASSAY_TEST_SOURCE), "call",
				 test_text(result, index, ASSAY_TEST_CALL), "expected",
				 test_text(result, index, ASSAY_TEST_EXPECTED), "actual",
				 test_text(result, index, ASSAY_TEST_ACTUAL), "error",
				 test_error(result, index), "cpu_ms",
				 milliseconds(assay_result_test_cpu_ns(result, index)));

	if (assay_result_test_is_hidden(result, index))
		json_object_set_new_nocheck(test, "hidden", json_true());
	if (assay_result_test_is_compared_by_candidate(result, index))
		json_object_set_new_nocheck(test, "compared_by_candidate", json_true());
	return test;
}

static json_t *tests_to_json(const assay_result *result)
{
	size_t n_tests = assay_result_number(result, ASSAY_RESULT_N_TESTS);
	json_t *tests = json_array();

	for (size_t i = 0; i < n_tests; i++)
		if (json_array_append_new(tests, test_to_json(result, i)) < 0) {
			json_decref(tests);
			return NULL;
		}
	return tests;
}

static json_t *isolation_to_json(const assay_result *result)
{
	json_t *layers = json_array();
	const char *layer;

	for (size_t i = 0; (layer = assay_result_isolation(result, i)) != NULL; i++)
		json_array_append_new(layers, json_string(layer));
	return layers;
}

static json_t *violations_to_json(const assay_result *result)
{
	json_t *violations = json_array();
	const char *syscall;
	uint32_t count;

	for (size_t i = 0; (syscall = assay_result_violation(result, i, &count)) != NULL; i++)
		json_array_append_new(violations, json_pack("{ss sI}", "syscall", syscall, "count",
							    (json_int_t)count));
	return violations;
}

static json_t *usage_to_json(const assay_result *result)
{
	return json_pack("{so so so so so}", "cpu_ms",
			 milliseconds(assay_result_number(result, ASSAY_RESULT_CPU_NS)), "wall_ms",
			 milliseconds(assay_result_number(result, ASSAY_RESULT_WALL_NS)),
			 "queue_ms",
			 milliseconds(assay_result_number(result, ASSAY_RESULT_QUEUE_NS)),
			 "memory_peak_bytes", number_of(result, ASSAY_RESULT_MEMORY_PEAK_BYTES),
			 "processes_peak", number_of(result, ASSAY_RESULT_PROCESSES_PEAK));
}

static int add_output(json_t *object, const assay_result *result, const char *key,
		      enum assay_result_text which, const char *base64_key)
{
	size_t len;
	const char *bytes = assay_result_text(result, which, &len);
	int err = json_object_set_new_nocheck(object, key, json_from_bytes(bytes, len));

	if (!characters_are_valid(bytes, len))
		err |= json_object_set_new_nocheck(object, base64_key, base64(bytes, len));
	return err;
}

static int add_outputs(json_t *object, const assay_result *result)
{
	int err = add_output(object, result, "stdout", ASSAY_RESULT_STDOUT, "stdout_base64");

	err |= json_object_set_new_nocheck(object, "stdout_dropped_bytes",
					   number_of(result, ASSAY_RESULT_STDOUT_DROPPED_BYTES));
	err |= add_output(object, result, "stderr", ASSAY_RESULT_STDERR, "stderr_base64");
	err |= json_object_set_new_nocheck(object, "stderr_dropped_bytes",
					   number_of(result, ASSAY_RESULT_STDERR_DROPPED_BYTES));
	return err;
}

static bool has_text(const assay_result *result, enum assay_result_text which)
{
	size_t len;

	assay_result_text(result, which, &len);
	return len > 0;
}

static json_t *repeats_to_json(const assay_result *result)
{
	json_t *verdicts = json_object();

	for (unsigned int i = ASSAY_VERDICT_UNKNOWN; i <= ASSAY_INFRA; i++) {
		uint64_t count = assay_result_repeat_count(result, i);

		if (count > 0)
			json_object_set_new_nocheck(verdicts, assay_verdict_name(i),
						    json_integer((json_int_t)count));
	}
	return json_pack("{so so so}", "runs", number_of(result, ASSAY_RESULT_REPEAT_RUNS), "agree",
			 flag_of(result, ASSAY_RESULT_REPEATS_AGREE), "verdicts", verdicts);
}

static json_t *environment_to_json(const assay_result *result)
{
	json_t *environment = json_array();
	const char *text;

	for (size_t i = 0; (text = assay_result_environment(result, i)) != NULL; i++)
		json_array_append_new(environment, json_from_bytes(text, strlen(text)));
	return environment;
}

/* What was done so that the verdict can be relied on. */
static int add_assurances(json_t *object, const assay_result *result)
{
	enum assay_control control = assay_result_control(result);
	int err = 0;

	if (control != ASSAY_CONTROL_NONE)
		err |= json_object_set_new_nocheck(object, "control",
						   json_string(assay_control_name(control)));
	if (assay_result_number(result, ASSAY_RESULT_REPEAT_RUNS) > 0)
		err |= json_object_set_new_nocheck(object, "repeats", repeats_to_json(result));
	if (has_text(result, ASSAY_RESULT_SHARED_BECAUSE))
		err |= json_object_set_new_nocheck(object, "shared_because",
						   text_of(result, ASSAY_RESULT_SHARED_BECAUSE));
	if (assay_result_number(result, ASSAY_RESULT_N_ENVIRONMENT) > 0)
		err |= json_object_set_new_nocheck(object, "environment",
						   environment_to_json(result));
	return err;
}

static int add_extras(json_t *object, const assay_result *result)
{
	int err = add_assurances(object, result);

	if (has_text(result, ASSAY_RESULT_COMPARATOR))
		err |= json_object_set_new_nocheck(object, "comparator",
						   text_of(result, ASSAY_RESULT_COMPARATOR));
	if (has_text(result, ASSAY_RESULT_DETAIL))
		err |= json_object_set_new_nocheck(object, "detail",
						   text_of(result, ASSAY_RESULT_DETAIL));
	if (has_text(result, ASSAY_RESULT_ERROR_TYPE))
		err |= json_object_set_new_nocheck(
			object, "run_error",
			json_pack("{so so so so}", "type", text_of(result, ASSAY_RESULT_ERROR_TYPE),
				  "message", text_of(result, ASSAY_RESULT_ERROR_MESSAGE), "line",
				  line_number(assay_result_number(result, ASSAY_RESULT_ERROR_LINE)),
				  "traceback", text_of(result, ASSAY_RESULT_ERROR_TRACEBACK)));
	return err;
}

static json_t *judgement_to_json(const assay_result *result)
{
	enum assay_verdict verdict = assay_result_verdict(result);
	double score = assay_result_score(result);

	return json_pack(
		"{so so ss sb so so so so so}", "id", text_of(result, ASSAY_RESULT_ID), "candidate",
		text_of(result, ASSAY_RESULT_CANDIDATE), "verdict", assay_verdict_name(verdict),
		"passed", verdict == ASSAY_PASSED, "score", json_real(isfinite(score) ? score : 0),
		"tests_total", number_of(result, ASSAY_RESULT_TESTS_TOTAL), "tests_run",
		number_of(result, ASSAY_RESULT_TESTS_RUN), "tests_passed",
		number_of(result, ASSAY_RESULT_TESTS_PASSED), "tests", tests_to_json(result));
}

static json_t *circumstances_to_json(const assay_result *result)
{
	return json_pack("{ss so ss so so so}", "fault",
			 assay_fault_name(assay_result_fault(result)), "maskable",
			 flag_of(result, ASSAY_RESULT_MASKABLE), "integrity",
			 assay_integrity_name(assay_result_integrity(result)), "isolation",
			 isolation_to_json(result), "violations", violations_to_json(result),
			 "usage", usage_to_json(result));
}

static json_t *build_to_json(const assay_result *result)
{
	return json_pack("{s{so so so} so so so}", "compile", "ok",
			 flag_of(result, ASSAY_RESULT_COMPILE_OK), "output",
			 text_of(result, ASSAY_RESULT_COMPILE_OUTPUT), "cached",
			 flag_of(result, ASSAY_RESULT_COMPILE_CACHED), "runtime",
			 text_of(result, ASSAY_RESULT_RUNTIME), "cached",
			 flag_of(result, ASSAY_RESULT_CACHED), "feedback",
			 text_of(result, ASSAY_RESULT_FEEDBACK));
}

json_t *result_to_json(const assay_result *result)
{
	json_t *object = judgement_to_json(result);
	json_t *circumstances = circumstances_to_json(result), *build = build_to_json(result);
	int err = object == NULL || circumstances == NULL || build == NULL;

	if (!err)
		err = json_object_update(object, circumstances) | add_outputs(object, result) |
		      json_object_update(object, build) | add_extras(object, result);
	json_decref(circumstances);
	json_decref(build);
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

json_t *error_to_json(const char *id, const char *file, uint64_t line, enum assay_error_code code,
		      const char *message, const char *field)
{
	json_t *error = json_pack("{ss so}", "code", assay_error_name(code), "message",
				  json_from_bytes(message, strlen(message)));
	json_t *object = json_object();

	if (error != NULL && field != NULL && field[0] != '\0')
		json_object_set_new_nocheck(error, "field", json_from_bytes(field, strlen(field)));
	json_object_set_new_nocheck(object, "id",
				    id == NULL ? json_null() : json_from_bytes(id, strlen(id)));
	if (file != NULL)
		json_object_set_new_nocheck(object, "file", json_from_bytes(file, strlen(file)));
	json_object_set_new_nocheck(object, "line", json_integer((json_int_t)line));
	json_object_set_new_nocheck(object, "error", error);
	return object;
}

char *json_to_line(const json_t *value)
{
	return json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));
}
