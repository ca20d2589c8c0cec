/*
 * broker/dispatch and broker/cell_life: all the orders of events that a dying keeper, a lying cell
 * or a leaving client can bring about.
 */
#include "tests/unit/broker/one_slot.h"

#include "core/case.h"

static void test_a_run(void **state)
{
	(void)state;
	submit(60000, 0);
	expect_run();
	assert_int_equal(state_now(), SLOT_RUNNING);
	say_as_cell(CELL_USED, run.run_id);
	say_as_cell(CELL_DONE, run.run_id);
	assert_int_equal(state_now(), SLOT_IDLE);
	expect_only(VERDICT_TAMPERED); /* it wrote nothing */
	expect_no_request();
}

static void test_limits_are_set_before_a_run(void **state)
{
	(void)state;
	rebuild_with_cgroups();
	submit(60000, 0);
	expect_request(KEEPER_CELL_LIMIT);
	assert_int_equal(request.memory_bytes, 1 << 20);
	assert_int_equal(request.processes, 2);
	say_as_keeper(KEEPER_CELL_LIMITED, 0);
	expect_run();
	say_as_cell(CELL_DONE, run.run_id);
	submit(60000, 0);
	expect_run(); /* they still hold */
	say_as_cell(CELL_DONE, run.run_id);
	assert_int_equal(verdicts(VERDICT_TAMPERED), 2);
}

/* Nothing may run with limits that nobody knows, and nothing may be tried for ever. */
static void test_limits_that_cannot_be_set(void **state)
{
	(void)state;
	rebuild_with_cgroups();
	submit(60000, 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(broker.n_batches, 1);
		expect_request(KEEPER_CELL_LIMIT);
		say_as_keeper(KEEPER_CELL_LIMITED, EBUSY);
		expect_request(KEEPER_CELL_STOP);
		assert_int_equal(read(cell, &run, sizeof(run)), -1);
		say_as_keeper(KEEPER_CELL_GONE, 0);
		build_cell();
	}
	expect_only(VERDICT_INFRA);
}

/* A cell that says what it may not say is replaced; the run's own clock goes on meanwhile. */
static void test_a_cell_that_lies_while_it_runs(void **state)
{
	(void)state;
	submit(20, 0);
	expect_run();
	say_as_cell(CELL_READY, 0);
	expect_request(KEEPER_CELL_STOP);
	say_as_cell(CELL_DONE, run.run_id + 1);
	turn_for_ms(60); /* its wall time ends while the cell is being stopped */
	assert_int_equal(state_now(), SLOT_STOPPING);
	say_as_keeper(KEEPER_CELL_GONE, 0);
	expect_only(VERDICT_WALL_LIMIT);
	expect_request(KEEPER_CELL_START);
}

static void test_done_twice(void **state)
{
	(void)state;
	submit(60000, 0);
	expect_run();
	say_as_cell(CELL_DONE, run.run_id);
	say_as_cell(CELL_DONE, run.run_id);
	expect_request(KEEPER_CELL_STOP);
	say_as_keeper(KEEPER_CELL_GONE, 0);
	expect_request(KEEPER_CELL_START);
	expect_only(VERDICT_TAMPERED);
}

/* The last run's report again, while the next one runs: that one is judged anew elsewhere. */
static void test_done_of_the_last_run(void **state)
{
	uint64_t last;

	(void)state;
	submit(60000, 0);
	expect_run();
	last = run.run_id;
	say_as_cell(CELL_DONE, last);
	submit(60000, 0);
	expect_run();
	say_as_cell(CELL_DONE, last);
	expect_request(KEEPER_CELL_STOP);
	say_as_keeper(KEEPER_CELL_GONE, 0);
	build_cell();
	expect_run();
	say_as_cell(CELL_DONE, run.run_id);
	assert_int_equal(verdicts(VERDICT_TAMPERED), 2);
	assert_int_equal(broker.n_batches, 0);
}

static void test_nonsense_from_a_cell(void **state)
{
	(void)state;
	assert_int_equal(write(cell, "nonsense", 8), 8);
	expect_request(KEEPER_CELL_STOP);
	say_as_keeper(KEEPER_CELL_GONE, 0);
	build_cell();
	fd_close(&cell); /* while its end alone is no offence: the keeper tells when it is over */
	expect_no_request();
	say_as_keeper(KEEPER_CELL_GONE, 0);
	build_cell();
}

