/* Kernels that are known to let somebody out. */
#pragma once

#include <stddef.h>

/*
 * Looks up a release as of uname(2), "6.1.55-cloud-amd64". Returns the number of known holes that
 * the upstream kernel of that number has, and writes their names, separated by commas, to `names`.
 * -EINVAL: it does not begin like a release.
 */
int escapes_of(const char *release, char *names, size_t size);
