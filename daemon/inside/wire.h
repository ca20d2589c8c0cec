/*
 * What crosses the wall of a cell: the packets between the broker and pid 1, the job that a run
 * reads, and the records that the judging side writes. Everything that comes out is hostile to the
 * broker: it checks sizes, types and bounds and never trusts an offset. All integers are in host
 * order; both ends are the same machine and the same build.
 *
 * One run:
 *
 *     broker                                   cell
 *                                              a forked child waits at the control socket
 *       CELL_RUN + descriptors    -----------> the child tells pid 1 (a pipe) the run_id,
 *                                              reads the job, runs, writes records, exits
 *       CELL_USAGE (any number)   -----------> pid 1: CELL_USED
 *       CELL_KILL (at most once)  -----------> pid 1: kill(-1, SIGKILL)
 *                                 <----------- pid 1: CELL_DONE, all reaped, wiped, flags
 *                                              the next child is forked
 *
 * An examiner whose user has more candidates waiting may get a socket of its own
 * (CELL_FD_SITTING): it stays when it has examined one, and gets the next, see struct sitting_next.
 */
#pragma once

#include <stdint.h>

/* ---- packets on the control socket (SOCK_SEQPACKET) ---- */

enum cell_request_type {
	CELL_RUN = 1, /* legal only after CELL_READY or CELL_DONE; carries CELL_RUN_FDS descriptors,
			 or CELL_RUN_FDS_SPLIT, or CELL_RUN_FDS_SHARED */
	CELL_KILL = 2,  /* of run `run_id`; for another run: ignored */
	CELL_USAGE = 3, /* likewise */
};

/* Descriptors of CELL_RUN, in this order. */
#define CELL_FD_PROGRAM CELL_FD_CHANNEL_IN /* of a run that has a program instead of channels */
enum cell_run_fd {
	CELL_FD_JOB,         /* sealed memfd, offset 0 */
	CELL_FD_RECORDS,     /* write end of a pipe: struct record_header + fields, see below */
	CELL_FD_STDOUT,      /* write end of a pipe; becomes descriptor 1 */
	CELL_FD_STDERR,      /* write end of a pipe; becomes descriptor 2 */
	CELL_FD_CHANNEL_IN,  /* read end of a pipe: what the other half of the examination sends */
	CELL_FD_CHANNEL_OUT, /* write end of a pipe: to the other half */
	CELL_FD_SITTING,     /* SOCK_SEQPACKET, between the broker and an examiner that may go on */
	CELL_RUN_FDS,
};
#define CELL_RUN_FDS_SHARED 4 /* of a run without a channel */
/*
 * Of a run with a program, which is the fifth: the memory file that a COMPILER fills and that the
 * runs behind it execute, sealed then.
 */
#define CELL_RUN_FDS_PROGRAM 5
#define CELL_RUN_FDS_SPLIT 6 /* of a run without a sitting */

struct cell_request {
	uint32_t type;
	uint32_t processes; /* CELL_RUN: RLIMIT_NPROC */
	uint64_t run_id;
	uint64_t cpu_ns; /* CELL_RUN: RLIMIT_CPU, rounded up to seconds plus one: a backstop */
	uint64_t memory_bytes; /* CELL_RUN: RLIMIT_AS when `flags` says so, else informative */
	uint64_t file_bytes;   /* CELL_RUN: RLIMIT_FSIZE */
	uint64_t stack_bytes;  /* CELL_RUN: RLIMIT_STACK (soft) */
	uint32_t open_files;   /* CELL_RUN: RLIMIT_NOFILE */
	uint32_t flags;        /* CELL_RUN_* */
};
#define CELL_RUN_LIMIT_ADDRESS_SPACE \
	1u /* no memory cgroup: bound each process by RLIMIT_AS instead */

enum cell_report_type {
	CELL_READY = 1, /* warm and locked: lock_self() has succeeded */
	CELL_USED = 2,  /* answer to CELL_USAGE */
	CELL_DONE = 3,  /* the run is over and the cell waits for the next CELL_RUN */
};

/* A system call that the filter reported (SCMP_ACT_NOTIFY), and how often. */
struct cell_refusal {
	uint32_t number;
	uint32_t count;
};
#define CELL_REFUSALS_MAX 16

