/* core/queue and core/job: turns, holding, bounds, and that no job is ever lost. */
#include "core/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct queue queue;
static struct tenant tenants[2];
static struct flow flows[3];
static struct batch batches[3];
static struct job jobs[3][4];

static int set_up(void **state)
{
	(void)state;
	queue_init(&queue, 10);
	tenant_init(&tenants[0], &queue);
	tenant_init(&tenants[1], &queue);
	for (size_t i = 0; i < 3; i++) {
		flow_init(&flows[i], &tenants[0]);
		batches[i] = (struct batch){.flow = &flows[i], .n_jobs = 4, .n_unfinished = 4};
		for (size_t k = 0; k < 4; k++)
			jobs[i][k] = (struct job){.batch = &batches[i], .index = (uint32_t)k};
	}
	return 0;
}

static void push(size_t flow, size_t n)
{
	for (size_t k = 0; k < n; k++)
		queue_push(&queue, &flows[flow], &jobs[flow][k]);
}

static void test_flows_take_turns(void **state)
{
	(void)state;
	push(0, 4);
	push(1, 1);
	push(2, 2);
	assert_ptr_equal(queue_pop(&queue), &jobs[0][0]);
	assert_ptr_equal(queue_pop(&queue), &jobs[1][0]);
	assert_ptr_equal(queue_pop(&queue), &jobs[2][0]);
	assert_ptr_equal(queue_pop(&queue), &jobs[0][1]);
	assert_ptr_equal(queue_pop(&queue), &jobs[2][1]);
	assert_ptr_equal(queue_pop(&queue), &jobs[0][2]);
	assert_ptr_equal(queue_peek(&queue), &jobs[0][3]);
	assert_ptr_equal(queue_pop(&queue), &jobs[0][3]);
	assert_null(queue_pop(&queue));
	assert_int_equal(jobs[0][3].state, JOB_RUNNING);
}

/* One user with two connections gets as much as one with a single connection. */
static void test_tenants_take_turns(void **state)
{
	(void)state;
	flow_init(&flows[2], &tenants[1]);
	push(0, 3);
	push(1, 3);
	push(2, 3);
	assert_int_equal(tenants[0].n_jobs, 6);
	assert_int_equal(tenants[1].n_jobs, 3);
	assert_ptr_equal(queue_pop(&queue), &jobs[0][0]);
	assert_ptr_equal(queue_pop(&queue), &jobs[2][0]);
	assert_ptr_equal(queue_pop(&queue), &jobs[1][0]);
	assert_ptr_equal(queue_pop(&queue), &jobs[2][1]);
	assert_ptr_equal(queue_pop(&queue), &jobs[0][1]);
	assert_ptr_equal(queue_pop(&queue), &jobs[2][2]);
	assert_false(tenants[1].is_listed);
	assert_ptr_equal(queue_pop(&queue), &jobs[1][1]);
	assert_int_equal(tenants[0].n_jobs, 2);
	assert_int_equal(tenants[1].n_jobs, 0);
}

/* A tenant none of whose clients reads its answers has no turn, and is back with the first. */
static void test_held_tenant_is_passed_over(void **state)
{
	(void)state;
	flow_init(&flows[2], &tenants[1]);
	push(0, 1);
	push(2, 1);
	flow_hold(&flows[0], true);
	assert_ptr_equal(queue_peek(&queue), &jobs[2][0]);
	assert_ptr_equal(queue_pop(&queue), &jobs[2][0]);
	assert_null(queue_peek(&queue));
	flow_hold(&flows[0], false);
	assert_ptr_equal(queue_pop(&queue), &jobs[0][0]);
	assert_null(queue_pop(&queue));
}

static void test_held_flow_is_passed_over(void **state)
{
	(void)state;
	push(0, 2);
	push(1, 1);
	flow_hold(&flows[0], true);
	assert_ptr_equal(queue_pop(&queue), &jobs[1][0]);
	assert_null(queue_pop(&queue));
	assert_int_equal(queue.n_jobs, 2);
	flow_hold(&flows[0], false);
	assert_ptr_equal(queue_pop(&queue), &jobs[0][0]);
}

static void test_bound(void **state)
{
	(void)state;
	push(0, 4);
	assert_int_equal(queue_check(&queue, 6), 0);
	assert_int_equal(queue_check(&queue, 7), QUEUE_FULL);
	assert_int_equal(queue_check(&queue, 0xffffffff), QUEUE_FULL);
}

static void test_front_and_removal(void **state)
{
	struct job *job;

	(void)state;
	push(0, 3);
	job = queue_pop(&queue);
	queue_push_front(&queue, &flows[0], job);
	assert_ptr_equal(queue_pop(&queue), job);
	queue_remove(&queue, &jobs[0][2]);
	assert_int_equal(jobs[0][2].state, JOB_DONE);
	assert_int_equal(batches[0].n_unfinished, 3);
	assert_ptr_equal(queue_pop(&queue), &jobs[0][1]);
	assert_int_equal(queue.n_jobs, 0);
	job_move(job, JOB_DONE);
	job_move(&jobs[0][1], JOB_DONE);
	assert_int_equal(batches[0].n_unfinished, 1);
	flow_deinit(&flows[0]);
}

/* What follows another waits and counts, but has no turn until it follows no more. */
static void test_following(void **state)
{
	(void)state;
	push(0, 2);
	queue_follow(&queue, &flows[0], &jobs[0][2]);
	assert_ptr_equal(queue_set_aside(&queue), &jobs[0][0]);
	assert_int_equal(jobs[0][0].state, JOB_FOLLOWING);
	assert_int_equal(queue.n_jobs, 3);
	assert_int_equal(tenants[0].n_jobs, 3);
	assert_int_equal(batches[0].n_queued, 1);
	assert_ptr_equal(queue_pop(&queue), &jobs[0][1]);
	assert_null(queue_peek(&queue));
	queue_follow_no_more(&jobs[0][2]);
	queue_follow_no_more(&jobs[0][0]);
	assert_int_equal(queue.n_jobs, 2);
	assert_ptr_equal(queue_pop(&queue), &jobs[0][0]);
	queue_push(&queue, &flows[0], &jobs[0][3]);
	queue_remove(&queue, &jobs[0][2]);
	assert_ptr_equal(queue_set_aside(&queue), &jobs[0][3]);
	queue_remove(&queue, &jobs[0][3]);
	assert_int_equal(queue.n_jobs, 0);
	assert_int_equal(tenants[0].n_jobs, 0);
	assert_int_equal(batches[0].n_unfinished, 2);
	flow_deinit(&flows[0]);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup(test_flows_take_turns, set_up),
		cmocka_unit_test_setup(test_tenants_take_turns, set_up),
		cmocka_unit_test_setup(test_held_tenant_is_passed_over, set_up),
		cmocka_unit_test_setup(test_held_flow_is_passed_over, set_up),
		cmocka_unit_test_setup(test_bound, set_up),
		cmocka_unit_test_setup(test_front_and_removal, set_up),
		cmocka_unit_test_setup(test_following, set_up),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
