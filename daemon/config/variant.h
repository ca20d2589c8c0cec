/*
 * Variants of policies: cells that have imported more than others of their language.
 */
#pragma once

#include <stdbool.h>

#include "core/policy.h"

/* Whether this host has none of the files that the variant needs. */
bool variant_is_missing(const struct policy *policy, const struct policy_variant *variant);

/*
 * Puts a whole policy for each variant behind the others of the table, and its number into the
 * variant. Those that the host does not have are left out, as are those for which there is no room;
 * the log says so.
 */
void variants_arrange(struct policy_table *table);
