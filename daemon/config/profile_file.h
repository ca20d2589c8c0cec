/*
 * System calls from a profile in the format of OCI runtimes and Docker (JSON).
 */
#pragma once

#include <stddef.h>

#include "config/config_error.h"
#include "core/policy.h"

/* The kernel that the profile is for: `minKernel` conditions are settled when it is read. */
struct profile_kernel {
	unsigned int major;
	unsigned int minor;
};

/*
 * Reads the "5.10" that `text` begins with; *rest is set to what follows. 0, or -EINVAL.
 */
int profile_kernel_parse(const char *text, struct profile_kernel *kernel, const char **rest);

/*
 * Reads `len` bytes of JSON and sets default_error, syscalls and n_syscalls of `policy`. A cell has
 * no capability: groups that include one are left out. Names of system calls are not looked up here
 * (the keeper's libseccomp does, and skips one that it does not know with a warning). 0, or -EINVAL
 * with `error`; `policy` is unchanged then.
 */
int profile_file_parse(const char *name, const void *bytes, size_t len,
		       const struct profile_kernel *kernel, struct policy *policy,
		       struct config_error *error);
