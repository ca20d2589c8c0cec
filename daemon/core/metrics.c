/*
 * Names of the counters. Pure.
 */
#include "core/metrics.h"

static const struct {
	const char *name;
	const char *help;
} metric_table[METRIC_COUNT] = {
#define METRIC(name, help) [METRIC_##name] = {#name, help},
#include "core/metrics.def"
#undef METRIC
};

const char *metric_name(enum metric metric)
{
	return metric_table[metric].name;
}

const char *metric_help(enum metric metric)
{
	return metric_table[metric].help;
}
