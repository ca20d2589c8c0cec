/*
 * A run, from handing over the job to the facts. Broker.
 *
 * Most runs last a few milliseconds. For those nothing is watched and no timer fires: what they
 * wrote waits in the pipes and is read once, at the end. After WATCH_AFTER_NS the pipes are
 * watched, so that a program that writes much does not wait for us; the CPU limit is asked for from
 * the cell's pid 1 (which sums over all processes of the run, reaped ones included) when it could
 * have been reached for the first time. Where a cgroup counts too, the larger number holds: pid 1
 * does not see what the kernel reaped for a parent that ignores SIGCHLD.
 */
#include "broker/run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "broker/job_writer.h"
#include "broker/plan_reader.h"
#include "broker/record_reader.h"

#define WATCH_AFTER_NS (40 * NS_PER_MS)
/* The answers to a larger plan are read from the beginning. */
#define LARGE_PLAN_BYTES (1u << 20)
/* Between two questions about a run's CPU time, at least. */
#define USAGE_INTERVAL_NS (10 * NS_PER_MS)
/* For a candidate to end by itself after its examiner. */
#define HURRY_NS (500 * NS_PER_MS)
/* An examiner may take this much longer than its candidate: it has to see its end. */
#define EXAMINER_MARGIN_NS (2 * NS_PER_S)
/* Candidates of one examiner; a bound for what it may pile up. */
#define SITTING_JOBS_MAX 64

static void on_timer(evutil_socket_t fd, short what, void *argument);

void run_init(struct run *run, struct event_base *base, struct cell_link *link, void *owner,
	      void (*on_kill)(void *owner), void (*on_rest)(void *owner))
{
	*run = (struct run){
		.base = base,
		.link = link,
		.records = {.fd = -1},
		.output = {.fd = -1},
		.error_output = {.fd = -1},
		.on_kill = on_kill,
		.on_rest = on_rest,
		.owner = owner,
	};
	sitting_init(&run->sitting);
	run->timer = evtimer_new(base, on_timer, run);
}

void run_deinit(struct run *run)
{
	stream_deinit(&run->records);
	stream_deinit(&run->output);
	stream_deinit(&run->error_output);
	sitting_close(&run->sitting);
	event_free(run->timer);
}

static void arm(struct run *run, uint64_t now_ns, uint64_t at_ns)
{
	uint64_t delay_ns = at_ns > now_ns ? at_ns - now_ns : 0;
	/* Rounded up to a microsecond: a timer that fires early would fire twice. */
	struct timeval delay = {
		.tv_sec = (time_t)(delay_ns / NS_PER_S),
		.tv_usec = (suseconds_t)((delay_ns % NS_PER_S) / 1000 + 1),
	};

	evtimer_add(run->timer, &delay);
}

static bool is_flooded(const struct stream *stream)
{
	return stream->dropped_bytes > stream->max_bytes * (LIMITS_FLOOD_FACTOR - 1);
}

/* Debug output may be dropped; an output that is to be compared may not. */
static bool is_output_exceeded(const struct run *run)
{
	if (run->job->batch->task.kind == TASK_STDIO && run->role != JOB_ROLE_COMPILER &&
	    run->output.dropped_bytes > 0)
		return true;
	return is_flooded(&run->output) || is_flooded(&run->error_output);
}

static void check_streams(struct run *run)
{
	if (run->records.dropped_bytes > 0)
		run_kill(run, RUN_KILLED_RECORDS);
	if (is_output_exceeded(run))
		run_kill(run, RUN_KILLED_OUTPUT);
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
	struct run *run = argument;

	(void)what;
	if (fd == run->records.fd)
		stream_drain(&run->records);
	else if (fd == run->output.fd)
		stream_drain(&run->output);
	else
		stream_drain(&run->error_output);
	check_streams(run);
}

static void watch(struct run *run)
{
	run->is_watched = true;
	stream_watch(&run->records, run->base, on_readable, run);
	stream_watch(&run->output, run->base, on_readable, run);
	stream_watch(&run->error_output, run->base, on_readable, run);
}