/* A cell that never stops talking gets its share of a turn of the loop, not all of it. */
static void test_a_cell_that_floods(void **state)
{
	const struct cell_report report = {.type = CELL_USED};
	int n = 0;
	int taken = 0;

	(void)state;
	while (fd_send(cell, &report, sizeof(report), NULL, 0) == 0)
		n++;
	event_base_loop(broker.base, EVLOOP_ONCE);
	while (fd_send(cell, &report, sizeof(report), NULL, 0) == 0)
		taken++;
	assert_true(n > 40);
	assert_true(taken < n / 2);
	assert_int_equal(state_now(), SLOT_IDLE);
}

static void write_record(enum record_type type, uint8_t outcome, uint32_t number,
			 const uint8_t *nonce)
{
	uint8_t bytes[sizeof(struct record_header) + 4 + JOB_NONCE_BYTES];
	struct record_header header = {.magic = RECORD_MAGIC,
				       .type = type,
				       .outcome = outcome,
				       .number = number,
				       .length = sizeof(header)};
	uint32_t nonce_bytes = JOB_NONCE_BYTES;

	if (nonce != NULL) {
		header.n_fields = 1;
		header.length = sizeof(bytes);
		memcpy(bytes + sizeof(header), &nonce_bytes, 4);
		memcpy(bytes + sizeof(header) + 4, nonce, JOB_NONCE_BYTES);
	}
	memcpy(bytes, &header, sizeof(header));
	assert_int_equal(write(run_fds[CELL_FD_RECORDS], bytes, header.length), header.length);
}

static void write_pass(void)
{
	uint8_t head[8 + JOB_NONCE_BYTES];

	assert_int_equal(read(run_fds[CELL_FD_JOB], head, sizeof(head)), sizeof(head));
	write_record(RECORD_PLAN, 0, 1, NULL);
	write_record(RECORD_STATE, 0, RECORD_STATE_LOADING, NULL);
	write_record(RECORD_STATE, 0, RECORD_STATE_TESTING, NULL);
	write_record(RECORD_TEST, RECORD_PASSED, 0, NULL);
	write_record(RECORD_END, 0, 1, head + 8);
}

static void test_a_pass(void **state)
{
	(void)state;
	submit(60000, 0);
	expect_run();
	write_pass();
	say_as_cell(CELL_DONE, run.run_id);
	expect_only(VERDICT_PASSED);
}

/* All records of a pass, but it never ended and could not even be killed. */
static void test_no_pass_without_a_report(void **state)
{
	(void)state;
	submit(20, 0);
	expect_run();
	write_pass();
	turn_for_ms(80);
	expect_request(KEEPER_CELL_STOP);
	say_as_keeper(KEEPER_CELL_GONE, 0);
	expect_only(VERDICT_WALL_LIMIT);
}

static void test_the_cell_dies(void **state)
{
	(void)state;
	submit(60000, 0);
	for (int i = 0; i < 2; i++) {
		expect_run();
		say_as_keeper(KEEPER_CELL_GONE, 0);
		build_cell();
	}
	expect_only(VERDICT_INFRA);
}

static void test_news_of_an_old_cell(void **state)
{
	struct keeper_request present;

	(void)state;
	submit(60000, 0);
	expect_run();
	present = request;
	request.serial--;
	say_as_keeper(KEEPER_CELL_GONE, 0);
	say_as_keeper(KEEPER_CELL_FAILED, EIO);
	say_as_keeper(KEEPER_CELL_LIMITED, EIO);
	request = present;
	request.slot = 77;
	say_as_keeper(KEEPER_CELL_GONE, 0);
	assert_int_equal(state_now(), SLOT_RUNNING);
	request = present;
	say_as_keeper(KEEPER_CELL_STARTED, 0); /* twice */
	expect_no_request();
	assert_int_equal(state_now(), SLOT_RUNNING);
	say_as_keeper(KEEPER_CELL_GONE, 0);
	build_cell();
	expect_run();
	say_as_cell(CELL_DONE, run.run_id);
	expect_only(VERDICT_TAMPERED);
}

/* The keeper dies while the slot is in `lost_in`; the next one builds a cell, and the job is judged
 * there. */
