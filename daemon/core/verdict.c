/*
 * The verdict. A list of rules in order of precedence; the first that recognizes the facts decides.
 *
 * The order matters. What our side did to the run comes first (cancelled, lost), then what the
 * kernel or the broker measured (limits), because a run that was stopped has incomplete records
 * whatever they say; then what the trusted side wrote. An error that a refused system call can have
 * caused is a VIOLATION, and so is an end by SIGSYS; trying a call and coping is none. PASSED is
 * last and needs positive evidence: the completion mark, at least one test passed, none failed, and
 * an end by itself.
 */
#include "core/verdict.h"

#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "base/clock.h"

/* Who is kept from computing is interrupted at least this many times as often as it waits itself.
 */
#define INTERRUPTIONS_PER_WAIT_MIN 4
/* Runs started for one job before its cell's death is answered instead of tried again. */
#define ATTEMPTS_MAX 2

static const char *const names[VERDICT_COUNT] = {
#define X(name, number) [number] = #name,
	VERDICTS(X)
#undef X
};

const char *verdict_name(enum verdict_code code)
{
	return (unsigned int)code < VERDICT_COUNT && names[code] != NULL ? names[code] : "UNKNOWN";
}

static struct verdict by_candidate(enum verdict_code code, const char *detail)
{
	return (struct verdict){.code = code, .fault = FAULT_CANDIDATE, .detail = detail};
}

static bool all_passed(const struct run_facts *facts)
{
	struct test_counts counts = examination_count(facts->examination);

	return facts->examination->is_complete && facts->examination->fault == EXAMINATION_OK &&
	       counts.passed > 0 && counts.passed == counts.total && facts->wait_status == 0;
}

static bool is_memory_error(const struct test_error *error)
{
	return slice_is(error->type, "MemoryError");
}

/* What Python says when a fork or a thread was refused. */
static bool is_refused_process(const struct test_error *error)
{
	return slice_is(error->type, "BlockingIOError") ||
	       (slice_is(error->type, "RuntimeError") &&
		slice_is(error->message, "can't start new thread"));
}

/* sys.exit(0), or without a status: it wanted to look as if all had gone well. */
static bool is_good_exit(const struct test_error *error)
{
	return slice_is(error->type, "SystemExit") &&
	       (slice_is(error->message, "") || slice_is(error->message, "0") ||
		slice_is(error->message, "None"));
}

/* The candidate's process ended while a test called it: how it ended decides. */
static bool has_crashed(const struct examination *examination)
{
	return examination_has(examination, TEST_CRASHED) ||
	       (examination->fault == EXAMINATION_LOAD && examination->error.type.len == 0);
}

/* Whether what ended the run, or any of its tests, was such an error. */
static bool has_error(const struct examination *examination,
		      bool (*is_such)(const struct test_error *error))
{
	if (examination->fault != EXAMINATION_OK)
		return is_such(&examination->error);
	for (uint32_t i = 0; i < examination->n_tests; i++)
		if (is_such(&examination->tests[i].error))
			return true;
	return false;
}

/* What Python says of a refused system call, itself or in the words of its libraries. */
static bool is_refusal(const struct test_error *error)
{
	static const char *const types[] = {"PermissionError", "OSError",  "gaierror",
					    "herror",          "URLError", "ConnectionError"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_is(error->type, types[i]))
			return true;
	return error->type.len == 0; /* a crash, or a bad exit status */
}

/*
 * Whether an error can have come from a refused system call. A program that tried one, coped, and
 * failed later of something else is judged by that.
 */
static bool is_violation(const struct run_facts *facts)
{
	const struct examination *examination = facts->examination;

	if (facts->violations.n_calls == 0 && facts->violations.others == 0)
		return false;
	if (!examination->is_complete || has_crashed(examination))
		return true;
	if (examination->fault != EXAMINATION_OK)
		return is_refusal(&examination->error);
	for (uint32_t i = 0; i < examination->n_tests; i++)
		if (examination->tests[i].outcome == TEST_ERROR &&
		    is_refusal(&examination->tests[i].error))
			return true;
	return false;
}

