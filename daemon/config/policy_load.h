/*
 * The folder of policies, read once into the table that the keeper and the broker are given.
 */
#pragma once

#include <stddef.h>

#include "config/config_error.h"
#include "config/profile_file.h"
#include "core/policy.h"

/*
 * Reads FOLDER/base.yaml and, for each of the `n_names` names (0: each folder that has a
 * policy.yaml, by name), FOLDER/<name>/policy.yaml and seccomp.json. Sets policies and n_policies
 * of `table`; the rest of it is the caller's. 0, or -EINVAL with `error`.
 */
int policy_load(const char *folder, const char (*names)[POLICY_NAME_MAX], size_t n_names,
		struct policy_table *table, struct config_error *error);

/* The running kernel; a version that cannot be read is logged and counts as old. */
struct profile_kernel policy_load_kernel(void);
