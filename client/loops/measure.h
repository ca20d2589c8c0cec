/*
 * What the daemon can say of a principle: whether a judged candidate holds it, and, if not, what
 * there is to criticise. Part of `assay loop constitution`; no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/assay.h"

enum measure_answer {
	MEASURE_UNKNOWN, /* this result tells nothing about it */
	MEASURE_HELD,
	MEASURE_BROKEN,
};

/* What a time is compared with. */
struct measure_scale {
	double times;              /* longest, in times of the reference's */
	uint64_t reference_cpu_ns; /* 0: unknown */
};

struct measure {
	const char *name; /* as a file of principles has it */
	bool is_of_time;  /* needs the scale */
	enum measure_answer (*answer)(const assay_result *result,
				      const struct measure_scale *scale);
	/* Of a broken one: the words, which the caller frees; NULL when memory is short. */
	char *(*new_critique)(const assay_result *result, const struct measure_scale *scale);
};

/* NULL: there is none of that name. */
const struct measure *measure_find(const char *name);

/* "passes_tests, no_forbidden_calls, ..." */
void measure_list(char *text, size_t size);
