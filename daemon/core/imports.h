/*
 * What Python source imports, at a glance: enough to choose a warm cell, never to decide anything.
 */
#pragma once

#include <stdbool.h>

#include "core/job.h"

/* Of source that is longer, only the beginning is looked at. */
#define IMPORTS_BYTES_MAX (256u * 1024u)

/* Whether a line of `source` imports one of the modules, or a part of it. */
bool imports_any(struct slice source, const char (*modules)[POLICY_NAME_MAX], uint32_t n_modules);

/* The policy of the cells that suit `source` best: a variant of `policy`, or `otherwise`. */
uint32_t imports_policy(const struct policy *policy, struct slice source, uint32_t otherwise);
