/*
 * Names: those of assay.proto for every number, and UNKNOWN for the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "assay/assay.h"
#include "assay.pb-c.h"

/* The name in the schema, without the prefix that C++ scoping makes necessary there. */
static void compare(const ProtobufCEnumDescriptor *descriptor, const char *prefix,
		    const char *(*name)(int number))
{
	for (unsigned int i = 0; i < descriptor->n_values; i++) {
		const char *in_schema = descriptor->values[i].name;

		if (strncmp(in_schema, prefix, strlen(prefix)) == 0)
			in_schema += strlen(prefix);
		assert_string_equal(name(descriptor->values[i].value), in_schema);
	}
	assert_string_equal(name((int)descriptor->n_values), "UNKNOWN");
	assert_string_equal(name(-1), "UNKNOWN");
}

static const char *verdict_name(int number)
{
	return assay_verdict_name((enum assay_verdict)number);
}

static const char *integrity_name(int number)
{
	return assay_integrity_name((enum assay_integrity)number);
}

static const char *outcome_name(int number)
{
	return assay_outcome_name((enum assay_outcome)number);
}

static const char *control_name(int number)
{
	return assay_control_name((enum assay_control)number);
}

static const char *error_name(int number)
{
	return assay_error_name((enum assay_error_code)number);
}

static void names_are_those_of_the_schema(void **state)
{
	(void)state;
	compare(&assay__verdict__descriptor, "VERDICT_", verdict_name);
	compare(&assay__integrity__descriptor, "INTEGRITY_", integrity_name);
	compare(&assay__outcome__descriptor, "OUTCOME_", outcome_name);
	compare(&assay__control__descriptor, "CONTROL_", control_name);
	compare(&assay__error_code__descriptor, "ERROR_", error_name);
}

static void faults_are_words(void **state)
{
	(void)state;
	assert_string_equal(assay_fault_name(ASSAY_FAULT_NONE), "none");
	assert_string_equal(assay_fault_name(ASSAY_FAULT_CANDIDATE), "candidate");
	assert_string_equal(assay_fault_name(ASSAY_FAULT_TESTS), "tests");
	assert_string_equal(assay_fault_name(ASSAY_FAULT_OVERLOAD), "overload");
	assert_string_equal(assay_fault_name(ASSAY_FAULT_INFRASTRUCTURE), "infrastructure");
	assert_string_equal(assay_fault_name((enum assay_fault)99), "UNKNOWN");
}

static void the_version_is_that_of_the_header(void **state)
{
	(void)state;
	assert_string_equal(assay_version(), ASSAY_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_schema),
		cmocka_unit_test(faults_are_words),
		cmocka_unit_test(the_version_is_that_of_the_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
