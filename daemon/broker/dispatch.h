/*
 * Brings waiting jobs and free cells together, and judges what comes back. Broker only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "broker/broker.h"
#include "core/slot.h"
#include "keeper/keeper_msg.h"

struct dispatch *dispatch_new(struct broker *broker);
void dispatch_free(struct dispatch *dispatch);

/* Starts what can be started. To be called after jobs were queued or a client reads again. */
void dispatch_pump(struct dispatch *dispatch);

/* Ends a RUNNING job; its result, CANCELLED, comes by the ordinary way. */
void dispatch_cancel(struct dispatch *dispatch, struct job *job);

/* The batch ends: an examiner that rests goes on with another one of the same user, or ends. */
void dispatch_end_sittings(struct dispatch *dispatch, const struct batch *batch);

/* From keeper_proxy. Descriptors that are taken are set to -1 in fds[]. */
void dispatch_keeper_ready(struct dispatch *dispatch);
void dispatch_keeper_event(struct dispatch *dispatch, const struct keeper_event *event, int *fds,
			   size_t n_fds);
void dispatch_keeper_lost(struct dispatch *dispatch);

/* Answers everything that waits: no cell can be built to run it. */
void dispatch_give_up_waiting(struct dispatch *dispatch);

/* For greeting and status. */
uint32_t dispatch_n_slots(const struct dispatch *dispatch);
uint32_t dispatch_n_free(const struct dispatch *dispatch);
uint32_t dispatch_n_running(const struct dispatch *dispatch);
/* The candidate's cell of slot `index`, and the examiner's (NULL: none): of its present or last
 * job.
 */
const struct slot *dispatch_slot(const struct dispatch *dispatch, uint32_t index);
const struct slot *dispatch_examiner(const struct dispatch *dispatch, uint32_t index);
/* In slot `index`, ever. */
uint64_t dispatch_n_cells_built(const struct dispatch *dispatch, uint32_t index);
uint32_t dispatch_layers(const struct dispatch *dispatch);
/* "CPython 3.11.2"; "" until a cell of that policy was ready. */
const char *dispatch_runtime(const struct dispatch *dispatch, uint32_t policy);
