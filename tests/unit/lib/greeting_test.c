/*
 * Connecting: what the daemon tells about itself, and every way in which a greeting can fail.
 */
#include <stdio.h>
#include <sys/un.h>

#include "fake_server.h"

static int connect_to(struct fake *fake, int timeout_ms)
{
	return assay_connect_fd(fd_take(&fake->client_fd), "unit test", timeout_ms, &fake->client);
}

static void the_greeting_can_be_read(void **state)
{
	struct fake fake;
	const char *runtime = NULL;

	(void)state;
	fake_connect(&fake, 4096);
	assert_string_equal(assay_server_version(fake.client), "assay 9.9");
	assert_int_equal(assay_server_number(fake.client, ASSAY_SERVER_SLOTS_TOTAL), 2);
	assert_int_equal(assay_server_number(fake.client, ASSAY_SERVER_SLOTS_FREE), 1);
	assert_int_equal(assay_server_number(fake.client, ASSAY_SERVER_MAX_FRAME_BYTES), 4096);
	assert_int_equal(assay_server_number(fake.client, ASSAY_SERVER_MAX_CANDIDATES), 64);
	assert_int_equal(assay_server_number(fake.client, ASSAY_SERVER_N_LANGUAGES), 1);
	assert_int_equal(assay_server_number(fake.client, ASSAY_SERVER_N_ISOLATION), 2);
	assert_int_equal(assay_server_number(fake.client, ASSAY_SERVER_N_ISOLATION_MISSING), 1);
	assert_string_equal(assay_server_language(fake.client, 0, &runtime), "python");
	assert_string_equal(runtime, "CPython 3.11.2");
	assert_null(assay_server_language(fake.client, 1, &runtime));
	assert_string_equal(assay_server_isolation(fake.client, 1), "rlimits");
	assert_null(assay_server_isolation(fake.client, 2));
	assert_string_equal(assay_server_isolation_missing(fake.client, 0), "cgroup-memory");
	assert_null(assay_server_isolation_missing(fake.client, 1));
	assert_string_equal(assay_client_error(fake.client), "");
	fake_close(&fake);
}

static void the_client_greets_first(void **state)
{
	struct fake fake;
	Assay__ClientMessage *message;

	(void)state;
	fake_open(&fake);
	fake_send_hello(&fake, 1, 0);
	assert_int_equal(connect_to(&fake, 1000), 0);
	message = fake_receive(&fake);
	assert_int_equal(message->request_id, 0);
	assert_int_equal(message->body_case, ASSAY__CLIENT_MESSAGE__BODY_HELLO);
	assert_int_equal(message->hello->protocol_major, 1);
	assert_string_equal(message->hello->client_name, "unit test");
	codec_free_client(message);
	assert_int_equal(assay_server_number(fake.client, ASSAY_SERVER_MAX_FRAME_BYTES), 16 << 20);
	fake_close(&fake);
}

static void another_version_is_refused_by_both_sides(void **state)
{
	struct fake fake;

	(void)state;
	fake_open(&fake);
	fake_send_hello(&fake, 2, 0);
	assert_int_equal(connect_to(&fake, 1000), -EPROTONOSUPPORT);
	assert_non_null(strstr(assay_client_error(NULL), "protocol 2, this library protocol 1"));
	fake_close(&fake);
	fake_open(&fake);
	fake_send_error(&fake, 0, ASSAY__ERROR_CODE__INVALID_REQUEST, "");
	assert_int_equal(connect_to(&fake, 1000), -EPROTONOSUPPORT);
	assert_non_null(strstr(assay_client_error(NULL), "as the test wants"));
	fake_close(&fake);
}

