/*
 * Where the daemon listens.
 */
#pragma once

#include <sys/un.h>

/*
 * The address to connect to, by the rules of assay_connect(). 0; -ENOENT: none given and no socket
 * where one is looked for; -EINVAL: not a kind of address known here; -ENAMETOOLONG. After a
 * failure *address holds as much of the path as fits, for a text.
 */
int address_find(const char *given, struct sockaddr_un *address);
