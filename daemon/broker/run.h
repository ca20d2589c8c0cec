/*
 * One run of a job in a cell: its pipes, its deadlines, and the facts that it leaves. One struct
 * run per slot, used again and again. An examiner may serve several jobs of a user in one run: it
 * rests between them. Broker only.
 */
#pragma once

#include <event2/event.h>
#include <stdint.h>

#include "broker/cell_link.h"
#include "broker/sitting.h"
#include "broker/stream.h"
#include "core/verdict.h"
#include "inside/wire.h"

/* Drawn in one system call. */
#define RUN_NONCES 16

struct run {
	struct event_base *base;
	struct cell_link *link; /* borrowed: of the slot's cell */
	const struct job *job;  /* borrowed; NULL: no run */
	const struct policy *policy;
	uint64_t id;
	uint8_t nonce[JOB_NONCE_BYTES];
	uint8_t nonces[RUN_NONCES][JOB_NONCE_BYTES]; /* drawn, and used from the end */
	uint32_t n_nonces;
	struct stream records;
	struct stream output;
	struct stream error_output;
	struct event *timer;
	uint64_t started_ns;
	uint64_t next_usage_ns;
	enum kill_reason kill_reason;
	bool is_watched;   /* the pipes are watched: the run is no longer a short one */
	bool is_wall_over; /* the usage that was asked for last decides how the wall limit is worded
			    */
	uint64_t run_delay_ns;
	uint64_t own_waits;
	uint64_t interruptions;
	uint64_t cpu_before_ns; /* of the slot's cgroup, when the run began */
	uint32_t tasks;         /* processes and threads when the wall limit was reached */
	enum job_role role;
	struct sitting sitting;      /* of an examiner that may go on */
	uint64_t cpu_told_before_ns; /* of its process, for the jobs before this one */
	uint64_t end_ns;             /* killed then, */
	enum kill_reason end_reason; /* for this reason */
	/* The run has been told to die: give it until the patience ends. */
	void (*on_kill)(void *owner);
	void (*on_rest)(void *owner); /* an examiner has done with its job: run_rest() */
	void *owner;
};

void run_init(struct run *run, struct event_base *base, struct cell_link *link, void *owner,
	      void (*on_kill)(void *owner), void (*on_rest)(void *owner));
void run_deinit(struct run *run);

/* What is to run. Descriptors are borrowed: the channel's ends, -1 but for a split run; the
 * program, -1 but for a language with a compiler. */
struct run_order {
	const struct job *job;
	const struct policy *policy;
	uint64_t id;
	enum job_role role;
	int channel_in;
	int channel_out;
	int program;
	bool wants_more; /* EXAMINER: there are other jobs that it might go on with */
	bool has_tests;  /* run_go_on: they are those of the job before */
};

/* Hands the job to the cell. 0 or -errno (nothing runs then; the cell must be replaced). */
int run_start(struct run *run, const struct run_order *order);

/* Hands the next job to an examiner that rests. As run_start. */
int run_go_on(struct run *run, const struct run_order *order);

/* After on_rest: facts and examination of the job it has done with, as run_finish gives them. */
void run_rest(struct run *run, struct run_facts *facts, struct examination *examination);

/* A run that has no job any more is over, or its cell is gone: nothing of it is kept. */
void run_discard(struct run *run);

/* Its examiner has ended, so there is nothing left to do: if it does not end by itself soon, it is
 * killed. */
void run_hurry(struct run *run);

/* The cell's answer to a question about usage. */
void run_take_usage(struct run *run, const struct cell_report *report);

/* Ends it; only the first reason counts. */
void run_kill(struct run *run, enum kill_reason reason);

/*
 * The run is over: reads what is left in the pipes and fills facts and examination (which the
 * caller gives to examination_deinit). `report` is NULL if the cell or the keeper was lost. The
 * text of the streams stays valid until the next run_start.
 */
void run_finish(struct run *run, const struct cell_report *report, struct run_facts *facts,
		struct examination *examination);
