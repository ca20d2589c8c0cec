/*
 * From the facts of a run to the verdict: a pure function. Everything that a candidate can
 * influence is a fact here; nothing that it says about itself is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/outcome.h"
#include "core/policy.h"
#include "core/violation.h"

/* Numbers as Verdict in assay.proto. */
#define VERDICTS(X)         \
	X(PASSED, 1)        \
	X(FAILED, 2)        \
	X(ERROR, 3)         \
	X(COMPILE_ERROR, 4) \
	X(CPU_LIMIT, 5)     \
	X(WALL_LIMIT, 6)    \
	X(MEMORY_LIMIT, 7)  \
	X(OUTPUT_LIMIT, 8)  \
	X(PROCESS_LIMIT, 9) \
	X(VIOLATION, 10)    \
	X(TAMPERED, 11)     \
	X(NO_TESTS, 12)     \
	X(BAD_TASK, 13)     \
	X(STARVED, 14)      \
	X(CANCELLED, 15)    \
	X(INFRA, 16)

enum verdict_code {
#define X(name, number) VERDICT_##name = (number),
	VERDICTS(X)
#undef X
		VERDICT_COUNT = 17
};

/* Numbers as Fault in assay.proto. */
enum fault { FAULT_NONE, FAULT_CANDIDATE, FAULT_TESTS, FAULT_OVERLOAD, FAULT_INFRASTRUCTURE };

/* Why the broker ended a run; RUN_NOT_KILLED: it ended by itself. */
enum kill_reason {
	RUN_NOT_KILLED,
	RUN_KILLED_CPU,
	RUN_KILLED_WALL,
	RUN_KILLED_OUTPUT,
	RUN_KILLED_RECORDS, /* wrote more records than a run may */
	RUN_KILLED_CANCELLED,
	RUN_KILLED_OVER, /* the examiner had ended; its candidate did not follow */
};

struct run_facts {
	const struct examination *examination;
	struct limits limits;
	enum kill_reason kill_reason;
	bool is_output_exceeded;
	bool is_cell_lost;   /* pid 1 died during the run, and not by our hand */
	bool is_keeper_lost; /* the keeper died, and all cells with it */
	bool ran_alone;
	uint32_t attempts;    /* runs started for this job, this one included */
	int wait_status;      /* of the process that examined */
	int candidate_status; /* of the candidate's first process; SHARED: the same */
	uint64_t cpu_ns;
	uint64_t wall_ns;
	uint64_t run_delay_ns;  /* runnable but waiting, known when the wall limit was reached */
	uint64_t own_waits;     /* times that it gave its processor up, known then, too */
	uint64_t interruptions; /* times that the processor was taken from it, known then, too */
	bool is_conversing; /* split: its examiner computed, too, so each kept the other waiting */
	/* Split: a limit ended the examiner while it asked the reference, before it took anything
	 * of the candidate. */
	bool is_reference_over;
	uint64_t oom_kills;        /* by the cell's cgroup during this run */
	uint64_t process_refusals; /* by the cell's pids cgroup during this run */
	uint32_t processes;        /* of the run, seen at its end */
	bool has_process_cgroup;
	struct violations violations; /* refused system calls of the candidate */
};

/* Numbers as Control in assay.proto. */
enum control_outcome { CONTROL_NONE, CONTROL_HELD, CONTROL_PASSED, CONTROL_IMPOSSIBLE };

/* How often each verdict came in repeated runs of one candidate. */
struct repeats {
	uint32_t runs;
	uint32_t verdicts[VERDICT_COUNT];
};

struct verdict {
	enum verdict_code code;
	enum fault fault;
	bool is_maskable;   /* the candidate's code cannot have caused it */
	bool wants_rerun;   /* judge again (alone, if starved) instead of answering */
	const char *detail; /* one sentence; static text */
};

/* "CPU_LIMIT". */
const char *verdict_name(enum verdict_code code);

struct verdict verdict_decide(const struct run_facts *facts);

/*
 * Of a run that compiles: PASSED if there is a program. Limits that the compiler has reached, and
 * whatever else kept it from its end, are the candidate's COMPILE_ERROR.
 */
struct verdict verdict_of_compiling(const struct run_facts *facts);
struct verdict verdict_no_program(void);

/*
 * Kind stdio: each case is a run of its own, decided as above with an examination of that one case.
 * Whether this verdict ends the evaluation, whatever cases are left (a limit, a cell that was
 * lost); a wrong answer or an error does not.
 */
bool verdict_ends_cases(const struct verdict *verdict);

/* Otherwise the outcomes of all cases decide: PASSED if every one of them has passed. */
struct verdict verdict_of_cases(const struct examination *examination);

/* Verdicts that need no run. */
struct verdict verdict_of_answer(bool holds);
struct verdict verdict_no_tests(void);
struct verdict verdict_cancelled(void);
struct verdict verdict_cannot_split(void);
struct verdict verdict_cannot_plan(void);
struct verdict verdict_control_passed(void);
struct verdict verdict_no_cell(void);
