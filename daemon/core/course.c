/*
 * What follows a run. Pure; used by broker/evaluation.c.
 *
 * A compiler runs once, whatever follows: what it says of the same code is always the same.
 *
 * The order matters: a run that says nothing is never counted, nor is one whose answers to a plan
 * do not tell enough; tests that cannot be examined apart say nothing of the candidate, either; the
 * negative control comes last, and only if every run has passed, because it can only take a pass
 * away. Whether there is anything that it could alter, says the runtime.
 */
#include "core/course.h"

/* Whether another run could tell something else: not if it was our fault, or the tests'. */
static bool is_about_candidate(const struct verdict *verdict)
{
	return verdict->code <= VERDICT_TAMPERED || verdict->code == VERDICT_STARVED;
}

enum course_step course_decide(const struct course_facts *facts)
{
	const struct task *task = facts->task;

	if (!facts->may_rerun)
		return COURSE_OVER;
	if (facts->verdict->wants_rerun)
		return COURSE_AGAIN;
	if (facts->examination->is_untold)
		return COURSE_SPLIT;
	if (facts->is_compiling)
		return facts->verdict->code == VERDICT_PASSED ? COURSE_COMPILED : COURSE_OVER;
	if (facts->is_control)
		return COURSE_OVER;
	if (facts->wants_resume && !task->stops_at_first_failure)
		return COURSE_RESUME;
	if (facts->examination->fault == EXAMINATION_INSEPARABLE && !facts->is_shared &&
	    !task->wants_split)
		return COURSE_SHARED;
	if (facts->n_runs < task->repeat && is_about_candidate(facts->verdict))
		return COURSE_REPEAT;
	if (facts->verdict->code == VERDICT_PASSED && !facts->has_failed && facts->is_shared &&
	    task->wants_control)
		return COURSE_CONTROL;
	return COURSE_OVER;
}

enum control_outcome course_control(const struct examination *examination)
{
	struct test_counts counts = examination_count(examination);

	if (counts.passed > 0)
		return CONTROL_PASSED;
	return examination->is_planned && examination->n_tests == 0 ? CONTROL_IMPOSSIBLE
								    : CONTROL_HELD;
}
