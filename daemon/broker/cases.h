/*
 * An evaluation of kind stdio: its cases, one run after the other, and what they have left. Broker
 * only.
 */
#pragma once

#include "core/job.h"
#include "core/verdict.h"

struct cases;

/* What the run of the present case, job->next_case, has left; all text is borrowed. */
struct case_report {
	const struct run_facts *facts; /* their examination: records that only serve to tell */
	struct slice output;
	uint64_t memory_peak_bytes;
};

enum cases_step {
	CASES_OVER,  /* *verdict is the evaluation's */
	CASES_AGAIN, /* *verdict wants this case to be run again; nothing of it was kept */
	CASES_NEXT,  /* job->next_case is the next one to run */
};

/* `may_rerun`: whether the caller would run a case again. */
enum cases_step cases_take(struct job *job, const struct case_report *report, bool may_rerun,
			   struct verdict *verdict);

/*
 * Facts of all runs so far, with the examination of all cases: times are sums, `processes` and
 * *memory_peak_bytes the largest. Borrowed from the job, which has taken a report.
 */
const struct run_facts *cases_facts(const struct job *job, uint64_t *memory_peak_bytes);

/*
 * The code of the job does not compile, so none of its cases runs: the facts to be told, with the
 * compiler's words. Borrowed from the job.
 */
const struct run_facts *cases_uncompiled(struct job *job, const struct case_report *report);

void cases_free(struct cases *cases);
