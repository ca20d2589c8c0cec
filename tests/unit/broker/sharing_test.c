/* broker/sharing: who runs and who is answered, in the orders that cancelling and clients that do
 * not read bring about. The verdict of a run that writes nothing is TAMPERED. */
#include "tests/unit/broker/one_slot.h"

static struct flow other_flow;

static int set_up_two(void **state)
{
	set_up(state);
	settings.frame_max_bytes = 1 << 20;
	flow_init(&other_flow, &tenant);
	return 0;
}

static int tear_down_two(void **state)
{
	flow_deinit(&other_flow);
	return tear_down(state);
}

/* A batch of `n` jobs, all with the key `number`. */
static struct batch *submit_alike(struct flow *whose, uint32_t n, uint8_t number)
{
	struct batch *batch = batch_new(NULL);

	batch->task = (struct task){.id = "t",
				    .kind = TASK_PROGRAM,
				    .tests = xcalloc(1, sizeof(struct slice)),
				    .n_tests = 1,
				    .limits = {.cpu_ms = 60000,
					       .wall_ms = 60000,
					       .memory_bytes = 1 << 20,
					       .output_bytes = 10,
					       .processes = 2}};
	batch->jobs = xcalloc(n, sizeof(struct job));
	batch->n_jobs = n;
	for (uint32_t i = 0; i < n; i++)
		batch->jobs[i] = (struct job){
			.batch = batch, .index = i, .candidate = "c", .key = {{number}}};
	batch->is_identified = true;
	batch->flow = whose;
	if (broker.n_batches == 0)
		LIST_INIT(&owned);
	LIST_INSERT_HEAD(&owned, batch, link);
	batch_accept(&broker, batch, 0);
	turn();
	return batch;
}

static void end_run(void)
{
	expect_run();
	say_as_cell(CELL_DONE, run.run_id);
}

/* Of a job that was cancelled. */
static void end_killed_run(void)
{
	struct cell_request kill;

	expect_run();
	assert_int_equal(read(cell, &kill, sizeof(kill)), sizeof(kill));
	assert_int_equal(kill.type, CELL_KILL);
	say_as_cell(CELL_DONE, run.run_id);
}

static uint64_t counted(enum metric metric)
{
	return broker.metrics.counters[metric];
}

static void test_one_runs_and_all_are_answered(void **state)
{
	(void)state;
	submit_alike(&flow, 3, 1);
	submit_alike(&other_flow, 2, 1);
	assert_int_equal(broker.queue.n_jobs, 4); /* they wait, and count */
	end_run();
	assert_int_equal(counted(METRIC_runs_started), 1);
	assert_int_equal(counted(METRIC_evaluations_joined), 4);
	assert_int_equal(verdicts(VERDICT_TAMPERED), 5);
	assert_int_equal(broker.n_batches, 0);
	assert_int_equal(broker.queue.n_jobs, 0);
	/* It did not last: who comes later runs anew. */
	submit_alike(&flow, 1, 1);
	end_run();
	assert_int_equal(counted(METRIC_runs_started), 2);
}

static void test_others_are_not_alike(void **state)
{
	(void)state;
	submit_alike(&flow, 1, 1);
	submit_alike(&other_flow, 2, 2);
	end_run();
	assert_int_equal(verdicts(VERDICT_TAMPERED), 1);
	end_run();
	assert_int_equal(verdicts(VERDICT_TAMPERED), 3);
	assert_int_equal(counted(METRIC_runs_started), 2);
}

/* Its run ends; the next of those alike runs, for all that are left. */
static void test_cancelling_the_one_that_runs(void **state)
{
	struct batch *first;

	(void)state;
	first = submit_alike(&flow, 1, 1);
	submit_alike(&other_flow, 3, 1);
	batch_cancel(&broker, first);
	end_killed_run();
	assert_int_equal(verdicts(VERDICT_CANCELLED), 1);
	end_run();
	assert_int_equal(verdicts(VERDICT_TAMPERED), 3);
	assert_int_equal(counted(METRIC_runs_started), 2);
	assert_int_equal(broker.n_batches, 0);
}

static void test_cancelling_one_that_follows(void **state)
{
	struct batch *second;

	(void)state;
	submit_alike(&flow, 2, 1);
	second = submit_alike(&other_flow, 2, 1);
	batch_cancel(&broker, second);
	assert_int_equal(verdicts(VERDICT_CANCELLED), 2);
	end_run();
	assert_int_equal(verdicts(VERDICT_TAMPERED), 2);
	assert_int_equal(counted(METRIC_runs_started), 1);
}

/* Before it has a seat: what follows it in its own flow is cancelled with it, others are not. */
static void test_cancelling_the_first_that_waits(void **state)
{
	struct batch *first;

	(void)state;
	submit_alike(&flow, 1, 9);
	first = submit_alike(&flow, 2, 1);
	submit_alike(&flow, 2, 1);
	batch_cancel(&broker, first);
	assert_int_equal(verdicts(VERDICT_CANCELLED), 2);
	end_run();
	end_run();
	assert_int_equal(verdicts(VERDICT_TAMPERED), 3);
	assert_int_equal(counted(METRIC_runs_started), 2);
	assert_int_equal(broker.n_batches, 0);
}

/* It gets no more answers now, and the one that there is as soon as it reads. */
static void test_a_client_that_does_not_read(void **state)
{
	(void)state;
	submit_alike(&flow, 1, 1);
	submit_alike(&other_flow, 2, 1);
	flow_hold(&other_flow, true);
	end_run();
	assert_int_equal(verdicts(VERDICT_TAMPERED), 1);
	assert_int_equal(broker.n_batches, 1);
	flow_hold(&other_flow, false);
	dispatch_pump(broker.dispatch);
	assert_int_equal(verdicts(VERDICT_TAMPERED), 3);
	assert_int_equal(counted(METRIC_runs_started), 1);
	assert_int_equal(broker.n_batches, 0);
}

/* A cell that is lost is no word about the candidate, and the one alike is judged by itself. */
static void test_our_failure_is_not_shared(void **state)
{
	(void)state;
	submit_alike(&flow, 1, 1);
	submit_alike(&other_flow, 1, 1);
	for (int i = 0; i < 2; i++) {
		expect_run();
		say_as_keeper(KEEPER_CELL_GONE, 0);
		build_cell();
	}
	assert_int_equal(verdicts(VERDICT_INFRA), 1);
	end_run();
	assert_int_equal(verdicts(VERDICT_TAMPERED), 1);
	assert_int_equal(broker.n_batches, 0);
}

static void test_a_client_that_leaves(void **state)
{
	struct batch *first;

	(void)state;
	first = submit_alike(&flow, 3, 1);
	submit_alike(&other_flow, 1, 1);
	first->owner = NULL;
	batch_cancel(&broker, first);
	flow_deinit(&flow);
	end_killed_run();
	end_run();
	assert_int_equal(verdicts(VERDICT_CANCELLED), 3);
	assert_int_equal(verdicts(VERDICT_TAMPERED), 1);
	assert_int_equal(broker.n_batches, 0);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_one_runs_and_all_are_answered, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_others_are_not_alike, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_cancelling_the_one_that_runs, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_cancelling_one_that_follows, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_cancelling_the_first_that_waits, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_a_client_that_does_not_read, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_our_failure_is_not_shared, set_up_two,
						tear_down_two),
		cmocka_unit_test_setup_teardown(test_a_client_that_leaves, set_up_two,
						tear_down_two),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
