/*
 * How a connection ends, and deadlines.
 */
#include "fake_server.h"

#include "client/lib/client.h"

static void a_report_is_a_text_and_no_end(void **state)
{
	struct assay_client client = {0};

	(void)state;
	assert_int_equal(client_report(&client, -EMSGSIZE, "%d bytes", 7), -EMSGSIZE);
	assert_string_equal(assay_client_error(&client), "7 bytes");
	assert_int_equal(client.failure, 0);
	assert_int_equal(client_fail(&client, -EPROTO, "%s", "the end"), -EPROTO);
	assert_string_equal(assay_client_error(&client), "the end");
	assert_int_equal(client.failure, -EPROTO);
}

static void a_long_text_is_cut(void **state)
{
	struct assay_client client = {0};
	char text[2000];

	(void)state;
	memset(text, 't', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	client_report(&client, -1, "%s", text);
	assert_int_equal(strlen(client.error), sizeof(client.error) - 1);
}

static void a_deadline_is_the_time_to_come(void **state)
{
	int64_t now_ms = client_deadline(0);

	(void)state;
	assert_true(client_deadline(-1) == -1);
	assert_in_range(client_deadline(5000), now_ms + 5000, now_ms + 60000);
}

static void receiving_waits_for_bytes_or_the_deadline(void **state)
{
	struct fake fake;
	Assay__ServerMessage *message;

	(void)state;
	fake_connect(&fake, 0);
	assert_int_equal(client_receive(fake.client, client_deadline(10)), -ETIMEDOUT);
	assert_int_equal(client_take_message(fake.client, &message), -EAGAIN);
	fake_send_done(&fake, 3);
	assert_int_equal(client_receive(fake.client, -1), 0);
	assert_int_equal(client_take_message(fake.client, &message), 0);
	assert_int_equal(message->request_id, 3);
	codec_free_server(message);
	fake_close(&fake);
}

static void a_descriptor_that_is_no_socket_fails_with_its_errno(void **state)
{
	int pipes[2];
	assay_client *client = NULL;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(assay_connect_fd(pipes[0], NULL, 1000, &client), -ENOTSOCK);
	assert_null(client);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_a_text_and_no_end),
		cmocka_unit_test(a_long_text_is_cut),
		cmocka_unit_test(a_deadline_is_the_time_to_come),
		cmocka_unit_test(receiving_waits_for_bytes_or_the_deadline),
		cmocka_unit_test(a_descriptor_that_is_no_socket_fails_with_its_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