static void on_timer(evutil_socket_t fd, short what, void *argument)
{
	struct run *run = argument;
	uint64_t now_ns = clock_now_ns();
	uint64_t end_ns = run->end_ns;

	(void)fd;
	(void)what;
	if (!run->is_watched)
		watch(run);
	if (now_ns >= end_ns) {
		/* The answer to the question tells whether it waited for a processor or for
		 * nothing. */
		run->is_wall_over = run->end_reason == RUN_KILLED_WALL;
		if (run->is_wall_over)
			cell_link_send(run->link, CELL_USAGE, run->id);
		run_kill(run, run->end_reason);
		return;
	}
	if (now_ns >= run->next_usage_ns) {
		cell_link_send(run->link, CELL_USAGE, run->id);
		run->next_usage_ns = end_ns; /* until the answer says when */
	}
	arm(run, now_ns, run->next_usage_ns < end_ns ? run->next_usage_ns : end_ns);
}

/* By the slot's cgroup; 0 for an examiner, whose tests have no reason to hide what they use. */
static uint64_t counted_cpu_ns(const struct run *run)
{
	return run->role == JOB_ROLE_EXAMINER ? 0 : cell_link_cpu_ns(run->link);
}

/* CPU time for the present job; pid 1 has told `told_ns` of the whole run. */
static uint64_t cpu_used_ns(const struct run *run, uint64_t told_ns)
{
	uint64_t counted_ns = counted_cpu_ns(run);

	told_ns = told_ns > run->cpu_told_before_ns ? told_ns - run->cpu_told_before_ns : 0;
	counted_ns = counted_ns > run->cpu_before_ns ? counted_ns - run->cpu_before_ns : 0;
	return counted_ns > told_ns ? counted_ns : told_ns;
}

/* Of a limit, after what the job's runs before this one have used. */
static uint64_t left_ns(uint64_t limit_ms, uint64_t used_ns)
{
	uint64_t limit_ns = limit_ms * NS_PER_MS;

	return limit_ns > used_ns ? limit_ns - used_ns : 1;
}

static uint64_t cpu_limit_ns(const struct run *run)
{
	return left_ns(job_limits(run->job)->cpu_ms, run->job->used_cpu_ns) +
	       (run->role == JOB_ROLE_EXAMINER ? EXAMINER_MARGIN_NS : 0);
}

void run_take_usage(struct run *run, const struct cell_report *report)
{
	uint64_t limit_ns = cpu_limit_ns(run);
	uint64_t cpu_ns = cpu_used_ns(run, report->cpu_ns);
	uint64_t now_ns = clock_now_ns();
	uint64_t left_ns;

	if (run->is_wall_over) {
		run->run_delay_ns = report->run_delay_ns;
		run->own_waits = report->own_waits;
		run->interruptions = report->interruptions;
		run->tasks = report->processes;
	}
	if (run->kill_reason != RUN_NOT_KILLED)
		return;
	if (cpu_ns >= limit_ns) {
		run_kill(run, RUN_KILLED_CPU);
		return;
	}
	left_ns = (limit_ns - cpu_ns) / (report->processes > 0 ? report->processes : 1);
	if (left_ns < USAGE_INTERVAL_NS)
		left_ns = USAGE_INTERVAL_NS;
	run->next_usage_ns = now_ns + left_ns;
	arm(run, now_ns, run->next_usage_ns < run->end_ns ? run->next_usage_ns : run->end_ns);
}

void run_hurry(struct run *run)
{
	uint64_t now_ns = clock_now_ns();

	if (run->kill_reason != RUN_NOT_KILLED || run->end_ns <= now_ns + HURRY_NS)
		return;
	run->end_ns = now_ns + HURRY_NS;
	run->end_reason = RUN_KILLED_OVER;
	arm(run, now_ns, run->end_ns);
}

void run_kill(struct run *run, enum kill_reason reason)
{
	if (run->kill_reason != RUN_NOT_KILLED)
		return;
	run->kill_reason = reason;
	evtimer_del(run->timer);
	cell_link_send(run->link, CELL_KILL, run->id);
	run->on_kill(run->owner);
}

