/*
 * broker/places: which cells a seat keeps when work of several languages comes, and a keeper that
 * does not get ready.
 */
#include "tests/unit/broker/one_slot.h"

#define KINDS 7
#define CELL_BYTES (10u << 20)

static int cells[KINDS]; /* our ends, by policy; the first is `cell` until it is replaced */

/* A program of the language of `policy`. */
static struct batch *submit_to(uint32_t policy)
{
	struct batch *batch = batch_new(NULL);

	batch->task = (struct task){.id = "t",
				    .policy = policy,
				    .tests_policy = policy,
				    .kind = TASK_PROGRAM,
				    .tests = xcalloc(1, sizeof(struct slice)),
				    .n_tests = 1,
				    .limits = {.cpu_ms = 60000,
					       .wall_ms = 60000,
					       .memory_bytes = 1 << 20,
					       .output_bytes = 10,
					       .processes = 2}};
	return submit_batch_of(batch, 0, policy);
}

static void say_ready(uint64_t own_bytes)
{
	const struct cell_report report = {.type = CELL_READY, .memory_peak_bytes = own_bytes};

	assert_int_equal(fd_send(cell, &report, sizeof(report), NULL, 0), 0);
	turn();
}

/* The cell that is asked for now is of `policy`. */
static void build(uint32_t policy)
{
	expect_request(KEEPER_CELL_START);
	assert_int_equal(request.policy, policy);
	cell = -1;
	say_as_keeper(KEEPER_CELL_STARTED, 0);
	cells[policy] = cell;
	say_ready(CELL_BYTES);
}

static void serve(uint32_t policy)
{
	cell = cells[policy];
	expect_run();
	say_as_cell(CELL_DONE, run.run_id);
	assert_int_equal(broker.n_batches, 0);
}

static void stop(void)
{
	expect_request(KEEPER_CELL_STOP);
	say_as_keeper(KEEPER_CELL_GONE, 0);
}

static int set_up_kinds(void **state)
{
	set_up(state);
	settings.slot_cell_bytes = 100u << 20;
	policies.n_policies = KINDS;
	for (int i = 1; i < KINDS; i++) {
		policies.policies[i] = policies.policies[0];
		cells[i] = -1;
	}
	cells[0] = cell;
	return 0;
}

static int tear_down_kinds(void **state)
{
	for (int i = 0; i < KINDS; i++)
		if (cells[i] != cell)
			fd_close(&cells[i]);
	return tear_down(state);
}

static void test_each_language_keeps_its_cell(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 3; round++)
		for (uint32_t policy = 0; policy < 3; policy++) {
			submit_to(policy);
			if (round == 0 && policy > 0)
				build(policy);
			serve(policy);
		}
	expect_no_request();
	assert_int_equal(verdicts(VERDICT_TAMPERED), 9);
	assert_int_equal(broker.metrics.counters[METRIC_cells_started], 3);
	assert_int_equal(dispatch_n_cells_built(broker.dispatch, 0), 3);
}

/* More kinds than places: the one that was needed least recently goes, never the first. */
static void test_the_oldest_gives_its_place(void **state)
{
	(void)state;
	for (uint32_t policy = 1; policy < POLICY_CELLS_PER_EVALUATION; policy++) {
		submit_to(policy);
		build(policy);
		serve(policy);
	}
	submit_to(1);
	serve(1);
	submit_to(KINDS - 1);
	stop();
	assert_int_equal(request.slot, 2); /* of policy 2 */
	build(KINDS - 1);
	assert_int_equal(request.slot, 2);
	serve(KINDS - 1);
	submit_to(1);
	serve(1);
	submit_to(0);
	serve(0);
	expect_no_request();
	assert_int_equal(broker.metrics.counters[METRIC_cells_retired], 1);
}

