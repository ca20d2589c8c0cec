/*
 * Counters. One line in metrics.def makes a counter, its name and its place in the status.
 */
#pragma once

#include <stdint.h>

#include "core/verdict.h"

enum metric {
#define METRIC(name, help) METRIC_##name,
#include "core/metrics.def"
#undef METRIC
	METRIC_COUNT
};

struct metrics {
	uint64_t counters[METRIC_COUNT];
	uint64_t verdicts[VERDICT_COUNT];
};

/* Static text. */
const char *metric_name(enum metric metric);
const char *metric_help(enum metric metric);
