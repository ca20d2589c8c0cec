/*
 * Requests in flight: bounds, patience with a full daemon, no result twice.
 */
#include "tests/unit/lib/fake_server.h"

#include <sys/wait.h>

#include "client/cli/flight.h"

static volatile sig_atomic_t interrupted;
static int owner;

static void begin(struct fake *fake, struct cli_context *context)
{
	interrupted = 0;
	fake_connect(fake, 1 << 20);
	*context = (struct cli_context){.interrupted = &interrupted, .client = fake->client};
}

static void push(struct flight *flight, size_t n_candidates, size_t bytes)
{
	assay_request *request = assay_request_new("python");

	assert_non_null(request);
	assert_int_equal(assay_request_set_program(request, "", 0), 0);
	for (size_t i = 0; i < n_candidates; i++)
		assert_true(assay_request_add_candidate(request, "a", "x", 1) >= 0);
	assert_int_equal(flight_push(flight, request, bytes, &owner), 0);
}

/* Lets the flight send, without an answer: fd 0 of the pipe is readable at once. */
static uint64_t sent(struct fake *fake, struct flight *flight)
{
	struct flight_answer answer;
	Assay__ClientMessage *message;
	uint64_t id;
	int wake[2];

	assert_int_equal(pipe(wake), 0);
	assert_int_equal(write(wake[1], "x", 1), 1);
	assert_int_equal(flight_next(flight, wake[0], &answer), 0);
	assert_int_equal(answer.type, FLIGHT_WOKEN);
	close(wake[0]);
	close(wake[1]);
	message = fake_receive(fake);
	assert_int_equal(message->body_case, ASSAY__CLIENT_MESSAGE__BODY_EVALUATE);
	id = message->request_id;
	codec_free_client(message);
	return id;
}

static void expect_answer(struct flight *flight, enum flight_answer_type type)
{
	struct flight_answer answer;

	assert_int_equal(flight_next(flight, -1, &answer), 0);
	assert_int_equal(answer.type, type);
	assert_ptr_equal(answer.owner, &owner);
}

static void room_is_bounded(void **state)
{
	struct cli_context context;
	struct flight *flight;
	struct fake fake;

	(void)state;
	begin(&fake, &context);
	flight = flight_new(&context, 3);
	assert_true(flight_is_empty(flight));
	push(flight, 2, 10);
	assert_true(flight_has_room(flight));
	push(flight, 1, 10);
	assert_false(flight_has_room(flight));
	flight_free(flight);

	flight = flight_new(&context, 0); /* 4 x 2 slots + 64 */
	push(flight, 71, 10);
	assert_true(flight_has_room(flight));
	push(flight, 1, FLIGHT_BYTES_MAX);
	assert_false(flight_has_room(flight));
	flight_free(flight);
	fake_close(&fake);
}

static void results_come_once_and_then_done(void **state)
{
	struct cli_context context;
	struct flight_answer answer;
	struct flight *flight;
	struct fake fake;
	uint64_t id;

	(void)state;
	begin(&fake, &context);
	flight = flight_new(&context, 8);
	push(flight, 2, 1);
	id = sent(&fake, flight);
	fake_send_result(&fake, id, 1);
	fake_send_result(&fake, id, 1);
	fake_send_result(&fake, id, 7);
	fake_send_result(&fake, id, 0);
	fake_send_done(&fake, id);
	expect_answer(flight, FLIGHT_RESULT);
	expect_answer(flight, FLIGHT_RESULT);
	expect_answer(flight, FLIGHT_DONE);
	assert_true(flight_is_empty(flight));
	assert_int_equal(flight_next(flight, -1, &answer), -ENODATA);
	flight_free(flight);
	fake_close(&fake);
}

/* The daemon's side, in a process of its own: full at first, then it judges. */
static void refuse_then_judge(const struct fake *fake)
{
	for (int turn = 0; turn < 3; turn++) {
		Assay__ClientMessage *message = fake_receive(fake);
		uint64_t id = message->request_id;

		codec_free_client(message);
		if (turn < 2) {
			fake_send_error(fake, id,
					turn == 0 ? ASSAY__ERROR_CODE__OVERLOADED
						  : ASSAY__ERROR_CODE__QUOTA,
					"");
			continue;
		}
		fake_send_result(fake, id, 0);
		fake_send_done(fake, id);
	}
}

static void a_full_daemon_is_asked_again(void **state)
{
	struct cli_context context;
	struct flight *flight;
	struct fake fake;
	int status;
	pid_t pid;

	(void)state;
	begin(&fake, &context);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		refuse_then_judge(&fake);
		_exit(0);
	}
	flight = flight_new(&context, 8);
	push(flight, 1, 1);
	expect_answer(flight, FLIGHT_RESULT);
	expect_answer(flight, FLIGHT_DONE);
	assert_true(flight_is_empty(flight));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	flight_free(flight);
	fake_close(&fake);
}

static void refusals_are_passed_on(void **state)
{
	struct cli_context context;
	struct flight_answer answer;
	struct flight *flight;
	struct fake fake;
	uint64_t id;

	(void)state;
	begin(&fake, &context);
	flight = flight_new(&context, 8);
	push(flight, 1, 1);
	id = sent(&fake, flight);
	fake_send_error(&fake, id, ASSAY__ERROR_CODE__INVALID_REQUEST, "evaluate.tests");
	assert_int_equal(flight_next(flight, -1, &answer), 0);
	assert_int_equal(answer.type, FLIGHT_REFUSED);
	assert_int_equal(answer.code, ASSAY_ERROR_INVALID_REQUEST);
	assert_string_equal(answer.field, "evaluate.tests");
	assert_string_equal(answer.message, "as the test wants");
	assert_true(flight_is_empty(flight));
	flight_free(flight);
	fake_close(&fake);
}

static void too_large_a_request_is_refused_here(void **state)
{
	struct cli_context context;
	struct flight_answer answer;
	struct flight *flight;
	struct fake fake;

	(void)state;
	begin(&fake, &context);
	flight = flight_new(&context, 8);
	push(flight, 400000, 1);
	assert_int_equal(flight_next(flight, -1, &answer), 0);
	assert_int_equal(answer.type, FLIGHT_REFUSED);
	assert_int_equal(answer.code, ASSAY_ERROR_TOO_LARGE);
	assert_non_null(strstr(answer.message, "1048576"));
	flight_free(flight);
	fake_close(&fake);
}

static void interruption_ends_the_wait(void **state)
{
	struct cli_context context;
	struct flight_answer answer;
	struct flight *flight;
	struct fake fake;

	(void)state;
	begin(&fake, &context);
	flight = flight_new(&context, 8);
	push(flight, 1, 1);
	interrupted = 1;
	assert_int_equal(flight_next(flight, -1, &answer), -EINTR);
	flight_free(flight);
	fake_close(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_is_bounded),
		cmocka_unit_test(results_come_once_and_then_done),
		cmocka_unit_test(a_full_daemon_is_asked_again),
		cmocka_unit_test(refusals_are_passed_on),
		cmocka_unit_test(too_large_a_request_is_refused_here),
		cmocka_unit_test(interruption_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
