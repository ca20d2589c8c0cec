/*
 * What the daemon can say of a principle. Part of `assay loop constitution`.
 *
 * A critique is made of what the daemon tells of the result: its feedback, the names of refused
 * calls, the compiler's words, the times. So a task's `reveal` and `hidden` hold here, too.
 *
 * Code that did not compile has made no calls and reached no limit because it never ran: of it only
 * the tests and the compiler are asked.
 */
#include "client/loops/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Below it, a time is mostly that of starting and stopping. */
#define CPU_NS_LEAST 20000000

#define MS 1e6

static bool has_run(const assay_result *result)
{
	const enum assay_verdict verdict = assay_result_verdict(result);

	return verdict != ASSAY_COMPILE_ERROR && verdict != ASSAY_BAD_TASK &&
	       verdict != ASSAY_NO_TESTS;
}

static enum measure_answer answer_of_run(const assay_result *result, bool is_held)
{
	if (!has_run(result))
		return MEASURE_UNKNOWN;
	return is_held ? MEASURE_HELD : MEASURE_BROKEN;
}

static char *new_feedback(const assay_result *result, const char *beginning)
{
	char *text;

	if (asprintf(&text, "%s\n\n%s", beginning,
		     assay_result_text(result, ASSAY_RESULT_FEEDBACK, NULL)) < 0)
		return NULL;
	return text;
}

/* ---------------------------------------------------------------- passes_tests */

static enum measure_answer passes_tests(const assay_result *result,
					const struct measure_scale *scale)
{
	(void)scale;
	return assay_result_verdict(result) == ASSAY_PASSED ? MEASURE_HELD : MEASURE_BROKEN;
}

static char *new_critique_of_tests(const assay_result *result, const struct measure_scale *scale)
{
	(void)scale;
	return new_feedback(result, "The solution does not pass its tests:");
}

/* ---------------------------------------------------------------- no_forbidden_calls */

static enum measure_answer makes_no_forbidden_calls(const assay_result *result,
						    const struct measure_scale *scale)
{
	(void)scale;
	return answer_of_run(result, assay_result_verdict(result) != ASSAY_VIOLATION &&
					     assay_result_violation(result, 0, NULL) == NULL);
}

static char *new_critique_of_calls(const assay_result *result, const struct measure_scale *scale)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const char *call;
	uint32_t count;

	(void)scale;
	if (out == NULL)
		return NULL;
	fputs("The solution makes system calls that are forbidden:", out);
	for (size_t i = 0; (call = assay_result_violation(result, i, &count)) != NULL; i++)
		fprintf(out, "%s %s (%" PRIu32 " time%s)", i > 0 ? "," : "", call, count,
			count == 1 ? "" : "s");
	fputs(".", out);
	if (assay_result_verdict(result) == ASSAY_VIOLATION)
		fprintf(out, "\n\n%s", assay_result_text(result, ASSAY_RESULT_FEEDBACK, NULL));
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* ---------------------------------------------------------------- no_tampering */

static enum measure_answer does_not_tamper(const assay_result *result,
					   const struct measure_scale *scale)
{
	(void)scale;
	return answer_of_run(result, assay_result_verdict(result) != ASSAY_TAMPERED);
}

static char *new_critique_of_tampering(const assay_result *result,
				       const struct measure_scale *scale)
{
	(void)scale;
	return new_feedback(result, "The solution interferes with its own examination:");
}

/* ---------------------------------------------------------------- within_limits */

static enum measure_answer keeps_within_limits(const assay_result *result,
					       const struct measure_scale *scale)
{
	const enum assay_verdict verdict = assay_result_verdict(result);

	(void)scale;
	return answer_of_run(result, verdict < ASSAY_CPU_LIMIT || verdict > ASSAY_PROCESS_LIMIT);
}

static char *new_critique_of_limits(const assay_result *result, const struct measure_scale *scale)
{
	char *text;

	(void)scale;
	if (asprintf(&text, "The solution does not keep within its limits (%s):\n\n%s",
		     assay_verdict_name(assay_result_verdict(result)),
		     assay_result_text(result, ASSAY_RESULT_FEEDBACK, NULL)) < 0)
		return NULL;
	return text;
}

/* ---------------------------------------------------------------- no_warnings */

static enum measure_answer compiles_without_warnings(const assay_result *result,
						     const struct measure_scale *scale)
{
	size_t len;

	(void)scale;
	assay_result_text(result, ASSAY_RESULT_COMPILE_OUTPUT, &len);
	return assay_result_verdict(result) != ASSAY_COMPILE_ERROR && len == 0 ? MEASURE_HELD
									       : MEASURE_BROKEN;
}

static char *new_critique_of_warnings(const assay_result *result, const struct measure_scale *scale)
{
	size_t len;
	const char *said = assay_result_text(result, ASSAY_RESULT_COMPILE_OUTPUT, &len);
	char *text;

	(void)scale;
	if (len == 0)
		return new_feedback(result, "The solution does not compile:");
	if (asprintf(&text, "The compiler says of the solution:\n\n%s", said) < 0)
		return NULL;
	return text;
}

/* ---------------------------------------------------------------- time */

/* How long what is wrong takes says nothing. */
static enum measure_answer takes_no_longer(const assay_result *result,
					   const struct measure_scale *scale)
{
	const uint64_t cpu_ns = assay_result_number(result, ASSAY_RESULT_CPU_NS);

	if (assay_result_verdict(result) != ASSAY_PASSED || scale->reference_cpu_ns == 0)
		return MEASURE_UNKNOWN;
	return cpu_ns <= CPU_NS_LEAST ||
			       (double)cpu_ns <= scale->times * (double)scale->reference_cpu_ns
		       ? MEASURE_HELD
		       : MEASURE_BROKEN;
}

static char *new_critique_of_time(const assay_result *result, const struct measure_scale *scale)
{
	const double cpu_ns = (double)assay_result_number(result, ASSAY_RESULT_CPU_NS);
	const double reference_ns = (double)scale->reference_cpu_ns;
	char *text;

	if (asprintf(&text,
		     "The solution is right, but slow: it takes %.0f ms of CPU time, %.1f times as "
		     "much as a known one (%.0f ms). At most %g times as much is allowed.",
		     cpu_ns / MS, cpu_ns / reference_ns, reference_ns / MS, scale->times) < 0)
		return NULL;
	return text;
}

/* ---------------------------------------------------------------- all */

static const struct measure measures[] = {
	{"passes_tests", false, passes_tests, new_critique_of_tests},
	{"no_forbidden_calls", false, makes_no_forbidden_calls, new_critique_of_calls},
	{"no_tampering", false, does_not_tamper, new_critique_of_tampering},
	{"within_limits", false, keeps_within_limits, new_critique_of_limits},
	{"no_warnings", false, compiles_without_warnings, new_critique_of_warnings},
	{"time", true, takes_no_longer, new_critique_of_time},
};
#define N_MEASURES (sizeof(measures) / sizeof(measures[0]))

const struct measure *measure_find(const char *name)
{
	for (size_t i = 0; i < N_MEASURES; i++)
		if (strcmp(measures[i].name, name) == 0)
			return &measures[i];
	return NULL;
}

void measure_list(char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < N_MEASURES && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i > 0 ? ", " : "",
					measures[i].name);
}
