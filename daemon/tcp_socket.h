/*
 * The TCP socket that clients connect to, if there is to be one. Made by the supervisor, so that it
 * outlives a broker, like the Unix socket.
 */
#pragma once

#include "config/config_error.h"

/*
 * Binds "HOST:PORT", "[ADDRESS]:PORT" or "PORT" (of 127.0.0.1) and listens; port 0 takes a free
 * one. Logs where. 0 and *fd, which the caller owns; or -EINVAL with `error`.
 */
int tcp_socket_open(const char *address, int *fd, struct config_error *error);