static void lose_keeper(enum slot_state lost_in)
{
	rebuild_with_cgroups();
	submit(lost_in == SLOT_KILLING || lost_in == SLOT_STOPPING ? 20 : 60000, 0);
	expect_request(KEEPER_CELL_LIMIT);
	if (lost_in != SLOT_LIMITING) {
		say_as_keeper(KEEPER_CELL_LIMITED, 0);
		expect_run();
	}
	if (lost_in == SLOT_KILLING)
		turn_for_ms(30);
	if (lost_in == SLOT_STOPPING)
		turn_for_ms(80);
	assert_int_equal(state_now(), lost_in);
	fd_close(&keeper);
	turn();
	assert_int_equal(state_now(), SLOT_EMPTY);
	connect_keeper();
	build_cell();
	expect_request(KEEPER_CELL_LIMIT);
	say_as_keeper(KEEPER_CELL_LIMITED, 0);
	expect_run();
	write_pass();
	say_as_cell(CELL_DONE, run.run_id);
	expect_only(VERDICT_PASSED);
}

/* The keeper neither answers nor dies: it is given up, the supervisor told, the job judged later.
 */
static void stick_keeper(enum slot_state stuck_in)
{
	struct supervisor_packet packet;

	settings.keeper_patience_ms = 20;
	rebuild_with_cgroups();
	submit(20, 0);
	expect_request(KEEPER_CELL_LIMIT);
	if (stuck_in == SLOT_STOPPING) {
		say_as_keeper(KEEPER_CELL_LIMITED, 0);
		expect_run();
		turn_for_ms(60); /* the wall limit, and the patience with a killed run */
		expect_request(KEEPER_CELL_STOP);
	}
	assert_int_equal(state_now(), stuck_in);
	settings.keeper_patience_ms = 60000;
	turn_for_ms(60);
	turn();
	assert_int_equal(state_now(), SLOT_EMPTY);
	assert_int_equal(broker.metrics.counters[METRIC_keepers_lost], 2); /* rebuilding was one */
	while (read(supervisor, &packet, sizeof(packet)) == sizeof(packet) &&
	       packet.type != SUPERVISOR_STUCK)
		;
	assert_int_equal(packet.type, SUPERVISOR_STUCK);
	assert_int_equal(packet.value, 1);
	connect_keeper();
	build_cell();
	expect_request(KEEPER_CELL_LIMIT);
	say_as_keeper(KEEPER_CELL_LIMITED, 0);
	expect_run();
	write_pass();
	say_as_cell(CELL_DONE, run.run_id);
	expect_only(VERDICT_PASSED);
}

static void test_keeper_stuck_while_limiting(void **state)
{
	(void)state;
	stick_keeper(SLOT_LIMITING);
}

static void test_keeper_stuck_while_stopping(void **state)
{
	(void)state;
	stick_keeper(SLOT_STOPPING);
}

static void test_keeper_lost_while_limiting(void **state)
{
	(void)state;
	lose_keeper(SLOT_LIMITING);
}

static void test_keeper_lost_while_running(void **state)
{
	(void)state;
	lose_keeper(SLOT_RUNNING);
}

static void test_keeper_lost_while_killing(void **state)
{
	(void)state;
	settings.kill_patience_ms = 60000;
	lose_keeper(SLOT_KILLING);
}

static void test_keeper_lost_while_stopping(void **state)
{
	(void)state;
	lose_keeper(SLOT_STOPPING);
}

static void test_keeper_lost_while_starting_and_before_a_retry(void **state)
{
	(void)state;
	connect_keeper();
	expect_request(KEEPER_CELL_START);
	connect_keeper();
	expect_request(KEEPER_CELL_START);
	say_as_keeper(KEEPER_CELL_FAILED, EIO);
	say_as_keeper(KEEPER_CELL_GONE, 0);
	assert_int_equal(state_now(), SLOT_EMPTY);
	fd_close(&keeper);
	turn_for_ms(250); /* the time of the retry comes while there is no keeper */
	assert_int_equal(state_now(), SLOT_EMPTY);
	connect_keeper();
	build_cell();
}

