/*
 * Reading a status as it comes over the socket.
 */
#include "fake_server.h"

static assay_event *through_the_socket(Assay__Status *status)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	assay_event *event = NULL;
	struct fake fake;

	fake_connect(&fake, 0);
	assert_int_equal(assay_submit_status(fake.client, &message.request_id), 0);
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_STATUS;
	message.status = status;
	fake_send(&fake, &message);
	assert_int_equal(assay_next(fake.client, 1000, &event), 0);
	assert_int_equal(assay_event_type(event), ASSAY_EVENT_STATUS);
	assert_int_equal(assay_client_in_flight(fake.client), 0);
	fake_close(&fake);
	return event;
}

static void numbers_of_a_status(void **state)
{
	Assay__Status status = ASSAY__STATUS__INIT;
	assay_event *event;

	(void)state;
	status.server_version = (char *)"assay 9.9";
	status.uptime_ms = 1;
	status.slots_total = 2;
	status.slots_free = 3;
	status.queued = 4;
	status.running = 5;
	status.connections = 6;
	status.evaluations_total = 7;
	status.supervisor_pid = 8;
	status.keeper_pid = 9;
	status.broker_pid = 10;
	event = through_the_socket(&status);
	for (int i = ASSAY_STATUS_UPTIME_MS; i <= ASSAY_STATUS_BROKER_PID; i++)
		assert_int_equal(assay_status_number(event, (enum assay_status_number)i), i + 1);
	assert_int_equal(assay_status_number(event, ASSAY_STATUS_N_SLOTS), 0);
	assert_int_equal(assay_status_number(event, 99), 0);
	assert_string_equal(assay_status_version(event), "assay 9.9");
	assay_event_free(event);
}

static void lists_of_a_status(void **state)
{
	Assay__Status status = ASSAY__STATUS__INIT;
	Assay__VerdictCount passed = ASSAY__VERDICT_COUNT__INIT;
	Assay__VerdictCount *verdicts[] = {&passed};
	Assay__SlotStatus slot = ASSAY__SLOT_STATUS__INIT;
	Assay__SlotStatus *slots[] = {&slot};
	Assay__Counter counter = ASSAY__COUNTER__INIT;
	Assay__Counter *counters[] = {&counter};
	Assay__UserStatus user = ASSAY__USER_STATUS__INIT;
	Assay__UserStatus *users[] = {&user};
	char *layers[] = {(char *)"seccomp"};
	uint32_t uid, connections, queued;
	uint64_t evaluations;
	const char *slot_state, *language, *help;
	uint64_t runs, cells, value;
	uint32_t pid;
	assay_event *event;

	(void)state;
	passed.verdict = ASSAY__VERDICT__PASSED;
	passed.count = 31;
	status.n_verdicts = 1;
	status.verdicts = verdicts;
	slot.state = (char *)"idle";
	slot.language = (char *)"python";
	slot.runs = 32;
	slot.cells = 33;
	slot.cell_pid = 34;
	status.n_slots = 1;
	status.slots = slots;
	counter.name = (char *)"frames";
	counter.value = 35;
	counter.help = (char *)"frames read";
	status.n_counters = 1;
	status.counters = counters;
	user.uid = 1000;
	user.connections = 36;
	user.queued = 37;
	user.evaluations = 38;
	status.n_users = 1;
	status.users = users;
	status.n_broker_isolation = 1;
	status.broker_isolation = layers;
	event = through_the_socket(&status);
	assert_string_equal(assay_status_broker_isolation(event, 0), "seccomp");
	assert_null(assay_status_broker_isolation(event, 1));
	assert_int_equal(assay_status_number(event, ASSAY_STATUS_N_USERS), 1);
	assert_int_equal(assay_status_user(event, 0, &uid, &connections, &queued, &evaluations), 0);
	assert_true(uid == 1000 && connections == 36 && queued == 37 && evaluations == 38);
	assert_int_equal(assay_status_user(event, 0, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(assay_status_user(event, 1, NULL, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(assay_status_verdict_count(event, ASSAY_PASSED), 31);
	assert_int_equal(assay_status_verdict_count(event, ASSAY_FAILED), 0);
	assert_int_equal(assay_status_slot(event, 0, &slot_state, &language, &runs, &cells, &pid),
			 0);
	assert_string_equal(slot_state, "idle");
	assert_string_equal(language, "python");
	assert_true(runs == 32 && cells == 33 && pid == 34);
	assert_int_equal(assay_status_slot(event, 0, NULL, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(assay_status_slot(event, 1, NULL, NULL, NULL, NULL, NULL), -EINVAL);
	assert_string_equal(assay_status_counter(event, 0, &value, &help), "frames");
	assert_int_equal(value, 35);
	assert_string_equal(help, "frames read");
	assert_null(assay_status_counter(event, 1, NULL, NULL));
	assay_event_free(event);
}

static void another_event_is_an_empty_status(void **state)
{
	assay_event *event = NULL;
	struct fake fake;

	(void)state;
	fake_connect(&fake, 0);
	fake_send_done(&fake, fake_submit(&fake));
	assert_int_equal(assay_next(fake.client, 1000, &event), 0);
	assert_int_equal(assay_status_number(event, ASSAY_STATUS_SLOTS_TOTAL), 0);
	assert_string_equal(assay_status_version(event), "");
	assert_null(assay_status_counter(event, 0, NULL, NULL));
	assert_null(assay_status_broker_isolation(event, 0));
	assay_event_free(event);
	fake_close(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_a_status),
		cmocka_unit_test(lists_of_a_status),
		cmocka_unit_test(another_event_is_an_empty_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