/* How large a cell is, is known when the first of its kind was ready. */
static void test_memory_bounds_them(void **state)
{
	(void)state;
	settings.slot_cell_bytes = 2 * CELL_BYTES;
	for (uint32_t policy = 1; policy < 4; policy++) {
		submit_to(policy);
		build(policy);
		serve(policy);
	}
	submit_to(4); /* three are too many already */
	stop();
	assert_int_equal(request.slot, 1);
	build(4);
	serve(4);
	submit_to(1); /* one of known size, so two have to go */
	stop();
	assert_int_equal(request.slot, 2);
	stop();
	assert_int_equal(request.slot, 3);
	build(1);
	serve(1);
	expect_no_request();
	assert_int_equal(broker.metrics.counters[METRIC_cells_retired], 3);
}

static void test_idle_ones_are_ended(void **state)
{
	(void)state;
	dispatch_free(broker.dispatch);
	settings.cell_idle_ms = 20;
	broker.dispatch = dispatch_new(&broker);
	connect_keeper();
	build_cell();
	cells[0] = cell;
	submit_to(1);
	build(1);
	serve(1);
	turn_for_ms(60);
	stop();
	assert_int_equal(request.slot, 1);
	expect_no_request(); /* the first stays, the other does not come back by itself */
	assert_int_equal(dispatch_slot(broker.dispatch, 0)->index, 0);
	submit_to(1);
	build(1);
	serve(1);
}

/* One language cannot be served: its work is answered, the others' goes on. */
static void test_one_hopeless_language(void **state)
{
	(void)state;
	submit_to(1);
	for (int i = 0; i < 3; i++) {
		turn_for_ms(i == 0 ? 0 : 200u << i);
		expect_request(KEEPER_CELL_START);
		assert_int_equal(request.policy, 1);
		say_as_keeper(KEEPER_CELL_FAILED, EIO);
		say_as_keeper(KEEPER_CELL_GONE, 0);
	}
	expect_only(VERDICT_INFRA);
	submit_to(0);
	serve(0);
	assert_int_equal(verdicts(VERDICT_TAMPERED), 1);
}

/* A variant that cannot be built is done without. */
static void test_a_hopeless_variant(void **state)
{
	struct batch *batch;

	(void)state;
	policies.n_policies = 1;
	batch = batch_new(NULL);
	batch->task = (struct task){.id = "t",
				    .tests_policy = 1,
				    .kind = TASK_PROGRAM,
				    .tests = xcalloc(1, sizeof(struct slice)),
				    .n_tests = 1,
				    .limits = {.cpu_ms = 60000,
					       .wall_ms = 60000,
					       .memory_bytes = 1 << 20,
					       .output_bytes = 10,
					       .processes = 2}};
	submit_batch_of(batch, 0, 0);
	for (int i = 0; i < 3; i++) {
		turn_for_ms(i == 0 ? 0 : 200u << i);
		expect_request(KEEPER_CELL_START);
		assert_int_equal(request.policy, 1);
		say_as_keeper(KEEPER_CELL_FAILED, EIO);
		say_as_keeper(KEEPER_CELL_GONE, 0);
	}
	serve(0);
	expect_no_request();
	expect_only(VERDICT_TAMPERED);
}

/* Neither dead nor ready: each is given up, and after some nothing waits for the next. */
static void test_keepers_that_do_not_get_ready(void **state)
{
	int pair[2];

	(void)state;
	fd_close(&keeper);
	turn();
	submit_to(0);
	settings.keeper_patience_ms = 20;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(broker.n_batches, 1);
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
		fd_close(&keeper);
		keeper = pair[0];
		keeper_proxy_take_socket(broker.keeper, pair[1], 7);
		turn_for_ms(60);
	}
	expect_only(VERDICT_INFRA);
	settings.keeper_patience_ms = 60000;
	connect_keeper();
	build(0);
	submit_to(0);
	serve(0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up_kinds, tear_down_kinds)

int main(void)
{
	const struct CMUnitTest list[] = {
		CASE(test_each_language_keeps_its_cell),
		CASE(test_the_oldest_gives_its_place),
		CASE(test_memory_bounds_them),
		CASE(test_idle_ones_are_ended),
		CASE(test_one_hopeless_language),
		CASE(test_a_hopeless_variant),
		CASE(test_keepers_that_do_not_get_ready),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
