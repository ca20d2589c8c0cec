/* core/verdict: every rule, and what may never become a pass. */
#include "core/verdict.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static struct test_record tests[3];
static struct examination examination;
static struct run_facts facts;

static struct slice text(const char *bytes)
{
	return (struct slice){.bytes = (const uint8_t *)bytes, .len = strlen(bytes)};
}

static int set_up(void **state)
{
	(void)state;
	memset(tests, 0, sizeof(tests));
	for (size_t i = 0; i < 3; i++)
		tests[i].outcome = TEST_PASSED;
	examination = (struct examination){
		.is_planned = true,
		.is_complete = true,
		.state = EXAMINATION_TESTING,
		.tests = tests,
		.n_tests = 3,
	};
	facts = (struct run_facts){
		.examination = &examination,
		.limits = {.cpu_ms = 1000,
			   .wall_ms = 3000,
			   .memory_bytes = 1 << 20,
			   .output_bytes = 1024,
			   .processes = 8},
		.attempts = 1,
		.cpu_ns = 5 * NS_PER_MS,
		.wall_ns = 6 * NS_PER_MS,
		.processes = 1,
		.has_process_cgroup = true,
	};
	return 0;
}

static enum verdict_code decide(void)
{
	return verdict_decide(&facts).code;
}

static void test_all_passed(void **state)
{
	struct verdict verdict = verdict_decide(&facts);

	(void)state;
	assert_int_equal(verdict.code, VERDICT_PASSED);
	assert_int_equal(verdict.fault, FAULT_NONE);
	assert_false(verdict.is_maskable);
}

/* Takes one thing away from a pass: whatever it is, nothing passes any more. */
static void test_pass_needs_everything(void **state)
{
	(void)state;
	examination.is_complete = false;
	assert_int_equal(decide(), VERDICT_TAMPERED);
	set_up(state);
	examination.is_malformed = true;
	assert_int_equal(decide(), VERDICT_TAMPERED);
	set_up(state);
	examination.n_tests = 0;
	assert_int_equal(decide(), VERDICT_NO_TESTS);
	set_up(state);
	memset(tests, 0, sizeof(tests));
	assert_int_equal(decide(), VERDICT_TAMPERED);
	set_up(state);
	facts.wait_status = 1 << 8;
	assert_int_equal(decide(), VERDICT_ERROR);
	set_up(state);
	facts.cpu_ns = 1001 * NS_PER_MS;
	assert_int_equal(decide(), VERDICT_CPU_LIMIT);
	set_up(state);
	facts.is_output_exceeded = true;
	assert_int_equal(decide(), VERDICT_OUTPUT_LIMIT);
	set_up(state);
	facts.is_cell_lost = true;
	assert_int_equal(decide(), VERDICT_INFRA);
	set_up(state);
	examination.fault = EXAMINATION_LOAD;
	examination.error.type = text("NameError");
	assert_int_equal(decide(), VERDICT_ERROR);
}

static void test_unreached_branch_is_no_test(void **state)
{
	(void)state;
	tests[1].outcome = TEST_NOT_RUN;
	assert_int_equal(decide(), VERDICT_PASSED);
	tests[0].outcome = TEST_FAILED;
	assert_int_equal(decide(), VERDICT_FAILED);
	assert_int_equal(examination_count(&examination).total, 3);
}

static void test_wrong_answers_and_errors(void **state)
{
	(void)state;
	tests[2].outcome = TEST_ERROR;
	assert_int_equal(decide(), VERDICT_ERROR);
	tests[1].outcome = TEST_FAILED;
	assert_int_equal(decide(), VERDICT_FAILED);
	assert_int_equal(verdict_decide(&facts).fault, FAULT_CANDIDATE);
}

static void test_leaving_early(void **state)
{
	(void)state;
	examination.is_complete = false;
	facts.candidate_status = 0; /* os._exit(0) */
	assert_int_equal(decide(), VERDICT_TAMPERED);
	facts.candidate_status = 3 << 8;
	assert_int_equal(decide(), VERDICT_TAMPERED);
	facts.candidate_status = SIGSEGV;
	assert_int_equal(decide(), VERDICT_ERROR);
}

