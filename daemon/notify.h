/*
 * The two conversations with a service manager, as sd_notify(3) and sd_listen_fds(3) describe them.
 */
#pragma once

/* Sends `state` ("READY=1") to $NOTIFY_SOCKET; without one, does nothing. 0 or -errno. */
int notify_send(const char *state);

/*
 * The listening socket that the service manager passed (close-on-exec is set), or -1 if it passed
 * none; -EINVAL if what it passed is not exactly one listening stream socket.
 */
int notify_listener(void);