/*
 * Added to RLIMIT_NPROC. Where a pids cgroup counts, it shall be the one that refuses, because its
 * refusals are told; else there is only this limit, which counts pid 1 too.
 */
static uint32_t process_margin(const struct cell_link *link)
{
	return link->refusal_fd >= 0 ? 64 : 1;
}

static void describe_request(const struct run *run, struct cell_request *request)
{
	const struct limits *limits = job_limits(run->job);

	*request = (struct cell_request){
		.type = CELL_RUN,
		.processes = limits->processes + process_margin(run->link),
		.run_id = run->id,
		.cpu_ns = cpu_limit_ns(run) * (run->sitting.fd >= 0 ? SITTING_JOBS_MAX : 1),
		.memory_bytes = limits->memory_bytes,
		.file_bytes = run->policy->file_bytes,
		.stack_bytes = run->policy->stack_bytes,
		.open_files = run->policy->open_files,
		.flags = run->link->oom_fd < 0 ? CELL_RUN_LIMIT_ADDRESS_SPACE : 0,
	};
}

static int open_output(struct run *run, struct stream *stream, int *fd)
{
	int err = stream_open(stream, job_limits(run->job)->output_bytes, fd);

	/* Honest programs open /dev/stdout by name, which asks for the mode as of a file. */
	if (err == 0 && fchmod(*fd, 0622) < 0)
		err = -errno;
	return err;
}

/*
 * Only the judging side has records; only the candidate's side has output. What the other writes
 * there is not wanted.
 */
static int open_streams(struct run *run, int *fds)
{
	int err = 0;

	if (run->role == JOB_ROLE_EXAMINEE)
		fds[CELL_FD_RECORDS] = run->link->null_fd;
	else
		err = stream_open(&run->records, RECORD_RUN_BYTES_MAX, &fds[CELL_FD_RECORDS]);
	if (run->role == JOB_ROLE_EXAMINER || run->role == JOB_ROLE_PLANNER) {
		fds[CELL_FD_STDOUT] = run->link->null_fd;
		fds[CELL_FD_STDERR] = run->link->null_fd;
		return err;
	}
	if (err == 0)
		err = open_output(run, &run->output, &fds[CELL_FD_STDOUT]);
	if (err == 0)
		err = open_output(run, &run->error_output, &fds[CELL_FD_STDERR]);
	return err;
}

static int draw_nonce(struct run *run)
{
	if (run->n_nonces == 0) {
		if (getrandom(run->nonces, sizeof(run->nonces), 0) != sizeof(run->nonces))
			return -EIO;
		run->n_nonces = RUN_NONCES;
	}
	memcpy(run->nonce, run->nonces[--run->n_nonces], sizeof(run->nonce));
	return 0;
}

static void on_sitting(evutil_socket_t fd, short what, void *argument)
{
	struct run *run = argument;
	int err = sitting_take_rest(&run->sitting);

	(void)fd;
	(void)what;
	if (err == -EAGAIN)
		return;
	if (err == 0 && run->job != NULL && run->kill_reason == RUN_NOT_KILLED)
		run->on_rest(run->owner);
	else
		sitting_close(&run->sitting); /* the cell tells how it ends */
}

static size_t n_descriptors(const struct run *run, const struct run_order *order)
{
	if (order->program >= 0)
		return CELL_RUN_FDS_PROGRAM;
	if (order->channel_in < 0)
		return CELL_RUN_FDS_SHARED;
	return run->sitting.fd >= 0 ? CELL_RUN_FDS : CELL_RUN_FDS_SPLIT;
}

