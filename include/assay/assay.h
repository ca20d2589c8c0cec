/*
 * libassay: ask assayd to judge generated code.
 *
 *     assay_client *client;
 *     if (assay_connect(NULL, NULL, 5000, &client) < 0) ...
 *     assay_request *request = assay_request_new("python");
 *     assay_request_set_text(request, ASSAY_REQUEST_ENTRY_POINT, "add", 3);
 *     assay_request_set_check(request, test, strlen(test));
 *     assay_request_add_candidate(request, "a", code, strlen(code));
 *     uint64_t id;
 *     assay_submit(client, request, &id);
 *     assay_request_free(request);
 *     assay_event *event;
 *     while (assay_next(client, -1, &event) == 0) { ... assay_event_free(event); }
 *     assay_disconnect(client);
 *
 * Errors. Functions that return int give 0, or -errno: -ENOMEM, -EINVAL (an argument makes no
 * sense), -ECONNRESET (the daemon went away; everything in flight is lost), -EPROTO (it sent
 * something that is not the protocol), -ETIMEDOUT, -EMSGSIZE (larger than the daemon accepts). The
 * library never prints, never exits, never aborts, installs no signal handler and raises no
 * SIGPIPE.
 *
 * Threads. Objects have no locks: use one object in one thread at a time. Different clients are
 * independent. Not to be used from signal handlers. After fork() use a client in one process only.
 *
 * Ownership. Setters copy. Text from accessors is borrowed from the object, is NUL-terminated
 * behind its length (it may hold NUL bytes itself), and lives as long as the object. Every _free
 * accepts NULL.
 *
 * Units. Bytes, and nanoseconds (_ns) or milliseconds (_ms) as names say.
 */
#ifndef ASSAY_ASSAY_H
#define ASSAY_ASSAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASSAY_VERSION "0.1.0"

typedef struct assay_client assay_client;
typedef struct assay_request assay_request;
typedef struct assay_event assay_event;
typedef struct assay_result assay_result;

/* "0.1.0": of the library that is linked. */
const char *assay_version(void);

/* ------------------------------------------------------------------ connection */

/*
 * Connects and exchanges greetings; blocks at most timeout_ms. `address` is "unix:PATH", a PATH,
 * or "tcp:HOST:PORT", where a HOST with colons stands in [], and $ASSAY_TOKEN is shown;
 * NULL means $ASSAY_ADDR, else $XDG_RUNTIME_DIR/assay/assay.sock, else /run/assay/assay.sock: the
 * first that exists. `client_name` is for the daemon's logs; UTF-8; may be NULL. On success *client
 * is the caller's, to be given to assay_disconnect(). After a failure assay_client_error(NULL) has
 * the text. -ENOENT or -ECONNREFUSED: nobody listens there; -EINVAL: not an address, or a name that
 * is not UTF-8; -ETIMEDOUT; -EPROTONOSUPPORT: another protocol version; -EACCES: not let in;
 * -EBUSY: the daemon has too many clients now; -ECONNRESET, -EPROTO: it is no daemon of ours, or
 * ended. By TCP, -EACCES: the daemon does not know the token; -ENOENT: there is no such host;
 * looking its name up is not bounded by timeout_ms, and nothing is encrypted.
 */
int assay_connect(const char *address, const char *client_name, int timeout_ms,
		  assay_client **client);

/* Like assay_connect(), with this token for TCP; NULL: $ASSAY_TOKEN. Unix sockets need none and get
 * none. */
int assay_connect_token(const char *address, const char *token, const char *client_name,
			int timeout_ms, assay_client **client);

/* Like assay_connect() on a connected stream socket, which is taken over even on failure. */
int assay_connect_fd(int fd, const char *client_name, int timeout_ms, assay_client **client);

/* Closes; the daemon cancels what is in flight. NULL is allowed. */
void assay_disconnect(assay_client *client);

/* The socket, for poll(2): readable means that assay_next(client, 0, ...) may return something.
 * Borrowed. */
