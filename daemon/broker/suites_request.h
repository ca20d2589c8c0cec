/* Validating a matrix: candidates times suites. Part of broker/request.c. Broker only. */
#pragma once

#include <stddef.h>

#include "broker/request.h"

/* What can be in one request at most: what a user may have waiting. */
uint32_t suites_request_max(const struct broker *broker);

/* Candidates times suites, or candidates alone; at most SIZE_MAX. */
size_t suites_request_n_evaluations(const Assay__Evaluate *evaluate);

/* Looks at the suites before anything is made of them; a request without any is fine. 0 or
 * REQUEST_REFUSED. */
int suites_request_check(const struct broker *broker, const Assay__Evaluate *evaluate,
			 struct refusal *refusal);

/* What was said of the request's tests is said of those of this suite. */
void suites_request_name(uint32_t suite, struct refusal *refusal);