static int hand_over(struct run *run, const struct run_order *order, int *fds)
{
	struct cell_request request;
	int err = open_streams(run, fds);

	if (err == 0)
		err = draw_nonce(run);
	if (err == 0 && order->wants_more)
		err = sitting_open(&run->sitting, run->base, on_sitting, run,
				   &fds[CELL_FD_SITTING]);
	if (err < 0)
		return err;
	fds[CELL_FD_JOB] = job_write(run->job, run->role, run->nonce);
	if (fds[CELL_FD_JOB] < 0)
		return fds[CELL_FD_JOB];
	describe_request(run, &request);
	fds[CELL_FD_CHANNEL_IN] = order->program >= 0 ? order->program : order->channel_in;
	fds[CELL_FD_CHANNEL_OUT] = order->channel_out;
	err = cell_link_send_run(run->link, &request, fds, n_descriptors(run, order));
	fds[CELL_FD_CHANNEL_IN] = -1;
	fds[CELL_FD_CHANNEL_OUT] = -1;
	return err;
}

static void close_streams(struct run *run)
{
	stream_close(&run->records);
	stream_close(&run->output);
	stream_close(&run->error_output);
	sitting_close(&run->sitting);
}

/* So that they would fill a pipe, however short the run is. */
static bool answers_are_large(const struct run *run)
{
	const struct call_plan *plan = run->job->batch->plan;

	return run->role == JOB_ROLE_CALLEE && plan != NULL && plan->size > LARGE_PLAN_BYTES;
}

static void arm_first(struct run *run)
{
	uint64_t watch_ns = run->started_ns + (answers_are_large(run) ? 0 : WATCH_AFTER_NS);

	arm(run, run->started_ns, watch_ns < run->end_ns ? watch_ns : run->end_ns);
}

static void begin(struct run *run, const struct run_order *order)
{
	const struct limits *limits = job_limits(order->job);

	run->job = order->job;
	run->policy = order->policy;
	run->role = order->role;
	run->kill_reason = RUN_NOT_KILLED;
	run->is_watched = false;
	run->is_wall_over = false;
	run->run_delay_ns = 0;
	run->own_waits = 0;
	run->interruptions = 0;
	run->tasks = 0;
	run->cpu_before_ns = counted_cpu_ns(run);
	run->started_ns = clock_now_ns();
	run->next_usage_ns = run->started_ns + left_ns(limits->cpu_ms, order->job->used_cpu_ns);
	run->end_ns = run->started_ns + left_ns(limits->wall_ms, order->job->used_wall_ns) +
		      (run->role == JOB_ROLE_EXAMINER ? EXAMINER_MARGIN_NS : 0);
	run->end_reason = RUN_KILLED_WALL;
	/* Not every role opens all of them. */
	stream_clear(&run->records);
	stream_clear(&run->output);
	stream_clear(&run->error_output);
}

int run_start(struct run *run, const struct run_order *order)
{
	int fds[CELL_RUN_FDS] = {-1, -1, -1, -1, -1, -1, -1};
	int err;

	begin(run, order);
	run->id = order->id;
	run->cpu_told_before_ns = 0;
	err = hand_over(run, order, fds);
	for (int i = 0; i < CELL_RUN_FDS; i++)
		if (fds[i] != run->link->null_fd)
			fd_close(&fds[i]);
	if (err < 0) {
		close_streams(run);
		run->job = NULL;
		return err;
	}
	arm_first(run);
	return 0;
}

static int hand_on(struct run *run, const struct run_order *order)
{
	_cleanup_fd_ int job = -1;
	struct sitting_turn turn = {
		.nonce = run->nonce,
		.is_last = !order->wants_more || run->sitting.n_served + 1 >= SITTING_JOBS_MAX,
		.channel_in = order->channel_in,
		.channel_out = order->channel_out,
	};

	if (!order->has_tests) {
		job = job_write(run->job, run->role, run->nonce);
		if (job < 0)
			return job;
	}
	turn.job = job;
	return sitting_send_next(&run->sitting, &turn);
}

int run_go_on(struct run *run, const struct run_order *order)
{
	int err;

	begin(run, order);
	run->cpu_told_before_ns = run->sitting.cpu_ns;
	err = draw_nonce(run);
	if (err == 0)
		err = hand_on(run, order);
	if (err < 0) {
		run->job = NULL;
		return err;
	}
	arm_first(run);
	return 0;
}

void run_discard(struct run *run)
{
	evtimer_del(run->timer);
	close_streams(run);
	run->job = NULL;
}