int assay_client_fd(const assay_client *client);

/* Events to poll() for: POLLIN, and POLLOUT while submitted bytes wait to be sent. */
short assay_client_poll_events(const assay_client *client);

/* Requests submitted whose Done or Error has not been returned yet. */
size_t assay_client_in_flight(const assay_client *client);

/*
 * Text about the last failure of this client ("the daemon closed the connection; ..."); "" if none.
 * Borrowed until the next call. With NULL: why the last assay_connect() of this thread failed
 * ("cannot connect to /run/...: No such file or directory").
 */
const char *assay_client_error(const assay_client *client);

/* From the greeting. */
enum assay_server_number {
	ASSAY_SERVER_SLOTS_TOTAL,
	ASSAY_SERVER_SLOTS_FREE,
	ASSAY_SERVER_MAX_FRAME_BYTES,
	ASSAY_SERVER_MAX_CANDIDATES,
	ASSAY_SERVER_N_LANGUAGES,
	ASSAY_SERVER_N_ISOLATION,
	ASSAY_SERVER_N_ISOLATION_MISSING,
	ASSAY_SERVER_MAX_EVALUATIONS, /* candidates times suites of one request */
};
uint64_t assay_server_number(const assay_client *client, enum assay_server_number which);
const char *assay_server_version(const assay_client *client);
/* Name and runtime of language `index`; NULL beyond the last. */
const char *assay_server_language(const assay_client *client, size_t index, const char **runtime);
const char *assay_server_isolation(const assay_client *client, size_t index);
const char *assay_server_isolation_missing(const assay_client *client, size_t index);

/* ------------------------------------------------------------------ requests */

/* A request for one task, with no tests and no candidates yet; NULL when memory is short. The
 * caller frees. */
assay_request *assay_request_new(const char *language);
void assay_request_free(assay_request *request);

enum assay_request_text {
	ASSAY_REQUEST_ID, /* the task's name, echoed in results */
	ASSAY_REQUEST_PROMPT,
	ASSAY_REQUEST_ENTRY_POINT,
	ASSAY_REQUEST_MODULE,
};
/* All but the prompt: UTF-8 without NUL, else -EINVAL. */
int assay_request_set_text(assay_request *request, enum assay_request_text which, const char *text,
			   size_t len);

/*
 * Tests: the last assay_request_set_* of these wins; assay_request_add_* adds to what the matching
 * one began, else -EINVAL. A call that fails leaves the request as it was. Kinds that the daemon
 * does not serve it answers by ASSAY_ERROR_INVALID_REQUEST.
 */
int assay_request_set_check(assay_request *request, const char *source, size_t len);
int assay_request_set_program(assay_request *request, const char *source, size_t len);
int assay_request_set_unittest(assay_request *request, const char *source, size_t len);
int assay_request_set_pytest(assay_request *request, const char *source, size_t len);
/* An empty list of asserts; then add each. `setup` may be NULL. */
int assay_request_set_asserts(assay_request *request, const char *setup, size_t len);
int assay_request_add_assert(assay_request *request, const char *text, size_t len);
/* An empty list of cases with a comparator (NULL: the default) and its tolerances; then add each.
 */
int assay_request_set_stdio(assay_request *request, const char *comparator,
			    double absolute_tolerance, double relative_tolerance);
int assay_request_add_case(assay_request *request, const char *name, const char *input,
			   size_t input_len, const char *output, size_t output_len);
/* An empty list of calls with a comparator (NULL: the default) and the tolerances of float; then
 * add each, with JSON text for its parts. `kwargs_json` may be NULL, and `expect_json` if there is
 * a reference. */
int assay_request_set_calls(assay_request *request, const char *comparator,
			    double absolute_tolerance, double relative_tolerance);
int assay_request_add_call(assay_request *request, const char *args_json, const char *kwargs_json,
			   const char *expect_json);
/* The same with arguments as a literal of Python, for what JSON cannot say. */
int assay_request_add_literal_call(assay_request *request, const char *args_python,
				   const char *expect_json);