/* A split run: the examiner saw its candidate end. */
static void test_candidate_ends_within_a_test(void **state)
{
	(void)state;
	tests[1].outcome = TEST_CRASHED;
	tests[2].outcome = TEST_NOT_RUN;
	assert_int_equal(decide(), VERDICT_TAMPERED);
	facts.candidate_status = SIGABRT;
	assert_int_equal(decide(), VERDICT_ERROR);
	facts.kill_reason = RUN_KILLED_CPU;
	assert_int_equal(decide(), VERDICT_CPU_LIMIT);
	set_up(state);
	facts.candidate_status =
		SIGKILL; /* its threads did not end: no matter, the tests are over */
	facts.kill_reason = RUN_KILLED_OVER;
	assert_int_equal(decide(), VERDICT_PASSED);
}

/* One took longer than it may, and ended the candidate: no matter how it ended. */
static void test_a_late_test(void **state)
{
	(void)state;
	tests[1].outcome = TEST_TIME_LIMIT;
	assert_int_equal(decide(), VERDICT_CPU_LIMIT);
	assert_int_equal(verdict_decide(&facts).fault, FAULT_CANDIDATE);
	assert_false(verdict_decide(&facts).is_maskable);
	tests[2].outcome = TEST_FAILED;
	assert_int_equal(decide(), VERDICT_CPU_LIMIT);
	tests[2].outcome = TEST_NOT_RUN;
	assert_int_equal(decide(), VERDICT_CPU_LIMIT);
	tests[2].outcome = TEST_CRASHED;
	assert_int_equal(decide(), VERDICT_TAMPERED);
	tests[2].outcome = TEST_PASSED;
	examination.is_complete = false;
	assert_int_equal(decide(), VERDICT_TAMPERED);
}

static void test_good_exit(void **state)
{
	(void)state;
	tests[1].outcome = TEST_ERROR;
	tests[1].error.type = text("SystemExit");
	tests[1].error.message = text("0");
	assert_int_equal(decide(), VERDICT_TAMPERED);
	tests[1].error.message = text("bad input");
	assert_int_equal(decide(), VERDICT_ERROR);
	set_up(state);
	examination.fault = EXAMINATION_LOAD;
	examination.error.type = text("SystemExit");
	assert_int_equal(decide(), VERDICT_TAMPERED);
}

static void test_memory(void **state)
{
	(void)state;
	examination.is_complete = false;
	facts.wait_status = SIGKILL;
	facts.oom_kills = 1;
	assert_int_equal(decide(), VERDICT_MEMORY_LIMIT);
	assert_false(verdict_decide(&facts).is_maskable);
	/* pid 1 was the victim: still the candidate's doing. */
	facts.is_cell_lost = true;
	assert_int_equal(decide(), VERDICT_MEMORY_LIMIT);
	set_up(state);
	tests[0].outcome = TEST_ERROR;
	tests[0].error.type = text("MemoryError");
	assert_int_equal(decide(), VERDICT_MEMORY_LIMIT);
	/* A child process that was too large, and a candidate that coped with it. */
	set_up(state);
	facts.oom_kills = 1;
	assert_int_equal(decide(), VERDICT_PASSED);
}

static void test_processes(void **state)
{
	(void)state;
	tests[0].outcome = TEST_ERROR;
	facts.process_refusals = 1;
	assert_int_equal(decide(), VERDICT_PROCESS_LIMIT);
	facts.kill_reason = RUN_KILLED_CPU;
	assert_int_equal(decide(), VERDICT_PROCESS_LIMIT);
	facts.kill_reason = RUN_NOT_KILLED;
	facts.has_process_cgroup = false;
	facts.processes = 7;
	assert_int_equal(decide(), VERDICT_ERROR);
	facts.processes = 8;
	assert_int_equal(decide(), VERDICT_PROCESS_LIMIT);
	facts.processes = 1;
	tests[0].error.type = text("RuntimeError");
	tests[0].error.message = text("can't start new thread");
	assert_int_equal(decide(), VERDICT_PROCESS_LIMIT);
}

