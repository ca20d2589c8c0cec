/*
 * A broker with one slot, whose keeper and cell are played by the test. Included by one test
 * program; set_up() leaves it with an idle cell and no cgroups.
 */
#pragma once

#include "broker/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"
#include "broker/batch.h"
#include "broker/keeper_proxy.h"
#include "broker/listener.h"
#include "broker/sharing.h"
#include "broker/supervisor_link.h"
#include "core/handover.h"
#include "inside/wire.h"

/* Each program uses some of what is below. */
#pragma GCC diagnostic ignored "-Wunused-function"

#define CGROUPS (1u << LAYER_CGROUP_MEMORY | 1u << LAYER_CGROUP_PIDS)
#define TURNS 20

static struct settings settings;
static struct policy_table policies;
static struct broker broker;
static struct tenant tenant;
static struct flow flow;
static LIST_HEAD(, batch) owned; /* as a session has it */
static int supervisor = -1;
static int keeper = -1;
static int cell = -1;
static uint32_t layers;
static struct keeper_request request; /* the last that was asked */
static struct cell_request run;       /* the last that was started */
static int run_fds[CELL_RUN_FDS];

/* ---- the world around */

static void turn(void)
{
	for (int i = 0; i < TURNS; i++)
		event_base_loop(broker.base, EVLOOP_NONBLOCK);
}

static void turn_for_ms(uint32_t ms)
{
	const struct timeval delay = {.tv_usec = (suseconds_t)ms * 1000};

	event_base_loopexit(broker.base, &delay);
	event_base_dispatch(broker.base);
}

static void close_run(void)
{
	for (int i = 0; i < CELL_RUN_FDS_SHARED; i++)
		fd_close(&run_fds[i]);
}

static enum slot_state state_now(void)
{
	return dispatch_slot(broker.dispatch, 0)->state;
}

static void say_as_keeper(uint32_t type, int error)
{
	struct keeper_event event = {
		.type = type, .slot = request.slot, .serial = request.serial, .layers = layers};
	int pair[2];

	event.failure.error = error;
	if (type != KEEPER_CELL_STARTED) {
		assert_int_equal(fd_send(keeper, &event, sizeof(event), NULL, 0), 0);
	} else {
		fd_close(&cell);
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
		cell = pair[0];
		assert_int_equal(fd_send(keeper, &event, sizeof(event), &pair[1], 1), 0);
		close(pair[1]);
	}
	turn();
}

static void connect_keeper(void)
{
	int pair[2];

	fd_close(&keeper);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	keeper = pair[0];
	keeper_proxy_take_socket(broker.keeper, pair[1], 1);
	say_as_keeper(KEEPER_READY, 0);
}

static void expect_request(enum keeper_request_type type)
{
	turn();
	assert_int_equal(read(keeper, &request, sizeof(request)), sizeof(request));
	assert_int_equal(request.type, type);
}

static void expect_no_request(void)
{
	turn();
	assert_int_equal(read(keeper, &request, sizeof(request)), -1);
}

static void say_as_cell(enum cell_report_type type, uint64_t run_id)
{
	struct cell_report report = {.type = type, .run_id = run_id, .flags = CELL_DONE_CLEAN};

	assert_int_equal(fd_send(cell, &report, sizeof(report), NULL, 0), 0);
	turn();
}

static void expect_run(void)
{
	size_t n_fds = CELL_RUN_FDS;

	close_run();
	turn();
	assert_int_equal(fd_receive(cell, &run, sizeof(run), run_fds, &n_fds), sizeof(run));
	assert_int_equal(run.type, CELL_RUN);
	assert_int_equal(n_fds, CELL_RUN_FDS_SHARED);
}

static void build_cell(void)
{
	expect_request(KEEPER_CELL_START);
	assert_int_equal(request.serial, dispatch_slot(broker.dispatch, 0)->serial);
	say_as_keeper(KEEPER_CELL_STARTED, 0);
	assert_int_equal(state_now(), SLOT_STARTING);
	say_as_cell(CELL_READY, 0); /* what waits is started at once */
	assert_int_not_equal(state_now(), SLOT_STARTING);
}

