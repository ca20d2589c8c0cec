/*
 * A request in flight (batch), its evaluations (jobs), and what they need from the client's
 * message. Plain data and its state machine; the code that moves jobs about is in core/queue.c and
 * broker/dispatch.c. Text is borrowed from the request's message (broker/batch.c).
 */
#pragma once

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lru.h"
#include "core/policy.h"
#include "core/task_kind.h"
#include "core/value_oracle.h"

struct alike;
struct flow;
struct call_plan;
struct cases;
struct evaluation;
struct program;
struct stdio_tests;

/* Bytes of somebody else; not NUL-terminated. */
struct slice {
	const uint8_t *bytes;
	size_t len;
};

#define CALL_PARTS 4 /* of a call, among the tests of a task */

enum task_reveal { TASK_REVEAL_FULL, TASK_REVEAL_INPUTS, TASK_REVEAL_NONE };
enum task_feedback_form { TASK_FEEDBACK_PLAIN, TASK_FEEDBACK_REFLEXION };

/* One task, the same for all candidates of the batch. */
struct task {
	const char *id;
	uint32_t policy;        /* index in the policy table */
	uint32_t tests_policy;  /* likewise: of the cell for its tests, a variant perhaps */
	uint32_t prompt_policy; /* likewise: for prompt and setup alone */
	enum task_kind kind;
	struct slice prompt;
	struct slice entry_point;
	struct slice module;
	struct slice setup;
	struct slice *tests; /* owned array of borrowed text; stdio: what the program reads; calls:
			      * arguments, keywords and expected value of each call, as JSON, and
			      * its arguments as a literal of Python (CALL_PARTS each) */
	size_t n_tests;
	struct slice *references; /* owned array of borrowed sources: what the first answers is
				   * expected by calls, what the others answer is right, too */
	size_t n_references;
	struct stdio_tests *stdio; /* owned; NULL for other kinds. core/case.h */
	const char *comparator;    /* calls, answer: its name, static; NULL for other kinds */
	char comparator_text[80];  /* calls: the same with tolerances, as JOB_COMPARATOR has it */
	double absolute_tolerance; /* calls, of the comparators float and evalplus */
	double relative_tolerance;
	enum value_oracle oracle;      /* calls, of the comparator evalplus */
	const struct policy *compiler; /* borrowed: how code becomes a program; NULL: it is none */
	struct limits limits;          /* every field > 0, within the policy's maxima */
	enum task_reveal reveal;
	bool stops_at_first_failure;
	bool is_split;          /* takes two cells: one for the candidate, one for its tests */
	bool wants_split;       /* "integrity: split": refused if these tests can only be SHARED */
	bool wants_native;      /* "integrity: native": refused if no plan can be made of them */
	bool may_plan;          /* a plan is wanted, and as far as is known there may be one */
	char *shared_because;   /* owned; why `is_split` was taken back; NULL: it was not */
	bool wants_control;     /* a SHARED pass is judged again with altered expectations */
	uint32_t repeat;        /* runs of each candidate, at least 1 */
	const uint32_t *hidden; /* n_hidden indices of tests of which nothing is told; borrowed */
	size_t n_hidden;
	uint32_t feedback_bytes;
	enum task_feedback_form feedback_form;
};

/* Beside each state: where a job in it lives. */
enum job_state {
	JOB_NEW,       /* its batch only */
	JOB_QUEUED,    /* flow->jobs */
	JOB_FOLLOWING, /* `alike`: another job's run is to answer it, too */
	JOB_RUNNING,   /* a slot */
	JOB_DONE,      /* its batch only; its result has been handed on */
	JOB_STATES,
};

struct job_file {
	const char *name;
	struct slice content;
};