static void test_time(void **state)
{
	struct verdict verdict;

	(void)state;
	examination.is_complete = false;
	facts.wait_status = SIGKILL;
	facts.kill_reason = RUN_KILLED_CPU;
	assert_int_equal(decide(), VERDICT_CPU_LIMIT);
	facts.kill_reason = RUN_KILLED_WALL;
	facts.wall_ns = 3000 * NS_PER_MS;
	assert_int_equal(decide(), VERDICT_WALL_LIMIT);
	facts.cpu_ns = 900 * NS_PER_MS;
	facts.run_delay_ns = 1900 * NS_PER_MS;
	verdict = verdict_decide(&facts);
	assert_int_equal(verdict.code, VERDICT_STARVED);
	assert_true(verdict.wants_rerun);
	assert_true(verdict.is_maskable);
	facts.cpu_ns = 1900 * NS_PER_MS; /* ran and waited at the same time: threads */
	assert_false(verdict_decide(&facts).is_maskable);
	facts.cpu_ns = 900 * NS_PER_MS;
	facts.interruptions = 300;
	facts.own_waits = 75;
	assert_true(verdict_decide(&facts).is_maskable);
	facts.own_waits = 76; /* it gave its processor up, again and again */
	assert_false(verdict_decide(&facts).is_maskable);
	facts.own_waits = 0;
	facts.ran_alone = true;
	facts.is_conversing = true; /* it and its examiner may have kept each other waiting */
	assert_false(verdict_decide(&facts).is_maskable);
	facts.is_conversing = false;
	facts.processes = 5; /* it may have starved itself */
	verdict = verdict_decide(&facts);
	assert_false(verdict.wants_rerun);
	assert_false(verdict.is_maskable);
}

static void test_faults(void **state)
{
	(void)state;
	examination.fault = EXAMINATION_COMPILE;
	assert_int_equal(decide(), VERDICT_COMPILE_ERROR);
	examination.fault = EXAMINATION_TESTS;
	assert_int_equal(decide(), VERDICT_BAD_TASK);
	assert_false(verdict_decide(&facts).is_maskable);
	examination.state = EXAMINATION_PREPARING; /* before any code of the candidate */
	assert_true(verdict_decide(&facts).is_maskable);
	examination.fault = EXAMINATION_PROGRAM;
	examination.error.type = text("AssertionError");
	assert_int_equal(decide(), VERDICT_FAILED);
	examination.error.type = text("KeyError");
	assert_int_equal(decide(), VERDICT_ERROR);
	examination.fault = EXAMINATION_HARNESS;
	assert_int_equal(decide(), VERDICT_INFRA);
}

static void test_our_side(void **state)
{
	(void)state;
	facts.kill_reason = RUN_KILLED_CANCELLED;
	assert_int_equal(decide(), VERDICT_CANCELLED);
	facts.kill_reason = RUN_NOT_KILLED;
	facts.is_keeper_lost = true;
	assert_true(verdict_decide(&facts).wants_rerun);
	facts.attempts = 2;
	assert_false(verdict_decide(&facts).wants_rerun);
	assert_true(verdict_decide(&facts).is_maskable);
	facts.is_keeper_lost = false;
	facts.is_cell_lost = true;
	assert_int_equal(decide(), VERDICT_INFRA);
	assert_false(verdict_decide(&facts).is_maskable);
}

static void test_cases(void **state)
{
	struct verdict verdict = verdict_of_cases(&examination);

	(void)state;
	assert_int_equal(verdict.code, VERDICT_PASSED);
	assert_int_equal(verdict.fault, FAULT_NONE);
	tests[1].outcome = TEST_NOT_RUN; /* no case is a branch that need not be reached */
	assert_int_equal(verdict_of_cases(&examination).code, VERDICT_ERROR);
	tests[1].outcome = TEST_CRASHED;
	assert_int_equal(verdict_of_cases(&examination).code, VERDICT_ERROR);
	tests[2].outcome = TEST_FAILED;
	verdict = verdict_of_cases(&examination);
	assert_int_equal(verdict.code, VERDICT_FAILED);
	assert_int_equal(verdict.fault, FAULT_CANDIDATE);
	examination.n_tests = 0;
	assert_int_equal(verdict_of_cases(&examination).code, VERDICT_NO_TESTS);
}