/* ---- work */

/* Its task is filled; it gets one job, whose code needs a cell of `code_policy`. */
static struct batch *submit_batch_of(struct batch *batch, uint64_t deadline_ns,
				     uint32_t code_policy)
{
	static const uint8_t code[] = "x";

	batch->jobs = xcalloc(1, sizeof(struct job));
	batch->n_jobs = 1;
	batch->jobs[0] = (struct job){.batch = batch, .candidate = "c", .code_policy = code_policy};
	batch->jobs[0].code = (struct slice){.bytes = code, .len = 1};
	batch->flow = &flow;
	batch->deadline_ns = deadline_ns;
	if (broker.n_batches == 0)
		LIST_INIT(&owned); /* what has ended is not taken off: it has no session */
	LIST_INSERT_HEAD(&owned, batch, link);
	batch_accept(&broker, batch, 0);
	turn();
	return batch;
}

static struct batch *submit_batch(struct batch *batch, uint64_t deadline_ns)
{
	return submit_batch_of(batch, deadline_ns, 0);
}

static struct batch *submit(uint64_t wall_ms, uint64_t deadline_ns)
{
	struct batch *batch = batch_new(NULL);

	batch->task = (struct task){.id = "t",
				    .kind = TASK_PROGRAM,
				    .tests = xcalloc(1, sizeof(struct slice)),
				    .n_tests = 1,
				    .limits = {.cpu_ms = 60000,
					       .wall_ms = wall_ms,
					       .memory_bytes = 1 << 20,
					       .output_bytes = 10,
					       .processes = 2}};
	return submit_batch(batch, deadline_ns);
}

static uint64_t verdicts(enum verdict_code code)
{
	return broker.metrics.verdicts[code];
}

static void expect_only(enum verdict_code code)
{
	for (int i = 0; i < VERDICT_COUNT; i++)
		assert_int_equal(broker.metrics.verdicts[i], i == (int)code);
	assert_int_equal(broker.n_batches, 0);
	assert_int_equal(dispatch_n_running(broker.dispatch), 0);
	assert_int_equal(flow.n_jobs, 0);
}

static int set_up(void **state)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX};
	int listening = socket(AF_UNIX, SOCK_STREAM, 0);
	int pair[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	layers = 0;
	settings = (struct settings){.n_slots = 1,
				     .clients_max = 10,
				     .kill_patience_ms = 20,
				     .keeper_patience_ms = 60000,
				     .start_patience_ms = 60000};
	policies.n_policies = 1;
	policies.policies[0].runs_per_cell = 1000;
	broker = (struct broker){.settings = &settings, .policies = &policies};
	broker.base = event_base_new();
	queue_init(&broker.queue, 100);
	accounts_init(&broker.accounts, &broker.queue);
	tenant_init(&tenant, &broker.queue);
	flow_init(&flow, &tenant);
	LIST_INIT(&owned);
	for (int i = 0; i < CELL_RUN_FDS; i++)
		run_fds[i] = -1;
	broker.keeper = keeper_proxy_new(&broker);
	broker.dispatch = dispatch_new(&broker);
	broker.sharing = sharing_new(&broker, NULL);
	assert_int_equal(bind(listening, (struct sockaddr *)&any, sizeof(any.sun_family)), 0);
	assert_int_equal(listen(listening, 1), 0);
	broker.listener = listener_new(&broker, listening, -1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	supervisor = pair[0];
	broker.supervisor = supervisor_link_new(&broker, pair[1]);
	connect_keeper();
	build_cell();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close_run();
	flow_deinit(&flow);
	listener_free(broker.listener);
	supervisor_link_free(broker.supervisor);
	dispatch_free(broker.dispatch);
	sharing_free(broker.sharing);
	keeper_proxy_free(broker.keeper);
	event_base_free(broker.base);
	fd_close(&supervisor);
	fd_close(&keeper);
	fd_close(&cell);
	return 0;
}

/* With cgroups a cell is asked for limits first. */
static void rebuild_with_cgroups(void)
{
	layers = CGROUPS;
	connect_keeper();
	build_cell();
}
