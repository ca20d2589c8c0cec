/*
 * Names of the numbers in results, as JSON and people spell them; libassay.
 *
 * The public enums repeat those of proto/assay.proto so that assay.h needs no generated header; the
 * assertions here keep the two from drifting apart.
 */
#include "assay/assay.h"
#include "assay.pb-c.h"

_Static_assert((int)ASSAY_PASSED == (int)ASSAY__VERDICT__PASSED, "enum Verdict");
_Static_assert((int)ASSAY_MEMORY_LIMIT == (int)ASSAY__VERDICT__MEMORY_LIMIT, "enum Verdict");
_Static_assert((int)ASSAY_VIOLATION == (int)ASSAY__VERDICT__VIOLATION, "enum Verdict");
_Static_assert((int)ASSAY_INFRA == (int)ASSAY__VERDICT__INFRA, "enum Verdict");
_Static_assert((int)ASSAY_FAULT_INFRASTRUCTURE == (int)ASSAY__FAULT__FAULT_INFRASTRUCTURE,
	       "enum Fault");
_Static_assert((int)ASSAY_SHARED == (int)ASSAY__INTEGRITY__SHARED, "enum Integrity");
_Static_assert((int)ASSAY_TEST_SKIPPED == (int)ASSAY__OUTCOME__OUTCOME_SKIPPED, "enum Outcome");
_Static_assert((int)ASSAY_ERROR_UNKNOWN_BLOB == (int)ASSAY__ERROR_CODE__UNKNOWN_BLOB,
	       "enum ErrorCode");
_Static_assert((int)ASSAY_REVEAL_NONE == (int)ASSAY__REVEAL__REVEAL_NONE, "enum Reveal");

static const char *const verdict_names[] = {
	[ASSAY_VERDICT_UNKNOWN] = "UNKNOWN",
	[ASSAY_PASSED] = "PASSED",
	[ASSAY_FAILED] = "FAILED",
	[ASSAY_ERROR] = "ERROR",
	[ASSAY_COMPILE_ERROR] = "COMPILE_ERROR",
	[ASSAY_CPU_LIMIT] = "CPU_LIMIT",
	[ASSAY_WALL_LIMIT] = "WALL_LIMIT",
	[ASSAY_MEMORY_LIMIT] = "MEMORY_LIMIT",
	[ASSAY_OUTPUT_LIMIT] = "OUTPUT_LIMIT",
	[ASSAY_PROCESS_LIMIT] = "PROCESS_LIMIT",
	[ASSAY_VIOLATION] = "VIOLATION",
	[ASSAY_TAMPERED] = "TAMPERED",
	[ASSAY_NO_TESTS] = "NO_TESTS",
	[ASSAY_BAD_TASK] = "BAD_TASK",
	[ASSAY_STARVED] = "STARVED",
	[ASSAY_CANCELLED] = "CANCELLED",
	[ASSAY_INFRA] = "INFRA",
};

static const char *const fault_names[] = {
	[ASSAY_FAULT_NONE] = "none",
	[ASSAY_FAULT_CANDIDATE] = "candidate",
	[ASSAY_FAULT_TESTS] = "tests",
	[ASSAY_FAULT_OVERLOAD] = "overload",
	[ASSAY_FAULT_INFRASTRUCTURE] = "infrastructure",
};

static const char *const integrity_names[] = {
	[ASSAY_INTEGRITY_UNKNOWN] = "UNKNOWN",
	[ASSAY_NATIVE] = "NATIVE",
	[ASSAY_SPLIT] = "SPLIT",
	[ASSAY_SHARED] = "SHARED",
};

static const char *const outcome_names[] = {
	[ASSAY_NOT_RUN] = "NOT_RUN",
	[ASSAY_TEST_PASSED] = "PASSED",
	[ASSAY_TEST_FAILED] = "FAILED",
	[ASSAY_TEST_ERROR] = "ERROR",
	[ASSAY_TEST_TIME_LIMIT] = "TIME_LIMIT",
	[ASSAY_TEST_CRASHED] = "CRASHED",
	[ASSAY_TEST_SKIPPED] = "SKIPPED",
};

static const char *const control_names[] = {
	[ASSAY_CONTROL_NONE] = "NONE",
	[ASSAY_CONTROL_HELD] = "HELD",
	[ASSAY_CONTROL_PASSED] = "PASSED",
	[ASSAY_CONTROL_IMPOSSIBLE] = "IMPOSSIBLE",
};

static const char *const error_names[] = {
	[ASSAY_ERROR_UNKNOWN] = "UNKNOWN",
	[ASSAY_ERROR_INVALID_REQUEST] = "INVALID_REQUEST",
	[ASSAY_ERROR_TOO_LARGE] = "TOO_LARGE",
	[ASSAY_ERROR_UNKNOWN_LANGUAGE] = "UNKNOWN_LANGUAGE",
	[ASSAY_ERROR_UNAUTHENTICATED] = "UNAUTHENTICATED",
	[ASSAY_ERROR_QUOTA] = "QUOTA",
	[ASSAY_ERROR_OVERLOADED] = "OVERLOADED",
	[ASSAY_ERROR_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
	[ASSAY_ERROR_CANCELLED] = "CANCELLED",
	[ASSAY_ERROR_SHUTTING_DOWN] = "SHUTTING_DOWN",
	[ASSAY_ERROR_INTERNAL] = "INTERNAL",
	[ASSAY_ERROR_UNKNOWN_BLOB] = "UNKNOWN_BLOB",
};

static const char *find_name(const char *const *names, size_t n_names, unsigned int number)
{
	return number < n_names ? names[number] : "UNKNOWN";
}
#define FIND_NAME(names, number) \
	find_name((names), sizeof(names) / sizeof((names)[0]), (unsigned int)(number))

const char *assay_verdict_name(enum assay_verdict verdict)
{
	return FIND_NAME(verdict_names, verdict);
}

const char *assay_fault_name(enum assay_fault fault)
{
	return FIND_NAME(fault_names, fault);
}

const char *assay_integrity_name(enum assay_integrity integrity)
{
	return FIND_NAME(integrity_names, integrity);
}

const char *assay_outcome_name(enum assay_outcome outcome)
{
	return FIND_NAME(outcome_names, outcome);
}

const char *assay_control_name(enum assay_control control)
{
	return FIND_NAME(control_names, control);
}

const char *assay_error_name(enum assay_error_code code)
{
	return FIND_NAME(error_names, code);
}

const char *assay_version(void)
{
	return ASSAY_VERSION;
}
