/* What pid 1 of a cell locks itself with, made once a policy. */
#pragma once

#include <stdint.h>

#include "core/policy.h"

/* Those of LAYER_LANDLOCK and LAYER_SECCOMP_NOTIFY that this machine gives, as a bit set. */
uint32_t lock_material_layers(void);

/*
 * Compiles the policy's filter, with what `layers` has, into a sealed memfd (inside/lock.h,
 * CELL_FD_LOCK). Descriptor (O_CLOEXEC, offset 0, caller owns it) or -errno; what is wrong with the
 * policy is logged.
 */
int lock_material_build(const struct policy *policy, uint32_t layers);
