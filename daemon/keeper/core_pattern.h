/* What a crash in a cell may start on the host. Keeper. */
#pragma once

#include <stdint.h>

/*
 * RLIMIT_CORE of a cell on a machine whose kernel.core_pattern is `pattern`. 1 if that names a
 * program or a socket, else 0.
 */
uint64_t core_pattern_limit(const char *pattern);

/* Of this machine, now. */
uint64_t core_pattern_limit_here(void);
