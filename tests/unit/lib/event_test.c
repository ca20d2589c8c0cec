/*
 * Events of each type, and asking one for what it is not.
 */
#include "fake_server.h"

static void a_result_is_only_in_a_result(void **state)
{
	struct fake fake;
	assay_event *event = NULL;
	const char *message = NULL, *field = NULL;
	uint32_t retry_after_ms = 1;

	(void)state;
	fake_connect(&fake, 0);
	fake_submit(&fake);
	fake_send_result(&fake, 1, 7);
	fake_send_done(&fake, 1);
	assert_int_equal(assay_next(fake.client, 1000, &event), 0);
	assert_int_equal(assay_event_type(event), ASSAY_EVENT_RESULT);
	assert_non_null(assay_event_result(event));
	assert_int_equal(assay_event_error(event, &message, &field, &retry_after_ms),
			 ASSAY_ERROR_UNKNOWN);
	assert_string_equal(message, "");
	assert_string_equal(field, "");
	assert_int_equal(retry_after_ms, 0);
	assay_event_free(event);
	assert_int_equal(assay_next(fake.client, 1000, &event), 0);
	assert_int_equal(assay_event_type(event), ASSAY_EVENT_DONE);
	assert_null(assay_event_result(event));
	assay_event_free(event);
	fake_close(&fake);
}

static void an_error_tells_code_field_and_when(void **state)
{
	struct fake fake;
	assay_event *event = NULL;
	const char *message, *field;
	uint32_t retry_after_ms;

	(void)state;
	fake_connect(&fake, 0);
	fake_send_error(&fake, fake_submit(&fake), ASSAY__ERROR_CODE__QUOTA, "evaluate");
	assert_int_equal(assay_next(fake.client, 1000, &event), 0);
	assert_int_equal(assay_event_error(event, &message, &field, &retry_after_ms),
			 ASSAY_ERROR_QUOTA);
	assert_string_equal(message, "as the test wants");
	assert_string_equal(field, "evaluate");
	assert_int_equal(retry_after_ms, 40);
	assert_int_equal(assay_event_error(event, NULL, NULL, NULL), ASSAY_ERROR_QUOTA);
	assay_event_free(event);
	assert_int_equal(assay_client_in_flight(fake.client), 0);
	fake_close(&fake);
}

static void a_code_of_the_future_is_unknown(void **state)
{
	struct fake fake;
	assay_event *event = NULL;

	(void)state;
	fake_connect(&fake, 0);
	fake_send_error(&fake, fake_submit(&fake), (Assay__ErrorCode)500, "");
	assert_int_equal(assay_next(fake.client, 1000, &event), 0);
	assert_int_equal(assay_event_error(event, NULL, NULL, NULL), ASSAY_ERROR_UNKNOWN);
	assay_event_free(event);
	fake_close(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_is_only_in_a_result),
		cmocka_unit_test(an_error_tells_code_field_and_when),
		cmocka_unit_test(a_code_of_the_future_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