struct cell_report {
	uint32_t type;
	uint32_t flags;             /* CELL_DONE: CELL_DONE_* */
	uint64_t run_id;            /* 0 with CELL_READY */
	int32_t status;             /* CELL_DONE: of the run's first process, as of wait(2) */
	uint32_t processes;         /* USED: processes and threads now; DONE: that were reaped */
	uint64_t cpu_ns;            /* of all processes of the run: user + system */
	uint64_t run_delay_ns;      /* USED: time runnable but waiting for a processor
				       (/proc/PID/schedstat), all processes */
	uint64_t memory_peak_bytes; /* DONE: largest ru_maxrss; READY: what pid 1 has of its own */
	uint32_t n_refusals;        /* DONE: entries of `refusals` */
	char runtime[44];           /* READY: "CPython 3.11.2"; NUL-terminated */
	struct cell_refusal refusals[CELL_REFUSALS_MAX];
	uint32_t other_refusals; /* DONE: of calls for which there was no entry left */
	uint64_t own_waits;      /* USED: times that they gave their processor up */
	uint64_t interruptions;  /* USED: times that it was taken from them */
};
#define CELL_DONE_CLEAN 1u      /* nothing of the run is left */
#define CELL_DONE_KILLED 2u     /* a CELL_KILL arrived before the first process had ended */
#define CELL_DONE_STRAGGLERS 4u /* the run left other processes behind; they were killed */

/* ---- a sitting: one examiner, several candidates of one user, one after the other ---- */

/*
 * From the examiner, after RECORD_END: it could examine another one. One that cannot (its tests may
 * have changed what outlives them, or the candidate was not well-behaved) ends instead.
 */
struct sitting_rest {
	uint64_t cpu_ns; /* of its process, since its start */
};

/*
 * From the broker, with CELL_FD_CHANNEL_IN and _OUT; as a third descriptor with a job, if the next
 * candidate is another task's. Else the tests are those it has. The records go into the same pipe.
 * The end of the socket ends the examiner.
 */
#define SITTING_FDS 2
#define SITTING_FDS_TASK 3
struct sitting_next {
	uint8_t nonce[16]; /* of this candidate's RECORD_END */
	uint32_t is_last;  /* 0 or 1: it ends afterwards */
	uint32_t reserved;
};

/* ---- the job: a sequence of sections, each 4 bytes tag, 4 bytes length, bytes (no padding) ----
 */

enum job_tag {
	JOB_NONCE = 1,   /* 16 bytes, first section: to be repeated by RECORD_END only; not in the
			 job of an examinee */
	JOB_OPTIONS = 2, /* struct job_options */
	JOB_PROMPT = 3,
	JOB_CODE = 4,
	JOB_ENTRY_POINT = 5,
	JOB_SETUP = 6,     /* asserts: runs before the candidate's code */
	JOB_TEST = 7,      /* check, program, unittest, pytest: the source; asserts: one assertion
			      each, repeated; calls: arguments, keywords, expected value as JSON,
			      arguments as a literal of Python, four sections a call */
	JOB_FILE_NAME = 8, /* followed by its JOB_FILE_CONTENT; a file of the working directory */
	JOB_FILE_CONTENT = 9,
	JOB_MODULE = 10,     /* further module name for the candidate */
	JOB_STDIN = 11,      /* stdio: what the program reads from descriptor 0 */
	JOB_COMPARATOR = 12, /* calls: name and tolerances, "float 1e-09 1e-06"; of evalplus the
			     oracle behind them, "evalplus 0 1e-07 set" */
	/* COMPILER: the name of the file that it compiles, the compiler and its options, one each,
	 * and what follows the object files on the command that links. */
	JOB_SOURCE_NAME = 14,
	JOB_COMPILE = 15,
	JOB_LINK = 16,
	JOB_CALL = 17,      /* CALLEE: one call each: name, tuple of arguments, dict of keywords, as
			       one value (runtimes/python/values.h) */
	JOB_REFERENCE = 18, /* calls, never a candidate's: what it answers is expected; what the
			       next ones answer is right, too */
	JOB_DECIDED = 13,   /* examiner: uint32_t indices of tests that an earlier run of this
			       candidate has failed; they keep their numbers and are left out */
};