static void test_what_ends_cases(void **state)
{
	(void)state;
	for (int code = VERDICT_PASSED; code < VERDICT_COUNT; code++) {
		struct verdict verdict = {.code = (enum verdict_code)code};

		assert_int_equal(verdict_ends_cases(&verdict), code > VERDICT_ERROR);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(VERDICT_PASSED), "PASSED");
	assert_string_equal(verdict_name(VERDICT_INFRA), "INFRA");
	assert_string_equal(verdict_name((enum verdict_code)99), "UNKNOWN");
	assert_string_equal(verdict_name((enum verdict_code)0), "UNKNOWN");
}

/* A refused system call makes a VIOLATION of an error that can have come from it. */
static void test_errors_after_a_refused_call(void **state)
{
	static const char *const plausible[] = {"PermissionError", "OSError", "URLError", ""};

	(void)state;
	violations_add(&facts.violations, 41, 1);
	tests[2].outcome = TEST_ERROR;
	for (size_t i = 0; i < sizeof(plausible) / sizeof(plausible[0]); i++) {
		tests[2].error.type = text(plausible[i]);
		assert_int_equal(decide(), VERDICT_VIOLATION);
	}
	assert_int_equal(verdict_decide(&facts).fault, FAULT_CANDIDATE);
	assert_false(verdict_decide(&facts).is_maskable);
	tests[2].error.type = text("IndexError");
	assert_int_equal(decide(), VERDICT_ERROR);
	tests[1].outcome = TEST_FAILED;
	tests[2].error.type = text("PermissionError");
	assert_int_equal(decide(), VERDICT_FAILED);
	set_up(state);
	tests[2].outcome = TEST_ERROR;
	tests[2].error.type = text("PermissionError");
	assert_int_equal(decide(), VERDICT_ERROR); /* nothing was refused */
}

static void test_faults_after_a_refused_call(void **state)
{
	(void)state;
	violations_add_others(&facts.violations, 1);
	examination.fault = EXAMINATION_LOAD;
	examination.error.type = text("PermissionError");
	assert_int_equal(decide(), VERDICT_VIOLATION);
	examination.fault = EXAMINATION_PROGRAM;
	assert_int_equal(decide(), VERDICT_VIOLATION);
	examination.error.type = text("NameError");
	assert_int_equal(decide(), VERDICT_ERROR);
	examination.fault = EXAMINATION_TESTS;
	examination.error.type = text("PermissionError");
	assert_int_equal(decide(), VERDICT_BAD_TASK);
	examination.fault = EXAMINATION_COMPILE;
	assert_int_equal(decide(), VERDICT_COMPILE_ERROR);
}

static void test_endings_after_a_refused_call(void **state)
{
	(void)state;
	violations_add(&facts.violations, 41, 1);
	examination.is_complete = false;
	facts.candidate_status = SIGSEGV;
	assert_int_equal(decide(), VERDICT_VIOLATION);
	facts.candidate_status = 0;
	assert_int_equal(decide(), VERDICT_TAMPERED);
	facts.kill_reason = RUN_KILLED_WALL;
	facts.wall_ns = 3001 * NS_PER_MS;
	assert_int_equal(decide(), VERDICT_WALL_LIMIT);
}

/* No call is named then: the kernel ends the process without asking. */
static void test_an_end_by_the_filter(void **state)
{
	(void)state;
	examination.is_complete = false;
	facts.candidate_status = SIGSYS;
	facts.wait_status = SIGSYS;
	assert_int_equal(decide(), VERDICT_VIOLATION);
	assert_non_null(strstr(verdict_decide(&facts).detail, "foreign ABI"));
	assert_int_equal(verdict_decide(&facts).fault, FAULT_CANDIDATE);
	assert_false(verdict_decide(&facts).is_maskable);
	facts.kill_reason = RUN_KILLED_CPU;
	assert_int_equal(decide(), VERDICT_CPU_LIMIT);
	facts.kill_reason = RUN_NOT_KILLED;
	facts.candidate_status = SIGSYS << 8; /* an exit status of that number */
	assert_int_equal(decide(), VERDICT_TAMPERED);
}

/* Who tries and copes has done nothing wrong. */
static void test_a_pass_stays_a_pass(void **state)
{
	(void)state;
	violations_add(&facts.violations, 41, 1000);
	assert_int_equal(decide(), VERDICT_PASSED);
	facts.wait_status = 1 << 8;
	assert_int_equal(decide(), VERDICT_ERROR);
}

