/*
 * Connecting by TCP.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether this is an address of TCP: "tcp:HOST:PORT", with [] around a HOST that has colons. */
bool tcp_is_address(const char *address);

/*
 * A connected, non-blocking socket, or -errno: -EINVAL (no such form), -ENOENT (the name is
 * unknown), -ETIMEDOUT. `timeout_ms` below 0: no limit. Looking a name up is not bounded by it.
 */
int tcp_connect(const char *address, int timeout_ms);
