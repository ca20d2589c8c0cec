/* Whether the compilers that policies name are on this machine. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/config_error.h"
#include "core/policy.h"

/* Where a file of the cell is on the host: below the last mount that covers it. "": nowhere. */
void policy_find_on_host(const struct policy *policy, const char *path, char *found, size_t size);

/* The policy has a compiler, and it is not there or cannot be executed. */
bool compiler_is_missing(const struct policy *policy);

/* What to do then. Static text. */
const char *compiler_remedy(const struct policy *policy);

/*
 * Of a table that is to be served: takes out the policies whose compiler is missing, and says so in
 * the log. `are_named`: the administrator has asked for each of these policies, so none is taken
 * out. 0, or -EINVAL with `error`: one that was asked for cannot be served, or none is left.
 */
int compilers_require(struct policy_table *table, bool are_named, struct config_error *error);
