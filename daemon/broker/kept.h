/*
 * A judgement that outlives the buffers of its run. Broker only.
 */
#pragma once

#include "broker/reply.h"

struct kept;

/* A copy of the judgement with all its text. */
struct kept *kept_new(const struct judgement *judgement);

/* Borrowed. */
const struct judgement *kept_judgement(const struct kept *kept);

/* NULL is allowed. */
void kept_free(struct kept *kept);
