/*
 * Who is connected: one account a user, told by the kernel or, by TCP, by a token. Broker only.
 */
#pragma once

#include <bsd/sys/queue.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "core/queue.h"

struct account {
	struct tenant tenant; /* its turns in the queue */
	uint32_t uid;         /* or the number of a name: core/token_table.h */
	const char *name;     /* of a token; NULL: it is a uid. Borrowed */
	uint32_t n_sessions;  /* it lives as long as there is one */
	uint64_t n_candidates;
	TAILQ_ENTRY(account) link;
};

struct accounts {
	struct queue *queue; /* borrowed */
	TAILQ_HEAD(, account) list;
	uint32_t n;
};

/* The other end of a connection, at the moment it connected. */
struct peer {
	uint32_t uid;
	uint32_t gid;
	int32_t pid;
	const char *name; /* of a token, once it was shown; NULL: a user of the host. Borrowed */
	char address[64]; /* by TCP, for people; else "" */
};

void accounts_init(struct accounts *accounts, struct queue *queue);

/* The account of `uid`, with one session more; made if there is none. Given back by release. */
struct account *accounts_take(struct accounts *accounts, uint32_t uid);

/* One session less; the last one frees it, and then none of its flows may exist. */
void accounts_release(struct accounts *accounts, struct account *account);

/* Asks the kernel who connected the Unix socket `fd`. 0 or -errno. */
int peer_read(int fd, struct peer *peer);

/* A stranger at this address of TCP. */
void peer_of_address(const struct sockaddr *address, struct peer *peer);