/*
 * Who judges. SHARED: tests and candidate in one process. Else an examination takes two runs in two
 * cells, whose children talk to each other (runtimes/python/channel.h): the EXAMINER has the tests,
 * no code, and writes all records; the EXAMINEE has the code, neither nonce nor tests, of the setup
 * its imports, and writes none.
 *
 * COMPILER: nothing of the candidate runs, its code is made a program. What the compiler says goes
 * to stderr. RECORD_FAULT_COMPILE if there is no program, then RECORD_END in either case. The runs
 * behind it are SHARED ones that have the program and no code.
 *
 * PLANNER: an examiner without a candidate. It writes down what its tests call and expect, or why
 * that cannot be done; see RECORD_CALL. CALLEE: a candidate that is called by such a plan, in a run
 * of its own without a channel. It has the code and the calls, neither nonce nor tests nor expected
 * values, and writes an answer to each call, which the broker compares.
 */
enum job_role {
	JOB_ROLE_SHARED = 0,
	JOB_ROLE_EXAMINER = 1,
	JOB_ROLE_EXAMINEE = 2,
	JOB_ROLE_COMPILER = 3,
	JOB_ROLE_PLANNER = 4,
	JOB_ROLE_CALLEE = 5,
};

/*
 * STDIO has no tests in any cell. Its run is SHARED by its descriptors alone: the code is executed
 * as a program and the process ends as that wants to, so there is no RECORD_END; a RECORD_FAULT, of
 * what it raised, only serves to tell it.
 */
enum job_kind {
	JOB_KIND_CHECK = 1,
	JOB_KIND_ASSERTS = 2,
	JOB_KIND_PROGRAM = 3,
	JOB_KIND_STDIO = 4,
	JOB_KIND_UNITTEST = 5,
	JOB_KIND_PYTEST = 6,
	JOB_KIND_CALLS = 7,
};

struct job_options {
	uint32_t kind;               /* enum job_kind */
	uint32_t stop_first_failure; /* 0 or 1 */
	uint32_t value_bytes;        /* longest rendered value or message in a record */
	uint32_t role;               /* enum job_role */
	/* 0 or 1; SHARED only: the negative control. Expectations are altered, so that every test
	 * with one must fail; only those tests are recorded. */
	uint32_t is_control;
	uint32_t test_ms; /* examiner and examinee: time that a single test may take; 0: no limit */
	uint32_t whole_bytes; /* planner and callee: longer values are told by their digests; 0:
				 none are */
};

#define JOB_NONCE_BYTES 16

/* ---- records ---- */

/*
 * Order of a run that goes well: PLAN, STATE loading, STATE testing, TEST..., END. A run that ends
 * without END has not been examined to its end, whatever its exit status says.
 */
enum record_type {
	RECORD_PLAN = 1,  /* number: how many tests exist (may be 0); before any code of the
			     candidate ran */
	RECORD_STATE = 2, /* number: enum record_state; what runs from now on */
	RECORD_TEST = 3, /* number: index; outcome; fields; a later record for an index replaces the
			    earlier */
	RECORD_FAULT = 4,  /* outcome: enum record_fault: the run cannot go on; fields: error;
			      followed by END */
	RECORD_END = 5,    /* fields[0]: the nonce; number: tests that were reached */
	RECORD_CALL = 6,   /* PLANNER: number: the test that it belongs to, or RECORD_OUTSIDE */
	RECORD_CHECK = 7,  /* PLANNER: number: the test; outcome: enum record_check; line: number of
			      the call whose answer is looked at; flags: RECORD_CHECK_* */
	RECORD_ANSWER = 8, /* CALLEE: number: of the call; outcome: enum record_answer */
};

/*
 * A plan: PLAN; for each test a TEST that is NOT_RUN, with its texts; then calls and checks in the
 * order in which the tests make them; END. Calls are numbered as they come, from 0. If a call of a
 * test raises, the rest of that test up to and with its next check is left out. A check of DONE
 * asks nothing of an answer: what remained of the test holds by itself.
 */
enum record_check {
	RECORD_CHECK_EQUAL = 1, /* equals the expected value, as values of tests are compared */
	RECORD_CHECK_SAME = 2,  /* is the expected one of None, True, False and Ellipsis */
	RECORD_CHECK_TRUE = 3,
	RECORD_CHECK_FALSE = 4,
	RECORD_CHECK_DONE = 5,
};
#define RECORD_CHECK_UNTOLD 1u      /* how it fails has to be told by an examiner */
#define RECORD_CHECK_HAS_MESSAGE 2u /* the assertion has one */
#define RECORD_CHECK_DIGEST 4u      /* the expected value is one: BYTES, as of an ANSWER_DIGEST */
#define RECORD_CHECK_QUOTES 8u      /* where it has a NUL it says str() of the answer */
#define RECORD_OUTSIDE UINT32_MAX

