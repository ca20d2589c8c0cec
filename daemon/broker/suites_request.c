/*
 * Validating a matrix. Broker.
 *
 * A small message can ask for very many evaluations, each of which takes memory here: so how many
 * there would be is looked at first. Of the suites themselves request.c looks at the tests, each as
 * those of a request of its own.
 */
#include "broker/suites_request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INVALID ASSAY__ERROR_CODE__INVALID_REQUEST

uint32_t suites_request_max(const struct broker *broker)
{
	uint32_t of_user = broker->settings->user_queue_max;

	return of_user < broker->queue.max_jobs ? of_user : broker->queue.max_jobs;
}

size_t suites_request_n_evaluations(const Assay__Evaluate *evaluate)
{
	size_t n;

	if (evaluate->n_suites == 0)
		return evaluate->n_candidates;
	return __builtin_mul_overflow(evaluate->n_candidates, evaluate->n_suites, &n) ? SIZE_MAX
										      : n;
}

static int check_ids(const Assay__Evaluate *evaluate, struct refusal *refusal)
{
	char field[64];

	for (size_t i = 0; i < evaluate->n_suites; i++) {
		if (strlen(evaluate->suites[i]->id) <= REQUEST_ID_MAX)
			continue;
		snprintf(field, sizeof(field), "evaluate.suites[%zu].id", i);
		return request_refuse(refusal, INVALID, field, "at most %d bytes", REQUEST_ID_MAX);
	}
	return 0;
}

int suites_request_check(const struct broker *broker, const Assay__Evaluate *evaluate,
			 struct refusal *refusal)
{
	uint32_t max = suites_request_max(broker);

	if (evaluate->n_suites == 0)
		return 0;
	if (evaluate->tests_case != ASSAY__EVALUATE__TESTS__NOT_SET)
		return request_refuse(refusal, INVALID, "evaluate.suites",
				      "either tests or suites, not both");
	if (evaluate->n_suites > max || suites_request_n_evaluations(evaluate) > max)
		return request_refuse(refusal, ASSAY__ERROR_CODE__TOO_LARGE, "evaluate.suites",
				      "%zu candidates and %zu suites, at most %u evaluations in "
				      "one request",
				      evaluate->n_candidates, evaluate->n_suites, max);
	return check_ids(evaluate, refusal);
}

void suites_request_name(uint32_t suite, struct refusal *refusal)
{
	static const char *const of_tests[] = {"asserts", "tests"};
	const char *field = refusal->field + sizeof("evaluate.") - 1;

	for (size_t i = 0; i < sizeof(of_tests) / sizeof(of_tests[0]); i++)
		if (strcmp(field, of_tests[i]) == 0)
			snprintf(refusal->field, sizeof(refusal->field),
				 "evaluate.suites[%" PRIu32 "].%s", suite, of_tests[i]);
}
