/*
 * Users of the socket. Broker.
 *
 * SO_PEERCRED is what the kernel noted when the connection was made: nothing that a client sends
 * can change it, and a descriptor that is passed on keeps the name of who opened it. The pid is for
 * people who read the log; it may belong to somebody else by now, so nothing is decided by it.
 *
 * There are as many accounts as users connected at one time, so a list is searched.
 */
#include "broker/accounts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "core/token_table.h"

void accounts_init(struct accounts *accounts, struct queue *queue)
{
	*accounts = (struct accounts){.queue = queue};
	TAILQ_INIT(&accounts->list);
}

static struct account *find(struct accounts *accounts, uint32_t uid)
{
	struct account *account;

	TAILQ_FOREACH (account, &accounts->list, link)
		if (account->uid == uid)
			return account;
	return NULL;
}

struct account *accounts_take(struct accounts *accounts, uint32_t uid)
{
	struct account *account = find(accounts, uid);

	if (account == NULL) {
		account = xcalloc(1, sizeof(*account));
		account->uid = uid;
		tenant_init(&account->tenant, accounts->queue);
		TAILQ_INSERT_TAIL(&accounts->list, account, link);
		accounts->n++;
	}
	account->n_sessions++;
	return account;
}

void accounts_release(struct accounts *accounts, struct account *account)
{
	if (--account->n_sessions > 0)
		return;
	TAILQ_REMOVE(&accounts->list, account, link);
	accounts->n--;
	free(account);
}

int peer_read(int fd, struct peer *peer)
{
	struct ucred credentials;
	socklen_t len = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) < 0)
		return -errno;
	*peer = (struct peer){
		.uid = credentials.uid,
		.gid = credentials.gid,
		.pid = credentials.pid,
	};
	return 0;
}

void peer_of_address(const struct sockaddr *address, struct peer *peer)
{
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;
	const bool is_six = address->sa_family == AF_INET6;
	char host[INET6_ADDRSTRLEN] = "";

	inet_ntop(address->sa_family, is_six ? (const void *)&six->sin6_addr : &four->sin_addr,
		  host, sizeof(host));
	*peer = (struct peer){.uid = TENANT_STRANGER, .gid = UINT32_MAX};
	snprintf(peer->address, sizeof(peer->address), is_six ? "[%s]:%u" : "%s:%u", host,
		 ntohs(is_six ? six->sin6_port : four->sin_port));
}