/*
 * Of calls: what this source answers is expected, and expect_json is NULL. `oracle` (NULL: none) is
 * what the comparator evalplus asks instead of equality. What an alternative answers is right, too.
 */
int assay_request_set_reference(assay_request *request, const char *source, size_t len,
				const char *oracle);
int assay_request_add_alternative(assay_request *request, const char *source, size_t len);
int assay_request_set_answer(assay_request *request, const char *answer, size_t len,
			     const char *comparator);

/*
 * A matrix: every candidate is judged on every suite. From now on the setters of tests mean this
 * suite; of kinds stdio, calls and answer there are none. Tests that the request had are dropped.
 * `id` (may be NULL) is the caller's own. Returns its index (>= 0) or -errno.
 */
int assay_request_add_suite(assay_request *request, const char *id);
size_t assay_request_n_suites(const assay_request *request); /* 0: it has tests, or none */

/* Adds a candidate; `id` may be NULL. Returns its index (>= 0) or -errno. */
int assay_request_add_candidate(assay_request *request, const char *id, const char *code,
				size_t len);
/* A file in the working directory of candidate `index`. */
int assay_request_add_file(assay_request *request, size_t index, const char *name,
			   const char *content, size_t len);
size_t assay_request_n_candidates(const assay_request *request);

enum assay_request_number {
	ASSAY_REQUEST_CPU_MS, /* 0 in any of these: the policy's default */
	ASSAY_REQUEST_WALL_MS,
	ASSAY_REQUEST_MEMORY_BYTES,
	ASSAY_REQUEST_OUTPUT_BYTES,
	ASSAY_REQUEST_PROCESSES,
	ASSAY_REQUEST_FEEDBACK_BYTES,
	ASSAY_REQUEST_DEADLINE_MS,
	ASSAY_REQUEST_STOP_FIRST_FAILURE, /* 0 or 1 */
	ASSAY_REQUEST_NO_CACHE,           /* 0 or 1 */
	ASSAY_REQUEST_EXTRACT_LAST_FENCE, /* 0 or 1 */
	ASSAY_REQUEST_INTEGRITY,          /* enum assay_integrity; 0: auto */
	ASSAY_REQUEST_REVEAL,             /* enum assay_reveal */
	ASSAY_REQUEST_REPEAT,             /* runs of each candidate */
	ASSAY_REQUEST_NO_CONTROL,         /* 0 or 1 */
	ASSAY_REQUEST_FEEDBACK_FORM,      /* enum assay_feedback_form */
	ASSAY_REQUEST_TEST_MS,            /* of a single test; 0: no limit of its own */
};
enum assay_reveal { ASSAY_REVEAL_FULL, ASSAY_REVEAL_INPUTS, ASSAY_REVEAL_NONE };
enum assay_feedback_form { ASSAY_FEEDBACK_PLAIN, ASSAY_FEEDBACK_REFLEXION };
/* -EINVAL: no such number, or a value out of its range. */
int assay_request_set_number(assay_request *request, enum assay_request_number which,
			     uint64_t value);

/* Of the test at this place in the results nothing but its outcome is told, in no answer. A place
 * where no test is hides nothing. */
int assay_request_hide_test(assay_request *request, uint32_t index);

/*
 * Queues the request for sending and sends what the socket takes; copies, so the request may be
 * freed or submitted again. *id (may be NULL) names it in events: a number that counts up and is
 * never used twice on a connection. Never blocks: bytes that do not fit are sent by assay_next();
 * whoever submits without end and never calls that fills memory. -EMSGSIZE: nothing was sent, the
 * connection goes on.
 */
int assay_submit(assay_client *client, const assay_request *request, uint64_t *id);

/* Asks that `id` end: its missing results come with verdict CANCELLED, then its DONE. Nothing
 * happens when it is finished already. -EINVAL: never submitted. */
int assay_cancel(assay_client *client, uint64_t id);

