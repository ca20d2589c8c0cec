/*
 * What assay-keeper tells about itself and this machine instead of serving: for `assay doctor` and
 * `assay policies`. Lines on standard output, fields separated by tabs:
 *
 *     power     root|user
 *     layer     NAME  yes|no  WHY  FIX            (WHY and FIX of those that are missing)
 *     cell      POLICY  yes|no  STEP  WHY  FIX    (a cell was built for trial and taken down)
 *     syscalls  POLICY  REACHABLE  CONDITIONAL  KNOWN
 *     unknown   POLICY  NAME                      (a system call that no table has)
 *     step      POLICY  WHO  NAME  WHAT           (in order; more lines of one step are details)
 *
 * What cannot be done at all is said on standard error, as in service.
 */
#pragma once

#include <stddef.h>

#include "core/policy.h"

/* Layers and trial cells: makes cgroups and cells, and removes them. Exit status. */
int describe_machine(const struct policy_table *table, size_t size);

/* Filters and plans: changes nothing. Exit status. */
int describe_policies(const struct policy_table *table, size_t size);
