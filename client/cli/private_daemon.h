/* A daemon of our own, for one command. */
#pragma once

#include <stddef.h>

#include "client/cli/cli.h"

struct private_daemon;

/*
 * Starts assayd on a socket in a new directory and waits until it can judge. 0: *daemon is the
 * caller's, for private_daemon_stop(). Otherwise prints why not and returns -errno: -EINTR when
 * SIGINT or SIGTERM came while waiting.
 */
int private_daemon_start(const struct cli_context *context, struct private_daemon **daemon);

/* "unix:PATH"; borrowed. */
const char *private_daemon_address(const struct private_daemon *daemon);

/* Prints on stderr what the daemon has logged since the last call; nothing if nothing. */
void private_daemon_print_log(struct private_daemon *daemon);

/* Ends it, waits for its end and removes its directory. NULL is allowed. */
void private_daemon_stop(struct private_daemon *daemon);