enum record_answer {
	RECORD_ANSWER_VALUE = 1,  /* fields[0]: the value */
	RECORD_ANSWER_RAISED = 2, /* error; traceback: from the candidate's first frame on */
	RECORD_ANSWER_UNTOLD = 3, /* neither can be told in this way */
	RECORD_ANSWER_DIGEST = 4, /* fields[0]: of a value that is too long to be told: its tag and
				     the SHA-256 of its bytes */
};
#define RECORD_DIGEST_BYTES 33

enum record_state { RECORD_STATE_LOADING = 1, RECORD_STATE_TESTING = 2 };

/* Numbers as Outcome in assay.proto. */
enum record_outcome {
	RECORD_NOT_RUN = 0,
	RECORD_PASSED = 1,
	RECORD_FAILED = 2,
	RECORD_ERROR = 3,
	RECORD_TIME_LIMIT = 4, /* it took longer than test_ms; the examinee is gone */
	RECORD_CRASHED = 5,    /* the examinee ended while this test called it */
	RECORD_SKIPPED = 6,    /* the tests skip it, whatever the candidate does */
};

enum record_fault {
	RECORD_FAULT_COMPILE = 1,     /* the candidate's code does not compile */
	RECORD_FAULT_LOAD = 2,        /* it raised while it was loaded, or lacks the entry point */
	RECORD_FAULT_TESTS = 3,       /* the tests do not compile, or their setup raises */
	RECORD_FAULT_PROGRAM = 4,     /* program: the part that is the tests raised */
	RECORD_FAULT_HARNESS = 5,     /* the job could not be read: our fault */
	RECORD_FAULT_INSEPARABLE = 6, /* examiner, before anything of the candidate arrived: these
					 tests need its process; the message says why */
	RECORD_FAULT_UNPLANNABLE = 7, /* PLANNER: no plan can be made of these tests; likewise */
};

/* Fields that follow a header: each 4 bytes length and bytes, in this order; absent ones have
 * length 0. */
enum record_field {
	RECORD_FIELD_NAME, /* END: the nonce */
	RECORD_FIELD_SOURCE,
	RECORD_FIELD_CALL,
	RECORD_FIELD_EXPECTED, /* long ones that begin alike lack that part: core/excerpt.h */
	RECORD_FIELD_ACTUAL,
	RECORD_FIELD_ERROR_TYPE,
	RECORD_FIELD_ERROR_MESSAGE,
	RECORD_FIELD_TRACEBACK,
	RECORD_FIELDS,
	/* CALL: as JOB_CALL. Its TRACEBACK is the frame of the tests that calls. */
	RECORD_FIELD_CALLED = RECORD_FIELD_NAME,
	/* CHECK: what is done with the answer before it is looked at: a list of tuples of a number
	 * (enum call_operation of core/call_check.h) and an operand. EXPECTED is the text of the
	 * expected value, ERROR_MESSAGE the assertion's; CALL, if it is not that of the test, what
	 * gave the answer: then EXPECTED is what is asserted of it. */
	RECORD_FIELD_OPERATIONS = RECORD_FIELD_NAME,
	RECORD_FIELD_VALUE = RECORD_FIELD_SOURCE, /* CHECK: the expected value */
	RECORD_FIELD_ANSWER = RECORD_FIELD_NAME,  /* ANSWER: the value */
};

#define RECORD_MAGIC 0xa55a

struct record_header {
	uint16_t magic; /* RECORD_MAGIC */
	uint8_t type;
	uint8_t outcome;
	uint32_t length; /* of the whole record, header included; at most RECORD_BYTES_MAX */
	uint32_t number;
	uint32_t line;     /* of the error, in the candidate's code; 0: unknown */
	uint64_t cpu_ns;   /* TEST: spent in it */
	uint32_t n_fields; /* fields that follow, 0..RECORD_FIELDS */
	uint32_t flags;    /* TEST: RECORD_TEST_* */
};
#define RECORD_TEST_COMPARED_BY_CANDIDATE 1u /* == of two objects of the candidate's decided it */

#define RECORD_BYTES_MAX (256u * 1024u)
#define RECORD_TESTS_MAX 65536u
#define RECORD_RUN_BYTES_MAX (8u * 1024u * 1024u) /* all records of one run; more is TAMPERED */
