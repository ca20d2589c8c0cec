/* The life of assay-keeper between exec and exit. */
#pragma once

#include <stddef.h>

#include "core/policy.h"

/* Serves the descriptors of enum keeper_fd until the supervisor or the broker is gone. Exit status.
 */
int keeper_run(void);

/*
 * Instead: reads the table from KEEPER_FD_POLICIES alone, gives it to `describe` (describe.h), and
 * ends. Exit status.
 */
int keeper_describe(int (*describe)(const struct policy_table *table, size_t size));