static bool decide_our_side(const struct run_facts *facts, struct verdict *verdict)
{
	if (facts->kill_reason == RUN_KILLED_CANCELLED) {
		*verdict = verdict_cancelled();
		return true;
	}
	if (facts->is_keeper_lost) {
		*verdict = (struct verdict){
			.code = VERDICT_INFRA,
			.fault = FAULT_INFRASTRUCTURE,
			.is_maskable = true,
			.wants_rerun = facts->attempts < ATTEMPTS_MAX,
			.detail = "The keeper of the cells was restarted twice during this run."};
		return true;
	}
	if (facts->is_cell_lost && facts->oom_kills == 0) {
		/* Not maskable: nobody knows how, but the candidate may have done it. */
		*verdict = (struct verdict){.code = VERDICT_INFRA,
					    .fault = FAULT_INFRASTRUCTURE,
					    .wants_rerun = facts->attempts < ATTEMPTS_MAX,
					    .detail = "The cell died during the run, twice."};
		return true;
	}
	if (facts->examination->fault == EXAMINATION_HARNESS) {
		*verdict = (struct verdict){.code = VERDICT_INFRA,
					    .fault = FAULT_INFRASTRUCTURE,
					    .detail = "The examination itself failed."};
		return true;
	}
	return false;
}

/* Of which nothing is the candidate's. */
static bool decide_reference(const struct run_facts *facts, struct verdict *verdict)
{
	if (!facts->is_reference_over)
		return false;
	*verdict = (struct verdict){
		.code = VERDICT_BAD_TASK,
		.fault = FAULT_TESTS,
		.is_maskable = true,
		.detail = "The reference needs more time or memory than a candidate is allowed."};
	return true;
}

static bool is_out_of_processes(const struct run_facts *facts)
{
	if (facts->has_process_cgroup)
		return facts->process_refusals > 0;
	/* Without the kernel's count: many were left at the end, or it says so itself. */
	return (facts->processes > 1 && facts->processes >= facts->limits.processes) ||
	       has_error(facts->examination, is_refused_process);
}

static bool is_starved(const struct run_facts *facts)
{
	/* It would have been computing, had it been given a processor: more than half of the time.
	 */
	return facts->cpu_ns + facts->run_delay_ns > facts->wall_ns / 2 &&
	       facts->run_delay_ns > facts->wall_ns / 4;
}

/*
 * Its own processes and threads, or it and its examiner, may have kept each other waiting. One
 * thread cannot have run and waited for longer than the time that passed (the two are read one
 * after the other). And it may have given its processor up, to sleep for a nanosecond at a time:
 * each time it then waits behind others, as one that they interrupt. The kernel counts which it
 * was.
 */
static bool is_alone_in_waiting(const struct run_facts *facts)
{
	return facts->processes <= 1 && !facts->is_conversing &&
	       facts->own_waits <= facts->interruptions / INTERRUPTIONS_PER_WAIT_MIN &&
	       facts->cpu_ns + facts->run_delay_ns <= facts->wall_ns + facts->wall_ns / 16;
}

static struct verdict decide_wall(const struct run_facts *facts)
{
	if (is_starved(facts))
		return (struct verdict){.code = VERDICT_STARVED,
					.fault = FAULT_OVERLOAD,
					.is_maskable = is_alone_in_waiting(facts),
					.wants_rerun = !facts->ran_alone,
					.detail = "The wall time limit passed while the program "
						  "waited for a processor."};
	return by_candidate(VERDICT_WALL_LIMIT,
			    "The wall time limit passed while the program slept or waited.");
}

static bool decide_limits(const struct run_facts *facts, struct verdict *verdict)
{
	if (facts->kill_reason == RUN_KILLED_OUTPUT || facts->is_output_exceeded)
		*verdict = by_candidate(VERDICT_OUTPUT_LIMIT, "It wrote more output than allowed.");
	else if (all_passed(facts) && facts->cpu_ns <= facts->limits.cpu_ms * NS_PER_MS)
		return false;
	else if (facts->oom_kills > 0 || has_error(facts->examination, is_memory_error))
		*verdict = by_candidate(VERDICT_MEMORY_LIMIT, "It used more memory than allowed.");
	else if (is_out_of_processes(facts))
		*verdict = by_candidate(VERDICT_PROCESS_LIMIT,
					"It made more processes or threads than allowed.");
	else if (facts->kill_reason == RUN_KILLED_CPU ||
		 facts->cpu_ns > facts->limits.cpu_ms * NS_PER_MS)
		*verdict = by_candidate(VERDICT_CPU_LIMIT, "It used more CPU time than allowed.");
	else if (facts->kill_reason == RUN_KILLED_WALL)
		*verdict = decide_wall(facts);
	else
		return false;
	return true;
}

