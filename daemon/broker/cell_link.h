/*
 * The broker's end of one cell: its control socket and the counters of its standing cgroup.
 */
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/job.h"
#include "inside/wire.h"

struct cell_link {
	int control;         /* -1: no cell, or it has closed its end */
	struct event *event; /* reading `control` */
	int oom_fd;          /* -1: no memory cgroup */
	int refusal_fd;      /* -1: no pids cgroup */
	int cpu_fd;          /* -1: no cgroup that counts CPU time */
	int null_fd;         /* /dev/null, for streams that nobody reads: one for all its runs */
	uint64_t oom_kills;  /* as last read */
	uint64_t refusals;
};

void cell_link_init(struct cell_link *link);
void cell_link_deinit(struct cell_link *link);

/*
 * Takes the descriptors of KEEPER_CELL_STARTED (which of them are there: `layers`), sets those in
 * fds[] to -1, and calls `callback` when the cell has something to say. 0 or -errno.
 */
int cell_link_open(struct cell_link *link, struct event_base *base, uint32_t layers, int *fds,
		   size_t n_fds, event_callback_fn callback, void *argument);

/*
 * Receives one report. 0; -EAGAIN: nothing now; -ECONNRESET: the cell has closed its end; another
 * -errno: it talks nonsense.
 */
int cell_link_receive(struct cell_link *link, struct cell_report *report);

/* Starts a run: the `n_fds` descriptors (CELL_RUN_FDS or CELL_RUN_FDS_SHARED) stay the caller's. 0
 * or -errno. */
int cell_link_send_run(struct cell_link *link, const struct cell_request *request, const int *fds,
		       size_t n_fds);

/* CELL_KILL or CELL_USAGE for `run_id`. A failure shows as the cell's end. */
void cell_link_send(struct cell_link *link, enum cell_request_type type, uint64_t run_id);

/* Reads the counters; what has been added since the last call goes to the arguments. */
void cell_link_count(struct cell_link *link, uint64_t *oom_kills, uint64_t *refusals);

/* CPU time of all that ever ran in the slot's cgroup; 0 if nobody counts it. */
uint64_t cell_link_cpu_ns(const struct cell_link *link);
