/*
 * A client against a daemon played by the test: answers in any order, refusals, and bad days.
 */
#include "fake_server.h"

static void answers_come_back_by_request_in_any_order(void **state)
{
	struct fake fake;
	uint64_t first, second, third;
	assay_event *event;

	(void)state;
	fake_connect(&fake, 0);
	first = fake_submit(&fake);
	second = fake_submit(&fake);
	assert_int_equal(assay_submit_status(fake.client, &third), 0);
	assert_true(first == 1 && second == 2 && third == 3);
	assert_int_equal(assay_client_in_flight(fake.client), 3);
	fake_send_result(&fake, second, 0);
	fake_send_result(&fake, first, 0);
	fake_send_done(&fake, second);
	fake_send_error(&fake, third, ASSAY__ERROR_CODE__INTERNAL, "");
	fake_send_done(&fake, first);
	fake_expect(&fake, ASSAY_EVENT_RESULT, second);
	fake_expect(&fake, ASSAY_EVENT_RESULT, first);
	fake_expect(&fake, ASSAY_EVENT_DONE, second);
	assert_int_equal(assay_client_in_flight(fake.client), 2);
	fake_expect(&fake, ASSAY_EVENT_ERROR, third);
	fake_expect(&fake, ASSAY_EVENT_DONE, first);
	assert_int_equal(assay_client_in_flight(fake.client), 0);
	assert_int_equal(assay_next(fake.client, -1, &event), -ENODATA);
	fake_close(&fake);
}

static void what_is_submitted_arrives_whole(void **state)
{
	struct fake fake;
	uint64_t id;
	Assay__ClientMessage *message;

	(void)state;
	fake_connect(&fake, 0);
	id = fake_submit(&fake);
	message = fake_receive(&fake);
	assert_int_equal(message->request_id, id);
	assert_int_equal(message->body_case, ASSAY__CLIENT_MESSAGE__BODY_EVALUATE);
	assert_string_equal(message->evaluate->language, "python");
	assert_string_equal((char *)message->evaluate->check->source.data, "def check(f): pass");
	assert_string_equal((char *)message->evaluate->candidates[0]->code.data, "x = 1");
	codec_free_client(message);
	fake_close(&fake);
}

static void an_answer_byte_by_byte_is_put_together(void **state)
{
	const uint8_t done[] = {0, 0, 0, 6, 0x08, 1, 0x22, 2, 0x08, 1};
	struct fake fake;
	assay_event *event = NULL;

	(void)state;
	fake_connect(&fake, 0);
	fake_submit(&fake);
	for (size_t i = 0; i < sizeof(done); i++) {
		assert_int_equal(assay_next(fake.client, 0, &event), -ETIMEDOUT);
		assert_null(event);
		fake_send_bytes(&fake, done + i, 1);
	}
	fake_expect(&fake, ASSAY_EVENT_DONE, 1);
	fake_close(&fake);
}

static void one_read_takes_many_answers(void **state)
{
	struct fake fake;
	struct pollfd ready;

	(void)state;
	fake_connect(&fake, 0);
	fake_submit(&fake);
	for (uint32_t i = 0; i < 100; i++)
		fake_send_result(&fake, 1, i);
	fake_expect(&fake, ASSAY_EVENT_RESULT, 1);
	ready = (struct pollfd){.fd = assay_client_fd(fake.client), .events = POLLIN};
	assert_int_equal(poll(&ready, 1, 0), 0);
	for (uint32_t i = 1; i < 100; i++)
		fake_expect(&fake, ASSAY_EVENT_RESULT, 1);
	fake_close(&fake);
}

static void waiting_ends_after_its_time(void **state)
{
	struct fake fake;
	assay_event *event;

	(void)state;
	fake_connect(&fake, 0);
	fake_submit(&fake);
	assert_int_equal(assay_next(fake.client, 20, &event), -ETIMEDOUT);
	fake_close(&fake);
}

static void a_daemon_that_closes_says_what_is_lost(void **state)
{
	struct fake fake;
	assay_event *event;
	uint64_t id;

	(void)state;
	fake_connect(&fake, 0);
	fake_submit(&fake);
	fake_submit(&fake);
	fake_send_result(&fake, 1, 0);
	fake_send_done(&fake, 1);
	fake_send_bytes(&fake, "\0\0\0\x09half", 8);
	fd_close(&fake.fd);
	fake_expect(&fake, ASSAY_EVENT_RESULT, 1);
	fake_expect(&fake, ASSAY_EVENT_DONE, 1);
	assert_int_equal(assay_next(fake.client, -1, &event), -ECONNRESET);
	assert_non_null(strstr(assay_client_error(fake.client), "in the middle of a message"));
	assert_non_null(
		strstr(assay_client_error(fake.client), "lost: 1 (the oldest is number 2)"));
	assert_int_equal(assay_next(fake.client, -1, &event), -ECONNRESET);
	assert_int_equal(assay_submit_status(fake.client, &id), -ECONNRESET);
	assert_int_equal(assay_cancel(fake.client, 2), -ECONNRESET);
	fake_close(&fake);
}