static struct verdict tampered(const char *detail)
{
	return by_candidate(VERDICT_TAMPERED, detail);
}

static struct verdict decide_unfinished(const struct run_facts *facts)
{
	if (WIFSIGNALED(facts->candidate_status))
		return by_candidate(
			VERDICT_ERROR,
			"The process was ended by a signal before its tests were over.");
	return tampered("The process left before its tests were over.");
}

static struct verdict decide_fault(const struct run_facts *facts)
{
	const struct examination *examination = facts->examination;

	switch (examination->fault) {
	case EXAMINATION_INSEPARABLE:
		return (struct verdict){
			.code = VERDICT_BAD_TASK,
			.fault = FAULT_TESTS,
			.is_maskable = true,
			.detail = "These tests cannot be examined apart from the candidate."};
	case EXAMINATION_COMPILE:
		return by_candidate(VERDICT_COMPILE_ERROR, "The code does not compile.");
	case EXAMINATION_TESTS:
		return (struct verdict){.code = VERDICT_BAD_TASK,
					.fault = FAULT_TESTS,
					.is_maskable = examination->state == EXAMINATION_PREPARING,
					.detail = "The tests themselves do not run."};
	case EXAMINATION_PROGRAM:
		if (slice_is(examination->error.type, "AssertionError"))
			return by_candidate(VERDICT_FAILED, "An assertion of the tests failed.");
		return by_candidate(VERDICT_ERROR, "The program raised an exception.");
	default:
		return by_candidate(VERDICT_ERROR,
				    "The code raised an exception while it was loaded.");
	}
}

/* Not maskable: in the candidate's process the candidate may have written that. */
static struct verdict verdict_all_skipped(void)
{
	return (struct verdict){.code = VERDICT_NO_TESTS,
				.fault = FAULT_TESTS,
				.detail = "Every test was skipped, so nothing can be said."};
}

static struct verdict decide_tests(const struct run_facts *facts)
{
	struct test_counts counts = examination_count(facts->examination);

	if (counts.failed > 0)
		return by_candidate(VERDICT_FAILED, "At least one test gave a wrong answer.");
	if (counts.errors > 0)
		return by_candidate(VERDICT_ERROR, "At least one test raised an exception.");
	if (facts->examination->n_tests == 0)
		return verdict_no_tests();
	if (counts.total == 0)
		return verdict_all_skipped();
	if (counts.passed == 0)
		return tampered("No test was reached.");
	if (counts.passed < counts.total)
		return tampered("Not every test was reached.");
	if (facts->wait_status != 0)
		return by_candidate(VERDICT_ERROR, "The process did not end well after its tests.");
	return (struct verdict){.code = VERDICT_PASSED, .detail = "Every test passed."};
}

static struct verdict decide_examination(const struct run_facts *facts)
{
	if (facts->examination->is_malformed || facts->kill_reason == RUN_KILLED_RECORDS)
		return tampered("The record of the examination was damaged.");
	if (!facts->examination->is_complete || has_crashed(facts->examination))
		return decide_unfinished(facts);
	if (examination_has(facts->examination, TEST_TIME_LIMIT))
		return by_candidate(VERDICT_CPU_LIMIT, "A test took longer than a test may.");
	if (has_error(facts->examination, is_good_exit))
		return tampered("The code tried to end the examination as if all had gone well.");
	if (facts->examination->fault != EXAMINATION_OK)
		return decide_fault(facts);
	return decide_tests(facts);
}

/* Nobody tells which call it was: the kernel ends the process without asking pid 1. */
static bool is_ended_by_filter(const struct run_facts *facts)
{
	return WIFSIGNALED(facts->candidate_status) && WTERMSIG(facts->candidate_status) == SIGSYS;
}

struct verdict verdict_decide(const struct run_facts *facts)
{
	struct verdict verdict;

	if (decide_our_side(facts, &verdict) || decide_reference(facts, &verdict) ||
	    decide_limits(facts, &verdict))
		return verdict;
	verdict = decide_examination(facts);
	if (verdict.code == VERDICT_ERROR && is_ended_by_filter(facts))
		return by_candidate(VERDICT_VIOLATION,
				    "SIGSYS ended it: it made a system call that ends a program "
				    "here, as those of a foreign ABI (32-bit, x32) do, or it "
				    "raised the signal itself.");
	if (verdict.code == VERDICT_ERROR && is_violation(facts))
		return by_candidate(VERDICT_VIOLATION,
				    "It failed after a system call that is refused here.");
	return verdict;
}

