/* One file of an administrator's, checked by itself. */
#pragma once

#include "config/config_error.h"
#include "core/policy.h"

enum policy_check_kind {
	POLICY_CHECK_PROFILE, /* system calls: JSON, as OCI runtimes and Docker have it */
	POLICY_CHECK_POLICY,  /* base.yaml or a language's policy.yaml */
};

/*
 * Checks `file`, whose kind is told by its first character. `table` holds the policies of `folder`
 * and is left with a single one: a profile takes the place of the first's, a policy.yaml is laid
 * over the folder's base.yaml (with the first's profile), and a file that names no language is
 * taken for a base.yaml. 0, or -EINVAL with `error`; *kind is set in both cases.
 */
int policy_check_file(const char *file, const char *folder, struct policy_table *table,
		      enum policy_check_kind *kind, struct config_error *error);
