/*
 * What a policy file means: lays one YAML file over a policy, and checks the result.
 */
#pragma once

#include <stddef.h>

#include "config/config_error.h"
#include "core/policy.h"

/*
 * Lays the file over `policy`: base.yaml first, the language's own next. Single values and the
 * lists argv, imports, required_layers and leave_out replace what was there (a policy starts with
 * all layers required, see policy_load.c); mounts are appended; a variable of the environment
 * replaces the one of the same name. `name` is the file's name for texts.
 * 0, or -EINVAL with `error`; `policy` is unchanged then.
 */
int policy_file_apply(const char *name, const void *bytes, size_t len, struct policy *policy,
		      struct config_error *error);

/*
 * Whether the finished policy is complete and makes sense: every value present, no default above
 * its maximum, seccomp rules loaded, no layer left out that a cell cannot do without. `name` as
 * above. 0, or -EINVAL with `error`.
 */
int policy_file_check(const char *name, const struct policy *policy, struct config_error *error);