struct verdict verdict_no_program(void)
{
	return by_candidate(VERDICT_COMPILE_ERROR, "The compiler made no program of it.");
}

struct verdict verdict_of_compiling(const struct run_facts *facts)
{
	struct verdict verdict = verdict_decide(facts);

	switch (verdict.code) {
	case VERDICT_CANCELLED:
	case VERDICT_INFRA:
	case VERDICT_STARVED:
	case VERDICT_COMPILE_ERROR:
		return verdict;
	case VERDICT_BAD_TASK:
		verdict.detail = "The tests themselves do not compile.";
		return verdict;
	case VERDICT_NO_TESTS: /* it came to its end and has nothing to say */
		return (struct verdict){.code = VERDICT_PASSED, .detail = "It compiles."};
	case VERDICT_CPU_LIMIT:
		return by_candidate(VERDICT_COMPILE_ERROR,
				    "The compiler used more CPU time than it is allowed.");
	case VERDICT_WALL_LIMIT:
		return by_candidate(VERDICT_COMPILE_ERROR,
				    "The compiler took longer than it is allowed.");
	case VERDICT_MEMORY_LIMIT:
		return by_candidate(VERDICT_COMPILE_ERROR,
				    "The compiler used more memory than it is allowed.");
	case VERDICT_OUTPUT_LIMIT:
		return by_candidate(VERDICT_COMPILE_ERROR,
				    "The compiler wrote more output than it is allowed.");
	case VERDICT_PROCESS_LIMIT:
		return by_candidate(VERDICT_COMPILE_ERROR,
				    "The compiler made more processes than it is allowed.");
	default:
		return verdict_no_program();
	}
}

bool verdict_ends_cases(const struct verdict *verdict)
{
	return verdict->code != VERDICT_PASSED && verdict->code != VERDICT_FAILED &&
	       verdict->code != VERDICT_ERROR;
}

struct verdict verdict_of_cases(const struct examination *examination)
{
	struct test_counts counts = examination_count(examination);

	if (examination->n_tests == 0)
		return verdict_no_tests();
	if (counts.passed == examination->n_tests)
		return (struct verdict){.code = VERDICT_PASSED, .detail = "Every case passed."};
	if (counts.failed > 0)
		return by_candidate(VERDICT_FAILED, "At least one case gave a wrong answer.");
	return by_candidate(VERDICT_ERROR, "At least one case did not end well.");
}

struct verdict verdict_of_answer(bool holds)
{
	if (holds)
		return (struct verdict){.code = VERDICT_PASSED,
					.detail = "The final answer is right."};
	return by_candidate(VERDICT_FAILED, "The final answer is not the expected one.");
}

struct verdict verdict_no_tests(void)
{
	return (struct verdict){.code = VERDICT_NO_TESTS,
				.fault = FAULT_TESTS,
				.is_maskable = true,
				.detail = "The task has no tests, so nothing can be said."};
}

struct verdict verdict_cancelled(void)
{
	return (struct verdict){
		.code = VERDICT_CANCELLED,
		.fault = FAULT_NONE,
		.is_maskable = true,
		.detail = "The request was cancelled before this candidate was judged."};
}

struct verdict verdict_cannot_split(void)
{
	return (struct verdict){
		.code = VERDICT_BAD_TASK,
		.fault = FAULT_TESTS,
		.is_maskable = true,
		.detail =
			"A program and its tests are one process: they cannot be examined apart."};
}

struct verdict verdict_cannot_plan(void)
{
	return (struct verdict){.code = VERDICT_BAD_TASK,
				.fault = FAULT_TESTS,
				.is_maskable = true,
				.detail =
					"No plan of calls can be made of these tests: they need an "
					"examiner."};
}

struct verdict verdict_control_passed(void)
{
	return tampered("It passed its tests with altered expectations, too.");
}

struct verdict verdict_no_cell(void)
{
	return (struct verdict){.code = VERDICT_INFRA,
				.fault = FAULT_INFRASTRUCTURE,
				.is_maskable = true,
				.detail = "No cell could be built to run it."};
}
