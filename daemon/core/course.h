/*
 * The course of an evaluation: what follows a run of it. One is enough for most; some are repeated
 * because something of ours failed, because the client wants to know whether the verdict holds, or
 * because a pass in the candidate's own process has to be doubted. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/job.h"
#include "core/verdict.h"

enum course_step {
	COURSE_OVER,     /* answer */
	COURSE_COMPILED, /* there is a program now: run it */
	COURSE_AGAIN,    /* this run says nothing: the same once more (alone, if it was starved) */
	COURSE_RESUME,   /* a test took too long: the rest, with the candidate started afresh */
	COURSE_SPLIT,    /* its answers do not tell enough: the same with an examiner */
	COURSE_SHARED,   /* these tests cannot be examined apart: the same in one process */
	COURSE_REPEAT,   /* one more of the runs that were asked for */
	COURSE_CONTROL,  /* the same with altered expectations, which must not pass */
};

struct course_facts {
	const struct task *task;
	const struct verdict *verdict;
	const struct examination *examination;
	bool is_compiling; /* the run was the compiler's; PASSED: there is a program */
	bool is_shared;    /* the tests were in the candidate's process */
	bool is_control;   /* and their expectations altered */
	bool may_rerun;    /* nobody has cancelled it */
	bool has_failed;   /* one of its earlier runs did not pass */
	bool wants_resume; /* another run could find out more of its tests */
	uint32_t n_runs;   /* that say something, this one included */
};

enum course_step course_decide(const struct course_facts *facts);

/* What the run with altered expectations says. */
enum control_outcome course_control(const struct examination *examination);
