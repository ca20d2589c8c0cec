/*
 * Reading a result; libassay. Absent parts of the message read as empty text and 0, numbers of
 * enums that this version does not know read as the enum's UNKNOWN.
 */
#include "client/lib/client.h"
#include "client/lib/text.h"

static const Assay__TestError no_error = ASSAY__TEST_ERROR__INIT;
static const Assay__Compile no_compile = ASSAY__COMPILE__INIT;
static const Assay__Usage no_usage = ASSAY__USAGE__INIT;
static const Assay__TestResult no_test = ASSAY__TEST_RESULT__INIT;
static const Assay__Repeats no_repeats = ASSAY__REPEATS__INIT;

static const Assay__TestError *error_or_none(const Assay__TestError *error)
{
	return error != NULL ? error : &no_error;
}

enum assay_verdict assay_result_verdict(const assay_result *result)
{
	unsigned int verdict = (unsigned int)result->message->verdict;

	return verdict <= ASSAY_INFRA ? (enum assay_verdict)verdict : ASSAY_VERDICT_UNKNOWN;
}

enum assay_fault assay_result_fault(const assay_result *result)
{
	unsigned int fault = (unsigned int)result->message->fault;

	return fault <= ASSAY_FAULT_INFRASTRUCTURE ? (enum assay_fault)fault : ASSAY_FAULT_NONE;
}

enum assay_integrity assay_result_integrity(const assay_result *result)
{
	unsigned int integrity = (unsigned int)result->message->integrity;

	return integrity <= ASSAY_SHARED ? (enum assay_integrity)integrity
					 : ASSAY_INTEGRITY_UNKNOWN;
}

enum assay_control assay_result_control(const assay_result *result)
{
	unsigned int control = (unsigned int)result->message->control;

	return control <= ASSAY_CONTROL_IMPOSSIBLE ? (enum assay_control)control
						   : ASSAY_CONTROL_NONE;
}

double assay_result_score(const assay_result *result)
{
	return result->message->score;
}

const char *assay_result_text(const assay_result *result, enum assay_result_text which, size_t *len)
{
	const Assay__Result *message = result->message;
	const Assay__TestError *error = error_or_none(message->error);

	switch (which) {
	case ASSAY_RESULT_ID:
		return text_of_string(message->id, len);
	case ASSAY_RESULT_CANDIDATE:
		return text_of_string(message->candidate, len);
	case ASSAY_RESULT_STDOUT:
		return text_of_bytes(&message->stdout, len);
	case ASSAY_RESULT_STDERR:
		return text_of_bytes(&message->stderr, len);
	case ASSAY_RESULT_COMPILE_OUTPUT:
		return text_of_bytes(message->compile != NULL ? &message->compile->output
							      : &no_compile.output,
				     len);
	case ASSAY_RESULT_RUNTIME:
		return text_of_string(message->runtime, len);
	case ASSAY_RESULT_FEEDBACK:
		return text_of_bytes(&message->feedback, len);
	case ASSAY_RESULT_COMPARATOR:
		return text_of_string(message->comparator, len);
	case ASSAY_RESULT_DETAIL:
		return text_of_bytes(&message->detail, len);
	case ASSAY_RESULT_ERROR_TYPE:
		return text_of_string(error->type, len);
	case ASSAY_RESULT_ERROR_MESSAGE:
		return text_of_bytes(&error->message, len);
	case ASSAY_RESULT_ERROR_TRACEBACK:
		return text_of_bytes(&error->traceback, len);
	case ASSAY_RESULT_SHARED_BECAUSE:
		return text_of_bytes(&message->shared_because, len);
	}
	return text_of_string("", len);
}

static const Assay__Repeats *repeats_or_none(const Assay__Result *message)
{
	return message->repeats != NULL ? message->repeats : &no_repeats;
}

