/* The system call filter of a policy, compiled. */
#pragma once

#include "core/policy.h"

/*
 * Compiles policy->syscalls into a sealed memfd that holds an array of struct sock_filter
 * (inside/lock.h, CELL_FD_LOCK). Descriptor (O_CLOEXEC, offset 0, caller owns it) or -errno; what
 * is wrong with the policy is logged. System calls that this libseccomp does not know are skipped
 * with one line in the log: they keep the default action, which is to refuse.
 */
int filter_compile(const struct policy *policy);
