/*
 * Finding a daemon and staying connected to it. Runs in `assay`.
 *
 * Order: --connect, else $ASSAY_ADDR (whoever names an address means that one: no other is tried),
 * else the user's socket, else the system's, else a private daemon. A socket file that nobody
 * serves, or that we may not use, is passed over; a daemon that answers but speaks another protocol
 * is an error, because a private one beside it would hide the reason.
 *
 * A connection that breaks is made again: the supervisor restarts a broker that died, on the same
 * address. What was in flight has to be submitted again by whoever submitted it.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/cli/private_daemon.h"
#include "client/cli/terminal.h"

#define CONNECT_PATIENCE_MS 10000
#define RECONNECT_PATIENCE_MS 20000
#define RECONNECT_PAUSE_MS 200
#define SYSTEM_SOCKET "/run/assay/assay.sock"

static int connect_to(struct cli_context *context, const char *address)
{
	return assay_connect_token(address, context->token, "assay", CONNECT_PATIENCE_MS,
				   &context->client);
}

static int fail_connecting(const char *address, int err)
{
	const char *reason = strerror(-err);

	if (err == -ENOENT || err == -ECONNREFUSED)
		reason = "no daemon listens there";
	else if (err == -EPROTONOSUPPORT)
		reason = "it speaks another version of the protocol";
	else if (err == -EPROTO)
		reason = "what listens there does not speak the protocol of assayd";
	else if (err == -EACCES && strncmp(address, "tcp:", 4) == 0)
		reason = "it does not know the token (--token-file, $ASSAY_TOKEN)";
	else if (err == -ETIMEDOUT)
		reason = "it does not answer";
	cli_error("cannot connect to %s: %s", address, reason);
	return CLI_NO_DAEMON;
}

static bool nobody_there(int err)
{
	return err == -ENOENT || err == -ECONNREFUSED || err == -ENOTDIR || err == -EACCES ||
	       err == -EPERM || err == -ENAMETOOLONG;
}

/* CLI_DONE with a client or without one (nobody is there), else the exit status. */
static int try_socket(struct cli_context *context, const char *path)
{
	int err = connect_to(context, path);

	if (err == 0) {
		snprintf(context->address_found, sizeof(context->address_found), "%s", path);
		context->address = context->address_found;
		return CLI_DONE;
	}
	return nobody_there(err) ? CLI_DONE : fail_connecting(path, err);
}

static int try_standing_daemons(struct cli_context *context)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int status = CLI_DONE;
	char path[sizeof(context->address_found)];

	if (runtime != NULL && runtime[0] == '/') {
		int len = snprintf(path, sizeof(path), "%s/assay/assay.sock", runtime);

		if ((size_t)len < sizeof(path)) /* longer ones fit into no socket address */
			status = try_socket(context, path);
	}
	if (status == CLI_DONE && context->client == NULL)
		status = try_socket(context, SYSTEM_SOCKET);
	return status;
}

/* A private daemon takes what the machine gives; whoever relies on it should know. */
static void say_missing(const assay_client *client)
{
	const char *layer = assay_server_isolation_missing(client, 0);

	if (layer == NULL)
		return;
	fputs("assay: this machine does not give it: ", stderr);
	for (size_t i = 0; (layer = assay_server_isolation_missing(client, i)) != NULL; i++) {
		fputs(i > 0 ? ", " : "", stderr);
		terminal_write(stderr, layer, strlen(layer), -1);
	}
	fputs(" (`assay doctor` tells more)\n", stderr);
}

static int start_private(struct cli_context *context)
{
	int err = private_daemon_start(context, &context->private_daemon);

	if (err == -EINTR)
		return CLI_INTERRUPTED;
	if (err < 0)
		return CLI_NO_DAEMON;
	fputs("assay: no daemon found, started a private one for this command\n", stderr);
	context->address = private_daemon_address(context->private_daemon);
	err = connect_to(context, context->address);
	if (err < 0)
		return fail_connecting(context->address, err);
	say_missing(context->client);
	return CLI_DONE;
}

int cli_connect(struct cli_context *context)
{
	int status, err;

	if (context->address == NULL) {
		const char *from_environment = getenv("ASSAY_ADDR");

		if (from_environment != NULL && from_environment[0] != '\0')
			context->address = from_environment;
	}
	if (context->address != NULL) {
		err = connect_to(context, context->address);
		return err < 0 ? fail_connecting(context->address, err) : CLI_DONE;
	}
	status = try_standing_daemons(context);
	if (status == CLI_DONE && context->client == NULL)
		status = start_private(context);
	return status;
}

int cli_reconnect(struct cli_context *context)
{
	int err = -ECONNRESET;

	assay_disconnect(context->client);
	context->client = NULL;
	for (int waited_ms = 0; waited_ms < RECONNECT_PATIENCE_MS;
	     waited_ms += RECONNECT_PAUSE_MS) {
		if (*context->interrupted)
			return CLI_INTERRUPTED;
		err = connect_to(context, context->address);
		if (err == 0)
			return CLI_DONE;
		if (!nobody_there(err) && err != -ECONNRESET)
			break;
		poll(NULL, 0, RECONNECT_PAUSE_MS);
	}
	cli_error("the daemon went away");
	if (context->private_daemon != NULL)
		private_daemon_print_log(context->private_daemon);
	return fail_connecting(context->address, err);
}

void cli_disconnect(struct cli_context *context)
{
	assay_disconnect(context->client);
	context->client = NULL;
	private_daemon_stop(context->private_daemon);
	context->private_daemon = NULL;
}