uint64_t assay_result_number(const assay_result *result, enum assay_result_number which)
{
	const Assay__Result *message = result->message;
	const Assay__Usage *usage = message->usage != NULL ? message->usage : &no_usage;
	const Assay__Compile *compile = message->compile != NULL ? message->compile : &no_compile;

	switch (which) {
	case ASSAY_RESULT_CANDIDATE_INDEX:
		return message->candidate_index;
	case ASSAY_RESULT_SUITE_INDEX:
		return message->suite_index;
	case ASSAY_RESULT_TESTS_TOTAL:
		return message->tests_total;
	case ASSAY_RESULT_TESTS_RUN:
		return message->tests_run;
	case ASSAY_RESULT_TESTS_PASSED:
		return message->tests_passed;
	case ASSAY_RESULT_MASKABLE:
		return message->maskable != 0;
	case ASSAY_RESULT_CACHED:
		return message->cached != 0;
	case ASSAY_RESULT_CPU_NS:
		return usage->cpu_ns;
	case ASSAY_RESULT_WALL_NS:
		return usage->wall_ns;
	case ASSAY_RESULT_QUEUE_NS:
		return usage->queue_ns;
	case ASSAY_RESULT_MEMORY_PEAK_BYTES:
		return usage->memory_peak_bytes;
	case ASSAY_RESULT_PROCESSES_PEAK:
		return usage->processes_peak;
	case ASSAY_RESULT_STDOUT_DROPPED_BYTES:
		return message->stdout_dropped_bytes;
	case ASSAY_RESULT_STDERR_DROPPED_BYTES:
		return message->stderr_dropped_bytes;
	case ASSAY_RESULT_COMPILE_OK:
		return compile->ok != 0;
	case ASSAY_RESULT_COMPILE_CACHED:
		return compile->cached != 0;
	case ASSAY_RESULT_ERROR_LINE:
		return error_or_none(message->error)->line;
	case ASSAY_RESULT_N_TESTS:
		return message->n_tests;
	case ASSAY_RESULT_N_ISOLATION:
		return message->n_isolation;
	case ASSAY_RESULT_N_VIOLATIONS:
		return message->n_violations;
	case ASSAY_RESULT_N_ENVIRONMENT:
		return message->n_environment;
	case ASSAY_RESULT_REPEAT_RUNS:
		return repeats_or_none(message)->runs;
	case ASSAY_RESULT_REPEATS_AGREE:
		return repeats_or_none(message)->agree != 0;
	}
	return 0;
}

const char *assay_result_isolation(const assay_result *result, size_t index)
{
	return index < result->message->n_isolation ? result->message->isolation[index] : NULL;
}

const char *assay_result_violation(const assay_result *result, size_t index, uint32_t *count)
{
	if (index >= result->message->n_violations)
		return NULL;
	if (count != NULL)
		*count = result->message->violations[index]->count;
	return result->message->violations[index]->syscall;
}

const char *assay_result_environment(const assay_result *result, size_t index)
{
	return index < result->message->n_environment ? result->message->environment[index] : NULL;
}

uint64_t assay_result_repeat_count(const assay_result *result, enum assay_verdict verdict)
{
	const Assay__Repeats *repeats = repeats_or_none(result->message);
	uint64_t count = 0;

	for (size_t i = 0; i < repeats->n_verdicts; i++)
		if ((unsigned int)repeats->verdicts[i]->verdict == (unsigned int)verdict)
			count += repeats->verdicts[i]->count;
	return count;
}

static const Assay__TestResult *test_at(const assay_result *result, size_t index)
{
	return index < result->message->n_tests ? result->message->tests[index] : &no_test;
}

const char *assay_result_test_text(const assay_result *result, size_t index,
				   enum assay_test_text which, size_t *len)
{
	const Assay__TestResult *test = test_at(result, index);
	const Assay__TestError *error = error_or_none(test->error);

	switch (which) {
	case ASSAY_TEST_NAME:
		return text_of_string(test->name, len);
	case ASSAY_TEST_SOURCE:
		return text_of_bytes(&test->source, len);
	case ASSAY_TEST_CALL:
		return text_of_bytes(&test->call, len);
	case ASSAY_TEST_EXPECTED:
		return text_of_bytes(&test->expected, len);
	case ASSAY_TEST_ACTUAL:
		return text_of_bytes(&test->actual, len);
	case ASSAY_TEST_ERROR_TYPE:
		return text_of_string(error->type, len);
	case ASSAY_TEST_ERROR_MESSAGE:
		return text_of_bytes(&error->message, len);
	case ASSAY_TEST_ERROR_TRACEBACK:
		return text_of_bytes(&error->traceback, len);
	}
	return text_of_string("", len);
}

enum assay_outcome assay_result_test_outcome(const assay_result *result, size_t index)
{
	unsigned int outcome = (unsigned int)test_at(result, index)->outcome;

	return outcome <= ASSAY_TEST_SKIPPED ? (enum assay_outcome)outcome : ASSAY_NOT_RUN;
}

uint64_t assay_result_test_cpu_ns(const assay_result *result, size_t index)
{
	return test_at(result, index)->cpu_ns;
}

uint32_t assay_result_test_line(const assay_result *result, size_t index)
{
	return error_or_none(test_at(result, index)->error)->line;
}

uint32_t assay_result_test_index(const assay_result *result, size_t index)
{
	return test_at(result, index)->index;
}

bool assay_result_test_is_hidden(const assay_result *result, size_t index)
{
	return test_at(result, index)->is_hidden != 0;
}

bool assay_result_test_is_compared_by_candidate(const assay_result *result, size_t index)
{
	return test_at(result, index)->is_compared_by_candidate != 0;
}