/* Parts of values that are compared for one evaluation, at most: some 50 ms. */
#define COMPARISON_BUDGET 1000000

/* The tolerances and the like of kind calls. */
static void use_comparator(struct value_comparison *comparison, const struct task *task)
{
	if (task->comparator == NULL)
		return;
	comparison->is_evalplus = strcmp(task->comparator, "evalplus") == 0;
	comparison->is_json = !comparison->is_evalplus;
	comparison->oracle = task->oracle;
	comparison->is_unordered = strcmp(task->comparator, "unordered") == 0;
	comparison->has_tolerance = strcmp(task->comparator, "float") == 0;
	comparison->absolute = task->absolute_tolerance;
	comparison->relative = task->relative_tolerance;
}

/* What a candidate has answered to the calls of its batch's plan. */
static void compare_answers(const struct run *run, struct examination *examination)
{
	const struct task *task = &run->job->batch->task;
	struct plan_judging judging = {
		.comparison = {.budget = COMPARISON_BUDGET},
		.stops_at_first_failure = task->stops_at_first_failure,
		.was_killed = run->kill_reason != RUN_NOT_KILLED,
		.text_bytes = task_value_bytes(task),
		.cuts_texts = task->n_references > 0,
		.has_output = run->output.len + run->error_output.len > 0,
	};
	struct call_answers answers;

	memcpy(&judging.comparison.secret, run->nonce, sizeof(judging.comparison.secret));
	use_comparator(&judging.comparison, task);
	call_answers_read(run->records.bytes, run->records.len, run->job->batch->plan, &answers);
	if (!plan_judge(run->job->batch->plan, &answers, &judging, examination))
		examination->is_untold = true;
	call_answers_deinit(&answers);
}

static void gather(struct run *run, struct run_facts *facts, struct examination *examination)
{
	if (run->role == JOB_ROLE_CALLEE)
		compare_answers(run, examination);
	else
		record_read(run->records.bytes, run->records.len, run->nonce, examination);
	*facts = (struct run_facts){
		.examination = examination,
		.limits = *job_limits(run->job),
		.kill_reason = run->kill_reason,
		.is_output_exceeded = is_output_exceeded(run),
		.ran_alone = run->job->runs_alone,
		.attempts = run->job->attempts,
		.wall_ns = clock_now_ns() - run->started_ns,
		.run_delay_ns = run->run_delay_ns,
		.own_waits = run->own_waits,
		.interruptions = run->interruptions,
		.has_process_cgroup = run->link->refusal_fd >= 0,
	};
	if (run->records.dropped_bytes > 0)
		examination->is_malformed = true;
}

void run_rest(struct run *run, struct run_facts *facts, struct examination *examination)
{
	evtimer_del(run->timer);
	stream_drain(&run->records);
	stream_unwatch(&run->records);
	gather(run, facts, examination);
	facts->cpu_ns = run->sitting.cpu_ns - run->cpu_told_before_ns;
	facts->processes = 1;
	run->job = NULL;
}

/* Bytes of a cell: every number is taken, only the bound is checked. */
static void take_refusals(const struct cell_report *report, struct violations *violations)
{
	for (uint32_t i = 0; i < report->n_refusals && i < CELL_REFUSALS_MAX; i++)
		violations_add(violations, report->refusals[i].number, report->refusals[i].count);
	violations_add_others(violations, report->other_refusals);
}

void run_finish(struct run *run, const struct cell_report *report, struct run_facts *facts,
		struct examination *examination)
{
	evtimer_del(run->timer);
	close_streams(run);
	gather(run, facts, examination);
	facts->wait_status = SIGKILL; /* whose report is lost did not end well */
	facts->candidate_status = SIGKILL;
	if (report != NULL) {
		facts->wait_status = report->status;
		facts->candidate_status = report->status;
		facts->cpu_ns = cpu_used_ns(run, report->cpu_ns);
		facts->processes = report->processes > run->tasks ? report->processes : run->tasks;
		take_refusals(report, &facts->violations);
	}
	cell_link_count(run->link, &facts->oom_kills, &facts->process_refusals);
	run->job = NULL;
}