/* Asks for the daemon's status; answered by an ASSAY_EVENT_STATUS. */
int assay_submit_status(assay_client *client, uint64_t *id);

/* ------------------------------------------------------------------ answers */

enum assay_event_type {
	ASSAY_EVENT_RESULT = 1, /* one candidate judged */
	ASSAY_EVENT_DONE,       /* all results of this request have come */
	ASSAY_EVENT_ERROR,      /* the request was refused; nothing more comes for it */
	ASSAY_EVENT_STATUS,
};

/* assay_error_code as in assay.proto: INVALID_REQUEST, ... */
enum assay_error_code {
	ASSAY_ERROR_UNKNOWN,
	ASSAY_ERROR_INVALID_REQUEST,
	ASSAY_ERROR_TOO_LARGE,
	ASSAY_ERROR_UNKNOWN_LANGUAGE,
	ASSAY_ERROR_UNAUTHENTICATED,
	ASSAY_ERROR_QUOTA,
	ASSAY_ERROR_OVERLOADED,
	ASSAY_ERROR_DEADLINE_EXCEEDED,
	ASSAY_ERROR_CANCELLED,
	ASSAY_ERROR_SHUTTING_DOWN,
	ASSAY_ERROR_INTERNAL,
	ASSAY_ERROR_UNKNOWN_BLOB,
};

/*
 * Waits at most timeout_ms (-1: for ever; 0: not at all) for the next answer and also sends what is
 * still queued. 0: *event is the caller's. -ETIMEDOUT: nothing yet. -ENODATA, at once: nothing is
 * in flight and nothing has come. -ECONNRESET: the daemon went away, and everything that it had
 * sent has been returned before; assay_client_error() says what is lost. This and -EPROTO are
 * final.
 *
 * One read of the socket may take in many answers. A caller that polls therefore calls this with
 * timeout 0 until it gives something other than 0, and only then poll(2) again.
 */
int assay_next(assay_client *client, int timeout_ms, assay_event **event);
void assay_event_free(assay_event *event);

enum assay_event_type assay_event_type(const assay_event *event);
uint64_t assay_event_request(const assay_event *event); /* the id; 0: concerns the connection */
const assay_result *assay_event_result(const assay_event *event); /* borrowed; NULL unless RESULT */
/* ERROR: code, text, field, and in how long to try again (0: no use). */
enum assay_error_code assay_event_error(const assay_event *event, const char **message,
					const char **field, uint32_t *retry_after_ms);
const char *assay_error_name(enum assay_error_code code); /* "INVALID_REQUEST" */

enum assay_verdict {
	ASSAY_VERDICT_UNKNOWN,
	ASSAY_PASSED,
	ASSAY_FAILED,
	ASSAY_ERROR,
	ASSAY_COMPILE_ERROR,
	ASSAY_CPU_LIMIT,
	ASSAY_WALL_LIMIT,
	ASSAY_MEMORY_LIMIT,
	ASSAY_OUTPUT_LIMIT,
	ASSAY_PROCESS_LIMIT,
	ASSAY_VIOLATION,
	ASSAY_TAMPERED,
	ASSAY_NO_TESTS,
	ASSAY_BAD_TASK,
	ASSAY_STARVED,
	ASSAY_CANCELLED,
	ASSAY_INFRA,
};
enum assay_fault {
	ASSAY_FAULT_NONE,
	ASSAY_FAULT_CANDIDATE,
	ASSAY_FAULT_TESTS,
	ASSAY_FAULT_OVERLOAD,
	ASSAY_FAULT_INFRASTRUCTURE
};
enum assay_integrity { ASSAY_INTEGRITY_UNKNOWN, ASSAY_NATIVE, ASSAY_SPLIT, ASSAY_SHARED };
/* Of the second judgement of a SHARED pass, with altered expectations: which it must fail. */
enum assay_control {
	ASSAY_CONTROL_NONE, /* not needed, or not wanted */
	ASSAY_CONTROL_HELD,
	ASSAY_CONTROL_PASSED, /* the verdict is TAMPERED */
	ASSAY_CONTROL_IMPOSSIBLE
};
enum assay_outcome {
	ASSAY_NOT_RUN,
	ASSAY_TEST_PASSED,
	ASSAY_TEST_FAILED,
	ASSAY_TEST_ERROR,
	ASSAY_TEST_TIME_LIMIT,
	ASSAY_TEST_CRASHED,
	ASSAY_TEST_SKIPPED
};

