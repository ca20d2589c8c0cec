/* The system call filter of a policy, compiled. */
#pragma once

#include <stdbool.h>

#include "core/policy.h"

/*
 * Compiles policy->syscalls into a memfd that holds an array of struct sock_filter. `notifies`: the
 * calls that the policy wants to be named are reported to a listener, which the same filter lets
 * work; else they are only refused. Descriptor (O_CLOEXEC, offset 0, caller owns it) or -errno;
 * what is wrong with the policy is logged. System calls that this libseccomp does not know are
 * skipped with one line in the log: they keep the default action, which is to refuse.
 */
int filter_compile(const struct policy *policy, bool notifies);

/* Whether this kernel and libseccomp can report calls to a listener of ours; tried in a child. */
bool filter_can_notify(void);
