/*
 * The kinds of tests that are served: one table, from which the greeting, refusals and the choice
 * of an examination follow. Pure.
 */
#pragma once

#include <stdbool.h>

/* Number as enum job_kind of inside/wire.h; name in the protocol; whether an examiner in another
 * cell can hold the tests (of stdio nothing of them is in any cell: the broker compares; of answer
 * nothing is run at all). */
#define TASK_KINDS(X)                    \
	X(CHECK, 1, "check", true)       \
	X(ASSERTS, 2, "asserts", true)   \
	X(PROGRAM, 3, "program", false)  \
	X(STDIO, 4, "stdio", false)      \
	X(UNITTEST, 5, "unittest", true) \
	X(PYTEST, 6, "pytest", true)     \
	X(CALLS, 7, "calls", true)       \
	X(ANSWER, 8, "answer", false)

enum task_kind {
#define X(kind, number, name, has_examiner) TASK_##kind = (number),
	TASK_KINDS(X)
#undef X
};

#define TASK_N_KINDS 8

/* Their names, in the order of the table. */
extern const char *const task_kind_names[TASK_N_KINDS];

/*
 * Those of compiled languages: what needs no examination by values, which only a runtime of the
 * language can make.
 */
#define TASK_N_PROGRAM_KINDS 2
extern const char *const task_kind_program_names[TASK_N_PROGRAM_KINDS];
bool task_kind_is_for_programs(enum task_kind kind);

/* Whether plans of calls can be made of such tests (core/call_plan.h). */
static inline bool task_kind_is_plannable(enum task_kind kind)
{
	return kind == TASK_CHECK || kind == TASK_ASSERTS || kind == TASK_CALLS;
}

/* Of a number that is no kind: false. */
bool task_kind_has_examiner(enum task_kind kind);
