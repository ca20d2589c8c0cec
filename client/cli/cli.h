/*
 * What every verb of the command line shares: its context, its exit statuses and a few helpers.
 *
 * Data goes to stdout, everything else to stderr. A verb prints its own errors with cli_error() and
 * returns an exit status.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/assay.h"

enum cli_status {
	CLI_DONE = 0,
	CLI_NOT_PASSED = 1, /* run: the candidate, doctor: the machine, policies check: a file,
			       suite: a label */
	CLI_USAGE = 2,      /* wrong arguments, or a file that cannot be opened */
	CLI_NO_DAEMON = 3,  /* no daemon can be reached or started, or it went away for good */
	CLI_BAD_INPUT = 4,  /* part of the input could not be used; the rest was done */
	CLI_INTERRUPTED = 130,
};

struct private_daemon;

struct cli_context {
	const char *address;                   /* --connect; NULL: look for a daemon */
	const char *token;                     /* for TCP; NULL: $ASSAY_TOKEN */
	char address_found[128];               /* where `address` points when it was looked for */
	assay_client *client;                  /* owned; NULL until cli_connect() */
	struct private_daemon *private_daemon; /* owned; NULL unless one was started */
	const volatile sig_atomic_t *interrupted; /* set by SIGINT, SIGTERM and SIGHUP */
	bool quiet; /* the verb's --quiet: no progress bar, no summary */
	bool color; /* stdout is a terminal and NO_COLOR is unset */
};

struct cli_verb {
	const char *name;
	const char *summary; /* one line of `assay --help` */
	/* argv[0] is "assay NAME", for messages. Returns an exit status. */
	int (*run)(struct cli_context *context, int argc, char **argv);
};

/*
 * Connects to the daemon that the context names, else to the first that is found, else starts a
 * private one. CLI_DONE, or prints why not and returns the exit status. Call it after all arguments
 * and files have been checked. The client and the private daemon belong to the context.
 */
int cli_connect(struct cli_context *context);

/*
 * After assay_next() or assay_submit() gave an error: connects again to the same daemon (its broker
 * may just have been restarted), trying for a few seconds. Everything that was in flight is lost
 * and has to be submitted again. Status as cli_connect().
 */
int cli_reconnect(struct cli_context *context);

/* Disconnects and ends the private daemon. Safe to call twice. */
void cli_disconnect(struct cli_context *context);

/*
 * Like assay_next(), but returns -EINTR once SIGINT, SIGTERM or SIGHUP has come. Also returns 0
 * with *event NULL when wake_fd (-1: none) has become readable and no answer is waiting. With a
 * wake_fd or a timeout above 0 it waits also when nothing is in flight.
 */
int cli_next(struct cli_context *context, int timeout_ms, int wake_fd, assay_event **event);

/* "assay: TEXT" and a newline on stderr; control bytes in the text are escaped. */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

int cmd_run(struct cli_context *context, int argc, char **argv);
int cmd_eval(struct cli_context *context, int argc, char **argv);
int cmd_suite(struct cli_context *context, int argc, char **argv);
int cmd_loop(struct cli_context *context, int argc, char **argv);
int cmd_status(struct cli_context *context, int argc, char **argv);
int cmd_doctor(struct cli_context *context, int argc, char **argv);
int cmd_policies(struct cli_context *context, int argc, char **argv);