static void a_closed_idle_connection_is_noticed(void **state)
{
	struct fake fake;
	assay_event *event;

	(void)state;
	fake_connect(&fake, 0);
	assert_int_equal(assay_next(fake.client, -1, &event), -ENODATA);
	fd_close(&fake.fd);
	assert_int_equal(assay_next(fake.client, -1, &event), -ECONNRESET);
	fake_close(&fake);
}

static void submitting_to_a_closed_socket_raises_no_signal(void **state)
{
	struct fake fake;
	assay_event *event;

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	fake_connect(&fake, 0);
	fake_send_error(&fake, 0, ASSAY__ERROR_CODE__SHUTTING_DOWN, "");
	fd_close(&fake.fd);
	fake_submit(&fake);
	fake_submit(&fake);
	/* What it said before it went is still heard. */
	fake_expect(&fake, ASSAY_EVENT_ERROR, 0);
	assert_int_equal(assay_next(fake.client, -1, &event), -ECONNRESET);
	fake_close(&fake);
}

static void an_error_of_the_connection_is_an_event(void **state)
{
	struct fake fake;
	assay_event *event;
	const char *message, *field;
	uint32_t retry_after_ms;

	(void)state;
	fake_connect(&fake, 0);
	fake_send_error(&fake, 0, ASSAY__ERROR_CODE__OVERLOADED, "hello");
	assert_int_equal(assay_next(fake.client, 1000, &event), 0);
	assert_int_equal(assay_event_request(event), 0);
	assert_int_equal(assay_event_error(event, &message, &field, &retry_after_ms),
			 ASSAY_ERROR_OVERLOADED);
	assert_string_equal(message, "as the test wants");
	assert_string_equal(field, "hello");
	assert_int_equal(retry_after_ms, 40);
	assert_null(assay_event_result(event));
	assay_event_free(event);
	fake_close(&fake);
}

static void late_and_unknown_messages_are_dropped(void **state)
{
	const uint8_t of_the_future[] = {0, 0, 0, 6, 0x08, 1, 0xa2, 0x06, 1, 'x'};
	struct fake fake;

	(void)state;
	fake_connect(&fake, 0);
	fake_submit(&fake);
	fake_submit(&fake);
	fake_send_done(&fake, 1);
	fake_expect(&fake, ASSAY_EVENT_DONE, 1);
	fake_send_result(&fake, 1, 0);
	fake_send_bytes(&fake, of_the_future, sizeof(of_the_future));
	fake_send_done(&fake, 2);
	fake_expect(&fake, ASSAY_EVENT_DONE, 2);
	fake_close(&fake);
}

static void expect_protocol_error(const void *bytes, size_t len, const char *text)
{
	struct fake fake;
	assay_event *event;

	fake_connect(&fake, 1000);
	fake_submit(&fake);
	fake_send_bytes(&fake, bytes, len);
	assert_int_equal(assay_next(fake.client, 1000, &event), -EPROTO);
	assert_non_null(strstr(assay_client_error(fake.client), text));
	assert_int_equal(assay_next(fake.client, 1000, &event), -EPROTO);
	fake_close(&fake);
}

static void bytes_that_are_no_protocol_end_the_connection(void **state)
{
	(void)state;
	expect_protocol_error("\xff\xff\xff\xff", 4, "4294967295 bytes");
	expect_protocol_error("\0\0\3\xe9", 4, "1001 bytes");
	expect_protocol_error("\0\0\0\0", 4, "empty");
	expect_protocol_error("\0\0\0\1\7", 5, "no message");
	/* request_id = 9, done {} */
	expect_protocol_error("\0\0\0\4\x08\x09\x22\0", 8, "request 9");
}

static void requests_above_the_limit_stay_here(void **state)
{
	struct fake fake;
	assay_request *request = assay_request_new("python");
	char *code = calloc(1, 2000);
	uint64_t id = 0;

	(void)state;
	assert_non_null(request);
	assert_non_null(code);
	fake_connect(&fake, 1000);
	assert_int_equal(assay_request_add_candidate(request, NULL, code, 2000), 0);
	assert_int_equal(assay_submit(fake.client, request, &id), -EMSGSIZE);
	assert_non_null(strstr(assay_client_error(fake.client), "1000 bytes"));
	assert_int_equal(assay_client_in_flight(fake.client), 0);
	assert_int_equal(fake_submit(&fake), 1);
	assay_request_free(request);
	free(code);
	fake_close(&fake);
}