struct job {
	enum job_state state;
	struct batch *batch;
	uint32_t index; /* position in Evaluate.candidates */
	const char *candidate;
	struct slice code;
	uint32_t code_policy;   /* of the cell for the code: the task's or a variant */
	struct job_file *files; /* owned array */
	size_t n_files;
	uint64_t queued_ns;
	uint32_t attempts;   /* runs that were started; stdio: of the present case */
	uint32_t next_case;  /* stdio: which one is to be run, or runs */
	struct cases *cases; /* stdio: owned, what the cases before it have left; or NULL */
	struct evaluation *evaluation; /* owned, what its runs before have left; or NULL */
	struct program *program;       /* owned: of a task with a compiler, once it ran; or NULL */
	bool is_compiled;              /* that is finished: what runs next is not the compiler */
	bool is_control;               /* the next run has altered expectations */
	bool wants_examiner;           /* its answers to the plan's calls do not tell enough */
	/* The next run goes on where one was ended by a single test's limit: tests that it leaves
	 * out (borrowed from the evaluation), and what has been used already. */
	const uint32_t *decided;
	size_t n_decided;
	uint64_t used_cpu_ns;
	uint64_t used_wall_ns;
	bool runs_alone;     /* starved once: nothing else may run beside it */
	bool is_cancelled;   /* while running: the result says CANCELLED */
	bool wants_lookup;   /* was not looked for among the known verdicts yet */
	struct lru_key key;  /* equal: judged once. Only if `alike` is set */
	struct alike *alike; /* jobs in flight with this key, borrowed; or NULL */
	TAILQ_ENTRY(job) alike_link;
	TAILQ_ENTRY(job) link; /* flow->jobs */
};
TAILQ_HEAD(job_list, job);

struct batch {
	uint64_t request_id;
	struct flow *flow; /* borrowed: whose turn it uses; NULL once the client has gone */
	void *owner;       /* the broker's session; NULL once the client has gone */
	uint32_t suite;    /* position in Evaluate.suites */
	struct task task;
	struct call_plan *plan; /* a reference; NULL: there is none, or not yet */
	struct job *jobs;       /* owned array */
	uint32_t n_jobs;
	uint32_t n_unfinished;
	uint32_t n_queued;
	uint64_t serial;      /* of all batches that were accepted */
	uint64_t deadline_ns; /* 0: none */
	/* For broker/sharing: the jobs have their keys; whose they are; what the tests run in was
	 * known, so that a verdict may be kept. */
	bool is_identified;
	uint32_t uid;
	bool has_runtime;
	LIST_ENTRY(batch) link; /* the session's list */
};

/*
 * Longest text of a value or a traceback that is told of a test: shorter if there are so many that
 * all of them together would be long.
 */
static inline uint32_t task_value_bytes(const struct task *task)
{
	const size_t most = 2000, least = 200, together = 400000;
	size_t n = task->kind == TASK_CALLS ? task->n_tests / CALL_PARTS : 0;
	size_t each = n > 0 ? together / n : most;

	return (uint32_t)(each > most ? most : each < least ? least : each);
}

/* Whether nothing of its tests is in the candidate's process: what the broker compares never is. */
static inline bool task_is_apart(const struct task *task)
{
	return task->is_split || task->kind == TASK_STDIO || task->kind == TASK_ANSWER;
}

/* Whether the job's present or next run is the compiler's. */
static inline bool job_is_to_compile(const struct job *job)
{
	return job->batch->task.compiler != NULL && !job->is_compiled;
}

/* Whether the job's present or next run is called by the batch's plan, without an examiner. */
static inline bool job_is_called(const struct job *job)
{
	return job->batch->task.may_plan && job->batch->plan != NULL && !job->wants_examiner;
}

/* Whether that run is the one which makes the plan. */
static inline bool job_is_to_plan(const struct job *job)
{
	return job->batch->task.may_plan && job->batch->plan == NULL && !job->wants_examiner;
}

/* Whether it takes both cells: one for the candidate, one for its tests. */
static inline bool job_is_split(const struct job *job)
{
	return job->batch->task.is_split && !job_is_called(job);
}

/* The policy of the candidate's cell in that run; what has the tests, too, serves both. */
static inline uint32_t job_candidate_policy(const struct job *job)
{
	const struct task *task = &job->batch->task;
	bool has_tests = !job_is_split(job) && !job_is_called(job);

	return has_tests && job->code_policy == task->policy ? task->tests_policy
							     : job->code_policy;
}

/* Of that run. */
static inline const struct limits *job_limits(const struct job *job)
{
	const struct task *task = &job->batch->task;

	return job_is_to_compile(job) ? &task->compiler->compile_limits : &task->limits;
}

/*
 * The one place where a job changes state; asserts that the move is legal: NEW -> QUEUED |
 * FOLLOWING | DONE, QUEUED -> RUNNING | FOLLOWING | DONE, FOLLOWING -> QUEUED | DONE, RUNNING ->
 * QUEUED (to be judged again) | DONE. Keeps the batch's
 * n_unfinished and n_queued.
 */
void job_move(struct job *job, enum job_state state);