static void a_refusal_has_its_own_errno(void **state)
{
	static const struct {
		Assay__ErrorCode code;
		int err;
	} cases[] = {
		{ASSAY__ERROR_CODE__UNAUTHENTICATED, -EACCES},
		{ASSAY__ERROR_CODE__OVERLOADED, -EBUSY},
		{ASSAY__ERROR_CODE__QUOTA, -EBUSY},
		{ASSAY__ERROR_CODE__SHUTTING_DOWN, -ECONNREFUSED},
		{ASSAY__ERROR_CODE__INTERNAL, -EPROTO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake fake;

		fake_open(&fake);
		fake_send_error(&fake, 0, cases[i].code, "");
		assert_int_equal(connect_to(&fake, 1000), cases[i].err);
		assert_null(fake.client);
		fake_close(&fake);
	}
}

static void a_greeting_that_is_none_is_a_protocol_error(void **state)
{
	static const char *const samples[] = {"HTTP/1.1 400 Bad Request\r\n", "\xff\xff\xff\xff"};
	struct fake fake;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fake_open(&fake);
		fake_send_bytes(&fake, samples[i], strlen(samples[i]));
		assert_int_equal(connect_to(&fake, 1000), -EPROTO);
		fake_close(&fake);
	}
	fake_open(&fake);
	fake_send_done(&fake, 0);
	assert_int_equal(connect_to(&fake, 1000), -EPROTO);
	assert_non_null(strstr(assay_client_error(NULL), "no greeting"));
	fake_close(&fake);
}

static void a_silent_daemon_costs_the_timeout(void **state)
{
	struct fake fake;

	(void)state;
	fake_open(&fake);
	fake_send_bytes(&fake, "\0\0", 2);
	assert_int_equal(connect_to(&fake, 20), -ETIMEDOUT);
	assert_non_null(strstr(assay_client_error(NULL), "in time"));
	fake_close(&fake);
}

static void a_daemon_that_hangs_up_is_gone(void **state)
{
	struct fake fake;

	(void)state;
	fake_open(&fake);
	fake_send_bytes(&fake, "\0\0\0\4ab", 6);
	fd_close(&fake.fd);
	assert_int_equal(connect_to(&fake, 1000), -ECONNRESET);
	fake_close(&fake);
}

static void the_descriptor_is_taken_even_on_failure(void **state)
{
	struct fake fake;
	char byte;

	(void)state;
	fake_open(&fake);
	assert_int_equal(assay_connect_fd(fd_take(&fake.client_fd), "\xff", 10, &fake.client),
			 -EINVAL);
	assert_int_equal(read(fake.fd, &byte, 1), 0);
	fake_close(&fake);
	assert_int_equal(assay_connect_fd(-1, NULL, 10, &fake.client), -EINVAL);
}

static void nobody_there_is_told_with_the_path(void **state)
{
	assay_client *client = NULL;

	(void)state;
	assert_int_equal(assay_connect("/nowhere/assay.sock", NULL, 1000, &client), -ENOENT);
	assert_string_equal(assay_client_error(NULL),
			    "cannot connect to /nowhere/assay.sock: No such file or directory");
	assert_int_equal(assay_connect("tcp:localhost", NULL, 1000, &client), -EINVAL);
	assert_null(client);
}

static void a_listening_socket_is_connected_to(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char folder[] = "/tmp/assay-test-XXXXXX";
	assay_client *client = NULL;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(assay_connect(address.sun_path, NULL, 50, &client), -ECONNREFUSED);
	assert_int_equal(listen(listener, 1), 0);
	/* The kernel accepts; nobody greets. */
	assert_int_equal(assay_connect(address.sun_path, NULL, 50, &client), -ETIMEDOUT);
	/* The queue of the listener is full: the wait is bounded there too. */
	assert_int_equal(assay_connect(address.sun_path, NULL, 50, &client), -ETIMEDOUT);
	assert_int_equal(assay_connect(address.sun_path, NULL, 50, &client), -ETIMEDOUT);
	close(listener);
	unlink(address.sun_path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_greeting_can_be_read),
		cmocka_unit_test(the_client_greets_first),
		cmocka_unit_test(another_version_is_refused_by_both_sides),
		cmocka_unit_test(a_refusal_has_its_own_errno),
		cmocka_unit_test(a_greeting_that_is_none_is_a_protocol_error),
		cmocka_unit_test(a_silent_daemon_costs_the_timeout),
		cmocka_unit_test(a_daemon_that_hangs_up_is_gone),
		cmocka_unit_test(the_descriptor_is_taken_even_on_failure),
		cmocka_unit_test(nobody_there_is_told_with_the_path),
		cmocka_unit_test(a_listening_socket_is_connected_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