static void submitting_never_blocks(void **state)
{
	const size_t len = 1 << 20;
	const int n_requests = 8;
	struct fake fake;
	assay_request *request = assay_request_new("python");
	char *code = calloc(1, len);
	assay_event *event;

	(void)state;
	assert_non_null(code);
	fake_connect(&fake, 0);
	assert_int_equal(assay_request_add_candidate(request, "a", code, len), 0);
	for (int i = 0; i < n_requests; i++)
		assert_int_equal(assay_submit(fake.client, request, NULL), 0);
	assert_int_equal(assay_client_poll_events(fake.client), POLLIN | POLLOUT);
	/* The daemon reads while the client asks for answers. */
	for (int i = 1; i <= n_requests; i++) {
		size_t left = len;
		uint8_t buf[65536];

		while (left > 0) {
			ssize_t n = recv(fake.fd, buf, sizeof(buf), MSG_DONTWAIT);

			if (n > 0)
				left -= (size_t)n < left ? (size_t)n : left;
			assert_int_equal(assay_next(fake.client, 0, &event), -ETIMEDOUT);
		}
	}
	assert_int_equal(assay_client_poll_events(fake.client), POLLIN);
	assay_request_free(request);
	free(code);
	fake_close(&fake);
}

static void cancelling_names_the_request(void **state)
{
	struct fake fake;
	Assay__ClientMessage *message;

	(void)state;
	fake_connect(&fake, 0);
	fake_submit(&fake);
	codec_free_client(fake_receive(&fake));
	assert_int_equal(assay_cancel(fake.client, 0), -EINVAL);
	assert_int_equal(assay_cancel(fake.client, 2), -EINVAL);
	assert_int_equal(assay_cancel(fake.client, 1), 0);
	message = fake_receive(&fake);
	assert_int_equal(message->body_case, ASSAY__CLIENT_MESSAGE__BODY_CANCEL);
	assert_int_equal(message->cancel->target_id, 1);
	assert_int_not_equal(message->request_id, 0);
	codec_free_client(message);
	assert_int_equal(assay_client_in_flight(fake.client), 1);
	fake_send_done(&fake, 1);
	fake_expect(&fake, ASSAY_EVENT_DONE, 1);
	assert_int_equal(assay_cancel(fake.client, 1), 0);
	assert_int_equal(fake_submit(&fake), 3);
	fake_close(&fake);
}

static void a_large_answer_grows_the_buffer(void **state)
{
	struct fake fake;
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__Result result = ASSAY__RESULT__INIT;
	assay_event *event = NULL;
	uint8_t *bytes;
	size_t len, sent = 0, text_len;

	(void)state;
	fake_connect(&fake, 0);
	fake_submit(&fake);
	message.request_id = 1;
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_RESULT;
	message.result = &result;
	result.stdout.len = 3 << 20;
	result.stdout.data = malloc(result.stdout.len);
	assert_non_null(result.stdout.data);
	memset(result.stdout.data, 'o', result.stdout.len);
	assert_int_equal(codec_pack_server(&message, &bytes, &len), 0);
	while (event == NULL) {
		ssize_t n = send(fake.fd, bytes + sent, len - sent, MSG_DONTWAIT);

		sent += n > 0 ? (size_t)n : 0;
		assay_next(fake.client, 0, &event);
	}
	assert_int_equal(sent, len);
	assert_int_equal(strlen(assay_result_text(assay_event_result(event), ASSAY_RESULT_STDOUT,
						  &text_len)),
			 3 << 20);
	assert_int_equal(text_len, 3 << 20);
	assay_event_free(event);
	free(bytes);
	free(result.stdout.data);
	fake_close(&fake);
}

static void nothing_is_freed_twice(void **state)
{
	(void)state;
	assay_disconnect(NULL);
	assay_event_free(NULL);
	assay_request_free(NULL);
	assert_non_null(assay_client_error(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_back_by_request_in_any_order),
		cmocka_unit_test(what_is_submitted_arrives_whole),
		cmocka_unit_test(an_answer_byte_by_byte_is_put_together),
		cmocka_unit_test(one_read_takes_many_answers),
		cmocka_unit_test(waiting_ends_after_its_time),
		cmocka_unit_test(a_daemon_that_closes_says_what_is_lost),
		cmocka_unit_test(a_closed_idle_connection_is_noticed),
		cmocka_unit_test(submitting_to_a_closed_socket_raises_no_signal),
		cmocka_unit_test(an_error_of_the_connection_is_an_event),
		cmocka_unit_test(late_and_unknown_messages_are_dropped),
		cmocka_unit_test(bytes_that_are_no_protocol_end_the_connection),
		cmocka_unit_test(requests_above_the_limit_stay_here),
		cmocka_unit_test(submitting_never_blocks),
		cmocka_unit_test(cancelling_names_the_request),
		cmocka_unit_test(a_large_answer_grows_the_buffer),
		cmocka_unit_test(nothing_is_freed_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