static void expect_uncompiled(const char *detail)
{
	struct verdict verdict = verdict_of_compiling(&facts);

	assert_int_equal(verdict.code, VERDICT_COMPILE_ERROR);
	assert_int_equal(verdict.fault, FAULT_CANDIDATE);
	assert_false(verdict.is_maskable);
	assert_non_null(strstr(verdict.detail, detail));
}

static void test_compiling(void **state)
{
	(void)state;
	examination.n_tests = 0;
	assert_int_equal(verdict_of_compiling(&facts).code, VERDICT_PASSED);
	examination.fault = EXAMINATION_COMPILE;
	expect_uncompiled("does not compile");
	examination.fault = EXAMINATION_TESTS;
	examination.state = EXAMINATION_PREPARING;
	assert_int_equal(verdict_of_compiling(&facts).code, VERDICT_BAD_TASK);
	assert_int_equal(verdict_of_compiling(&facts).fault, FAULT_TESTS);
	assert_true(verdict_of_compiling(&facts).is_maskable);
	examination.state = EXAMINATION_LOADING; /* a candidate may have had a part in it */
	assert_false(verdict_of_compiling(&facts).is_maskable);
	assert_int_equal(verdict_of_compiling(&facts).code, VERDICT_BAD_TASK);
	examination.fault = EXAMINATION_COMPILE;
	examination.is_complete = false; /* the compiler's parent was killed, or left */
	expect_uncompiled("no program");
	facts.wait_status = SIGSEGV;
	expect_uncompiled("no program");
	facts.kill_reason = RUN_KILLED_CPU;
	expect_uncompiled("CPU time");
	facts.kill_reason = RUN_KILLED_WALL;
	expect_uncompiled("took longer");
	facts.kill_reason = RUN_KILLED_OUTPUT;
	expect_uncompiled("output");
	facts.kill_reason = RUN_NOT_KILLED;
	facts.process_refusals = 1;
	expect_uncompiled("processes");
	facts.oom_kills = 1;
	expect_uncompiled("memory");
}

static void test_compiling_that_says_nothing(void **state)
{
	(void)state;
	examination.n_tests = 0;
	facts.kill_reason = RUN_KILLED_CANCELLED;
	assert_int_equal(verdict_of_compiling(&facts).code, VERDICT_CANCELLED);
	facts.kill_reason = RUN_NOT_KILLED;
	facts.is_cell_lost = true;
	assert_int_equal(verdict_of_compiling(&facts).code, VERDICT_INFRA);
	assert_true(verdict_of_compiling(&facts).wants_rerun);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup(test_all_passed, set_up),
		cmocka_unit_test_setup(test_pass_needs_everything, set_up),
		cmocka_unit_test_setup(test_unreached_branch_is_no_test, set_up),
		cmocka_unit_test_setup(test_wrong_answers_and_errors, set_up),
		cmocka_unit_test_setup(test_leaving_early, set_up),
		cmocka_unit_test_setup(test_candidate_ends_within_a_test, set_up),
		cmocka_unit_test_setup(test_a_late_test, set_up),
		cmocka_unit_test_setup(test_good_exit, set_up),
		cmocka_unit_test_setup(test_memory, set_up),
		cmocka_unit_test_setup(test_processes, set_up),
		cmocka_unit_test_setup(test_time, set_up),
		cmocka_unit_test_setup(test_faults, set_up),
		cmocka_unit_test_setup(test_our_side, set_up),
		cmocka_unit_test_setup(test_errors_after_a_refused_call, set_up),
		cmocka_unit_test_setup(test_faults_after_a_refused_call, set_up),
		cmocka_unit_test_setup(test_endings_after_a_refused_call, set_up),
		cmocka_unit_test_setup(test_an_end_by_the_filter, set_up),
		cmocka_unit_test_setup(test_a_pass_stays_a_pass, set_up),
		cmocka_unit_test_setup(test_compiling, set_up),
		cmocka_unit_test_setup(test_compiling_that_says_nothing, set_up),
		cmocka_unit_test_setup(test_cases, set_up),
		cmocka_unit_test(test_what_ends_cases),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
