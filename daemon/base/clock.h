/* Time in nanoseconds. */
#pragma once

#include <stdint.h>

#define NS_PER_MS 1000000ULL
#define NS_PER_S 1000000000ULL

/* CLOCK_MONOTONIC. */
uint64_t clock_now_ns(void);
