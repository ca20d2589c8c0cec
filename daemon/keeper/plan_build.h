/* From a policy to the plan of a cell. Pure: no files, no descriptors of its own. */
#pragma once

#include "core/policy.h"
#include "inside/plan.h"

/*
 * Checks that what the supervisor handed over is complete and well-formed: counts within bounds,
 * texts terminated, paths absolute. The keeper trusts nothing that it did not check, although the
 * supervisor is not its enemy. Returns NULL or what is wrong (static text).
 */
const char *plan_check_table(const struct policy_table *table, size_t size);

/*
 * Fills `plan` from `policy` (borrowed, as are its texts); files and descriptors are left empty
 * for the caller: 0 files, descriptors -1. `policy` passed plan_check_table().
 */
void plan_build(struct plan *plan, const struct policy *policy);
