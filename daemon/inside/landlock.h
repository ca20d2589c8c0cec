/* Landlock: a second opinion on files, sockets and signals, see landlock(7). */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "inside/lock.h"

/* The version of Landlock's interface that this kernel has; 0: none, or one that is not used. */
int landlock_version(void);

/*
 * Restricts this process and all to come from it, as far as this kernel's version knows: files to
 * `rules`, no TCP, no abstract socket and no signal to the outside. Needs no-new-privileges. 0 or
 * -errno with `failure` filled.
 */
int landlock_restrict(const struct lock_rule *rules, uint32_t n_rules, struct failure *failure);
