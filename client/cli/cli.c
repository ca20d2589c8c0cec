/*
 * Helpers that every verb of the command line uses. Runs in `assay`.
 *
 * Waiting for answers and being interrupted: SIGINT, SIGTERM and SIGHUP only set a flag (main.c). A
 * signal that came between looking at the flag and poll() would be slept over, so they are blocked
 * while the flag is read and let in by ppoll() alone.
 */
#include "client/cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/cli/terminal.h"

void cli_error(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	flockfile(stderr);
	fputs("assay: ", stderr);
	if (text != NULL)
		terminal_write(stderr, text, strlen(text), 0);
	else
		fputs("out of memory", stderr);
	fputc('\n', stderr);
	funlockfile(stderr);
	free(text);
}

/* poll() for the client and wake_fd. > 0: something is readable; 0: time is over; -errno. */
static int wait_readable(struct cli_context *context, int timeout_ms, int wake_fd)
{
	struct timespec timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = (long)(timeout_ms % 1000) * 1000000L,
	};
	struct pollfd watched[] = {
		{.fd = -1},
		{.fd = wake_fd, .events = POLLIN},
	};
	sigset_t signals, before;
	int n = -1;

	/* With nothing in flight a closed connection would only make poll() spin. */
	if (assay_client_in_flight(context->client) > 0) {
		watched[0].fd = assay_client_fd(context->client);
		watched[0].events = assay_client_poll_events(context->client);
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, &before);
	errno = EINTR;
	if (!*context->interrupted)
		n = ppoll(watched, 2, timeout_ms < 0 ? NULL : &timeout, &before);
	n = n < 0 ? -errno : n;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return n;
}

int cli_next(struct cli_context *context, int timeout_ms, int wake_fd, assay_event **event)
{
	for (;;) {
		int err = *context->interrupted ? -EINTR : assay_next(context->client, 0, event);
		int n;

		if (err == -ENODATA && (wake_fd >= 0 || timeout_ms > 0))
			err = -ETIMEDOUT;
		if (err != -ETIMEDOUT)
			return err;
		n = wait_readable(context, timeout_ms, wake_fd);
		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && n != -EINTR)
			return n;
		if (n > 0 && wake_fd >= 0) {
			struct pollfd wake = {.fd = wake_fd, .events = POLLIN};

			err = assay_next(context->client, 0, event);
			if (err != -ETIMEDOUT && err != -ENODATA)
				return err;
			if (poll(&wake, 1, 0) > 0) {
				*event = NULL;
				return 0;
			}
		}
	}
}