static void test_cancel_while_limiting(void **state)
{
	struct batch *batch;

	(void)state;
	rebuild_with_cgroups();
	batch = submit(60000, 0);
	expect_request(KEEPER_CELL_LIMIT);
	batch_cancel(&broker, batch);
	batch_cancel(&broker, batch);
	assert_int_equal(broker.n_batches, 1);
	say_as_keeper(KEEPER_CELL_LIMITED, 0);
	assert_int_equal(state_now(), SLOT_IDLE);
	expect_only(VERDICT_CANCELLED);
	assert_int_equal(read(cell, &run, sizeof(run)), -1);
}

static void test_deadline_while_limiting(void **state)
{
	(void)state;
	rebuild_with_cgroups();
	submit(60000, clock_now_ns() + 10 * NS_PER_MS);
	expect_request(KEEPER_CELL_LIMIT);
	turn_for_ms(40);
	assert_int_equal(broker.n_batches, 1);
	say_as_keeper(KEEPER_CELL_LIMITED, 0);
	expect_only(VERDICT_CANCELLED);
}

/* The client is gone: what runs is killed, what comes back from a lost cell is not run again. */
static void test_abandoned(void **state)
{
	struct cell_request kill;
	struct batch *batch;

	(void)state;
	settings.kill_patience_ms = 60000;
	batch = submit(60000, clock_now_ns() + 10 * NS_PER_MS);
	submit(60000, 0);
	expect_run();
	batch_abandon(&broker, LIST_FIRST(&owned)); /* the one that waits */
	assert_int_equal(broker.n_batches, 1);
	batch_abandon(&broker, batch);
	assert_int_equal(state_now(), SLOT_KILLING);
	assert_int_equal(read(cell, &kill, sizeof(kill)), sizeof(kill));
	assert_int_equal(kill.type, CELL_KILL);
	turn_for_ms(15); /* its deadline passes */
	say_as_keeper(KEEPER_CELL_GONE, 0);
	build_cell();
	expect_only(VERDICT_CANCELLED);
}

/* A flow that is held gets nothing, one with work behind it does; a lost job waits with its flow.
 */
static void test_a_lost_job_of_a_held_flow(void **state)
{
	(void)state;
	submit(60000, 0);
	expect_run();
	flow_hold(&flow, true);
	say_as_keeper(KEEPER_CELL_GONE, 0);
	build_cell();
	assert_int_equal(state_now(), SLOT_IDLE);
	assert_int_equal(flow.n_jobs, 1);
	flow_hold(&flow, false);
	dispatch_pump(broker.dispatch);
	expect_run();
	say_as_cell(CELL_DONE, run.run_id);
	expect_only(VERDICT_TAMPERED);
}

/* Where no cell can be built, waiting work is answered instead of waiting for ever. */
static void test_hopeless(void **state)
{
	struct supervisor_packet packet = {0};

	(void)state;
	say_as_keeper(KEEPER_CELL_GONE, 0);
	for (int i = 0; i < 3; i++) {
		turn_for_ms(i == 0 ? 0 : 200u << i);
		expect_request(KEEPER_CELL_START);
		if (i == 0)
			submit(60000, 0);
		say_as_keeper(KEEPER_CELL_FAILED, EIO);
		say_as_keeper(KEEPER_CELL_GONE, 0);
	}
	expect_only(VERDICT_INFRA);
	assert_int_equal(read(supervisor, &packet, sizeof(packet)), sizeof(packet));
	assert_int_equal(packet.type, SUPERVISOR_READY);
	assert_int_equal(read(supervisor, &packet, sizeof(packet)), sizeof(packet));
	assert_int_equal(packet.type, SUPERVISOR_FAILED);
	assert_non_null(strstr(packet.text, "Input/output error"));
}

static void submit_cases(uint32_t n_cases)
{
	struct batch *batch = batch_new(NULL);
	struct stdio_tests *tests = xcalloc(1, sizeof(*tests));

	tests->comparator = COMPARE_RSTRIP;
	tests->cases = xcalloc(n_cases, sizeof(*tests->cases));
	for (uint32_t i = 0; i < n_cases; i++)
		tests->cases[i] = (struct stdio_case){
			.name = "", .expected = {.bytes = (const uint8_t *)"yes", .len = 3}};
	batch->task = (struct task){
		.id = "t",
		.kind = TASK_STDIO,
		.tests = xcalloc(n_cases, sizeof(struct slice)),
		.n_tests = n_cases,
		.stdio = tests,
		.limits = {.cpu_ms = 60000, .wall_ms = 60000, .output_bytes = 10, .processes = 2}};
	submit_batch(batch, 0);
}