const char *assay_verdict_name(enum assay_verdict verdict);       /* "PASSED" */
const char *assay_fault_name(enum assay_fault fault);             /* "candidate"; "none" */
const char *assay_integrity_name(enum assay_integrity integrity); /* "SHARED" */
const char *assay_outcome_name(enum assay_outcome outcome);       /* "PASSED", "NOT_RUN" */
const char *assay_control_name(enum assay_control control);       /* "HELD" */

enum assay_verdict assay_result_verdict(const assay_result *result);
enum assay_fault assay_result_fault(const assay_result *result);
enum assay_integrity assay_result_integrity(const assay_result *result);
enum assay_control assay_result_control(const assay_result *result);

enum assay_result_text {
	ASSAY_RESULT_ID,
	ASSAY_RESULT_CANDIDATE,
	ASSAY_RESULT_STDOUT,
	ASSAY_RESULT_STDERR,
	ASSAY_RESULT_COMPILE_OUTPUT,
	ASSAY_RESULT_RUNTIME,
	ASSAY_RESULT_FEEDBACK,
	ASSAY_RESULT_COMPARATOR,
	ASSAY_RESULT_DETAIL,
	ASSAY_RESULT_ERROR_TYPE, /* what ended the run outside any test; "" if nothing did */
	ASSAY_RESULT_ERROR_MESSAGE,
	ASSAY_RESULT_ERROR_TRACEBACK,
	ASSAY_RESULT_SHARED_BECAUSE, /* why the tests could not be examined apart */
};
/* Never NULL, "" for what is absent; *len (may be NULL) without the NUL behind it. */
const char *assay_result_text(const assay_result *result, enum assay_result_text which,
			      size_t *len);

enum assay_result_number {
	ASSAY_RESULT_CANDIDATE_INDEX,
	ASSAY_RESULT_TESTS_TOTAL,
	ASSAY_RESULT_TESTS_RUN,
	ASSAY_RESULT_TESTS_PASSED,
	ASSAY_RESULT_MASKABLE, /* 0 or 1 */
	ASSAY_RESULT_CACHED,   /* 0 or 1 */
	ASSAY_RESULT_CPU_NS,
	ASSAY_RESULT_WALL_NS,
	ASSAY_RESULT_QUEUE_NS,
	ASSAY_RESULT_MEMORY_PEAK_BYTES,
	ASSAY_RESULT_PROCESSES_PEAK,
	ASSAY_RESULT_STDOUT_DROPPED_BYTES,
	ASSAY_RESULT_STDERR_DROPPED_BYTES,
	ASSAY_RESULT_COMPILE_OK,     /* 0 or 1 */
	ASSAY_RESULT_COMPILE_CACHED, /* 0 or 1 */
	ASSAY_RESULT_ERROR_LINE,
	ASSAY_RESULT_N_TESTS,
	ASSAY_RESULT_N_ISOLATION,
	ASSAY_RESULT_N_VIOLATIONS,
	ASSAY_RESULT_N_ENVIRONMENT,
	ASSAY_RESULT_REPEAT_RUNS,   /* 0: one run was asked for */
	ASSAY_RESULT_REPEATS_AGREE, /* 0 or 1; of REPEAT_RUNS > 0 */
	ASSAY_RESULT_SUITE_INDEX,
};
uint64_t assay_result_number(const assay_result *result, enum assay_result_number which);
double assay_result_score(const assay_result *result);
const char *assay_result_isolation(const assay_result *result,
				   size_t index); /* NULL beyond the last */
