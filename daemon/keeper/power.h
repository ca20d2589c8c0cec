/* The keeper's own power, as little as its requests need. */
#pragma once

#include <stdbool.h>

/*
 * Gives up, for good, every capability that building and killing cells does not need, and all ways
 * to get new ones by executing something. As an ordinary user there are none to give up. 0 or
 * -errno.
 */
int power_reduce(bool is_privileged);
