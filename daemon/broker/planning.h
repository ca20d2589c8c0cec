/*
 * Plans of the tests of batches: made by a planner's run, kept for requests of the same user that
 * bring the same tests. Broker only.
 */
#pragma once

#include <stdbool.h>

#include "broker/broker.h"
#include "core/job.h"
#include "core/verdict.h"

struct planning;
struct seat;

#define PLANS_BYTES_MAX ((size_t)64 << 20) /* kept by the broker of a daemon */

/* Keeps plans of at most `max_bytes` together. */
struct planning *planning_new(size_t max_bytes);
void planning_free(struct planning *planning);

/* A batch that may have a plan gets it if it is known, and gives up if it is known that there is
 * none. */
void planning_find(struct broker *broker, struct batch *batch);

/*
 * The planner's run of `job` is over. False: its batch has a plan, or is examined without one from
 * now on. True: `verdict` is the job's, which wanted nothing but a plan.
 */
bool planning_take(struct broker *broker, struct job *job, const struct seat *seat,
		   struct verdict *verdict);