/* Plays the run of a case: prints, and ends well. */
static void play_case(const char *output, uint32_t flags)
{
	struct cell_report report = {.type = CELL_DONE, .flags = flags};

	expect_run();
	assert_true(write(run_fds[CELL_FD_STDOUT], output, strlen(output)) >= 0);
	report.run_id = run.run_id;
	assert_int_equal(fd_send(cell, &report, sizeof(report), NULL, 0), 0);
	turn();
}

/* One seat, one cell, case after case; others wait. */
static void test_cases(void **state)
{
	(void)state;
	submit_cases(3);
	submit_cases(1);
	play_case("yes", CELL_DONE_CLEAN);
	assert_int_equal(dispatch_n_running(broker.dispatch), 1);
	play_case("yes\n", CELL_DONE_CLEAN);
	assert_int_equal(verdicts(VERDICT_PASSED), 0);
	play_case("yes", CELL_DONE_CLEAN);
	assert_int_equal(verdicts(VERDICT_PASSED), 1);
	play_case("no", CELL_DONE_CLEAN);
	assert_int_equal(verdicts(VERDICT_FAILED), 1);
	assert_int_equal(broker.n_batches, 0);
	expect_no_request();
}

/* The next case goes on in the next cell, however many cells that takes. */
static void test_cases_in_unclean_cells(void **state)
{
	(void)state;
	submit_cases(5);
	for (int i = 0; i < 4; i++) {
		play_case("yes", 0);
		expect_request(KEEPER_CELL_STOP);
		say_as_keeper(KEEPER_CELL_GONE, 0);
		build_cell();
	}
	play_case("yes", CELL_DONE_CLEAN);
	expect_only(VERDICT_PASSED);
}

static void test_a_cell_that_dies_between_cases(void **state)
{
	(void)state;
	submit_cases(2);
	play_case("yes", CELL_DONE_CLEAN);
	expect_run();
	say_as_keeper(KEEPER_CELL_GONE, 0);
	build_cell();
	play_case("yes", CELL_DONE_CLEAN); /* the second again, not the first */
	expect_only(VERDICT_PASSED);
}

static void test_cancelled_between_cases(void **state)
{
	(void)state;
	submit_cases(3);
	play_case("yes", CELL_DONE_CLEAN);
	batch_cancel(&broker, LIST_FIRST(&owned));
	play_case("yes", CELL_DONE_CLEAN);
	expect_only(VERDICT_CANCELLED);
}

/* The client has gone, the cell is not clean: nobody waits for the other cases. */
static void test_cases_of_nobody(void **state)
{
	(void)state;
	submit_cases(3);
	expect_run();
	broker.is_stopping = true;
	say_as_cell(CELL_READY, 0); /* a lie */
	expect_request(KEEPER_CELL_STOP);
	say_as_keeper(KEEPER_CELL_GONE, 0);
	expect_only(VERDICT_INFRA);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest list[] = {
		CASE(test_a_run),
		CASE(test_limits_are_set_before_a_run),
		CASE(test_limits_that_cannot_be_set),
		CASE(test_a_cell_that_lies_while_it_runs),
		CASE(test_done_twice),
		CASE(test_done_of_the_last_run),
		CASE(test_nonsense_from_a_cell),
		CASE(test_a_cell_that_floods),
		CASE(test_a_pass),
		CASE(test_no_pass_without_a_report),
		CASE(test_the_cell_dies),
		CASE(test_news_of_an_old_cell),
		CASE(test_keeper_stuck_while_limiting),
		CASE(test_keeper_stuck_while_stopping),
		CASE(test_keeper_lost_while_limiting),
		CASE(test_keeper_lost_while_running),
		CASE(test_keeper_lost_while_killing),
		CASE(test_keeper_lost_while_stopping),
		CASE(test_keeper_lost_while_starting_and_before_a_retry),
		CASE(test_cancel_while_limiting),
		CASE(test_deadline_while_limiting),
		CASE(test_abandoned),
		CASE(test_a_lost_job_of_a_held_flow),
		CASE(test_hopeless),
		CASE(test_cases),
		CASE(test_cases_in_unclean_cells),
		CASE(test_a_cell_that_dies_between_cases),
		CASE(test_cancelled_between_cases),
		CASE(test_cases_of_nobody),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