const char *assay_result_violation(const assay_result *result, size_t index, uint32_t *count);
/* What the policy fixed for the run, "TZ=UTC"; NULL beyond the last. */
const char *assay_result_environment(const assay_result *result, size_t index);
/* How many of the repeated runs had this verdict. */
uint64_t assay_result_repeat_count(const assay_result *result, enum assay_verdict verdict);

/* Test `index` of N_TESTS; beyond the last: empty text, zeros, ASSAY_NOT_RUN. */
enum assay_test_text {
	ASSAY_TEST_NAME,
	ASSAY_TEST_SOURCE,
	ASSAY_TEST_CALL,
	ASSAY_TEST_EXPECTED,
	ASSAY_TEST_ACTUAL,
	ASSAY_TEST_ERROR_TYPE,
	ASSAY_TEST_ERROR_MESSAGE,
	ASSAY_TEST_ERROR_TRACEBACK,
};
const char *assay_result_test_text(const assay_result *result, size_t index,
				   enum assay_test_text which, size_t *len);
enum assay_outcome assay_result_test_outcome(const assay_result *result, size_t index);
uint64_t assay_result_test_cpu_ns(const assay_result *result, size_t index);
uint32_t assay_result_test_line(const assay_result *result,
				size_t index); /* of the error; 0: unknown */
uint32_t assay_result_test_index(const assay_result *result, size_t index);
/* Its request hid it: there is an outcome and nothing else. */
bool assay_result_test_is_hidden(const assay_result *result, size_t index);
/* Two objects of the candidate's were compared by its own code. */
bool assay_result_test_is_compared_by_candidate(const assay_result *result, size_t index);

/* ------------------------------------------------------------------ status (ASSAY_EVENT_STATUS) */

enum assay_status_number {
	ASSAY_STATUS_UPTIME_MS,
	ASSAY_STATUS_SLOTS_TOTAL,
	ASSAY_STATUS_SLOTS_FREE,
	ASSAY_STATUS_QUEUED,
	ASSAY_STATUS_RUNNING,
	ASSAY_STATUS_CONNECTIONS,
	ASSAY_STATUS_EVALUATIONS_TOTAL,
	ASSAY_STATUS_SUPERVISOR_PID,
	ASSAY_STATUS_KEEPER_PID,
	ASSAY_STATUS_BROKER_PID,
	ASSAY_STATUS_N_SLOTS,
	ASSAY_STATUS_N_COUNTERS,
	ASSAY_STATUS_N_USERS,
};
/* Events of another type read as a status of zeros. */
uint64_t assay_status_number(const assay_event *event, enum assay_status_number which);
const char *assay_status_version(const assay_event *event);
uint64_t assay_status_verdict_count(const assay_event *event, enum assay_verdict verdict);
/* Slot `index`: state and language (borrowed), runs of its present cell, cells built, pid 1.
 * -EINVAL beyond the last. */
int assay_status_slot(const assay_event *event, size_t index, const char **state,
		      const char **language, uint64_t *runs, uint64_t *cells, uint32_t *pid);
/* Name of the token of user `index`, who is connected by TCP; "": a user of the host, or beyond the
 * last. */
const char *assay_status_user_name(const assay_event *event, size_t index);
/* User `index` of those who are connected: uid, connections, evaluations waiting, and taken so far.
 * -EINVAL beyond the last. */
int assay_status_user(const assay_event *event, size_t index, uint32_t *uid, uint32_t *connections,
		      uint32_t *queued, uint64_t *evaluations);
/* Layer `index` that the broker itself, which reads what clients send, is locked in by. NULL beyond
 * the last. */
const char *assay_status_broker_isolation(const assay_event *event, size_t index);
/* Counter `index`: its name; NULL beyond the last. */
const char *assay_status_counter(const assay_event *event, size_t index, uint64_t *value,
				 const char **help);

#ifdef __cplusplus
}
#endif

#endif
