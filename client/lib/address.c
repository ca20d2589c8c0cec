/*
 * Finding the daemon's socket; libassay.
 *
 * What the caller or $ASSAY_ADDR names is used as it stands, so that a mistake in it is reported
 * and not papered over by another daemon; only the two usual places are tried for existence.
 */
#include "client/lib/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SYSTEM_SOCKET "/run/assay/assay.sock"
#define USER_SOCKET "assay/assay.sock" /* below $XDG_RUNTIME_DIR */

static int set_path(struct sockaddr_un *address, const char *path)
{
	size_t len = strlen(path);

	if (len >= sizeof(address->sun_path)) {
		memcpy(address->sun_path, path, sizeof(address->sun_path) - 1);
		return -ENAMETOOLONG;
	}
	memcpy(address->sun_path, path, len + 1);
	return 0;
}

static int set_address(struct sockaddr_un *address, const char *text)
{
	static const char scheme[] = "unix:";
	const char *colon = strchr(text, ':');
	const char *slash = strchr(text, '/');
	int err;

	if (strncmp(text, scheme, strlen(scheme)) == 0) {
		text += strlen(scheme);
		if (strncmp(text, "//", 2) == 0)
			text += 2;
		return *text == '\0' ? -EINVAL : set_path(address, text);
	}
	err = set_path(address, text);
	/* "tcp:host:1" has a scheme; "/a:b" and "./a:b" are paths. */
	if (*text == '\0' || (colon != NULL && (slash == NULL || colon < slash)))
		return -EINVAL;
	return err;
}

int address_find(const char *given, struct sockaddr_un *address)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const char *variable = getenv("ASSAY_ADDR");
	char path[sizeof(address->sun_path)];

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (given == NULL && variable != NULL && *variable != '\0')
		given = variable;
	if (given != NULL)
		return set_address(address, given);
	if (runtime != NULL && *runtime == '/' &&
	    (size_t)snprintf(path, sizeof(path), "%s/%s", runtime, USER_SOCKET) < sizeof(path) &&
	    access(path, F_OK) == 0)
		return set_path(address, path);
	set_path(address, SYSTEM_SOCKET);
	return access(SYSTEM_SOCKET, F_OK) == 0 ? 0 : -ENOENT;
}
