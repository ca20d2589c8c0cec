/*
 * What the supervisor hands to its two children: descriptor numbers after exec, and the packets on
 * the channel between assayd and assay-broker. (assay-keeper's numbers are in keeper/keeper_msg.h.)
 */
#pragma once

#include <stdint.h>

/* Descriptors of assay-broker after exec; 0 is /dev/null, 1 and 2 go to the log. */
enum broker_fd {
	BROKER_FD_SETTINGS = 3, /* sealed memfd: struct settings */
	BROKER_FD_POLICIES = 4, /* sealed memfd: struct policy_table */
	BROKER_FD_LISTENER = 5, /* listening stream socket, bound by the supervisor so that it
				   outlives a broker */
	BROKER_FD_SUPERVISOR =
		6,           /* SOCK_SEQPACKET channel; end of file: the supervisor is gone, exit */
	BROKER_FD_CACHE = 7, /* folder of known verdicts; only if the settings say so */
	BROKER_FD_TCP = 8,   /* likewise: listening socket for those who have a token */
	BROKER_FD_TOKENS = 9, /* likewise: sealed memfd, struct token_table */
};

enum supervisor_packet_type {
	SUPERVISOR_KEEPER = 1, /* to the broker, with one descriptor: the socket to a (new) keeper,
				  pid in `value` */
	SUPERVISOR_STOP = 2,   /* to the broker: take nothing new, answer what is queued with
				* SHUTTING_DOWN,   let what runs end within `value` ms, exit 0 */
	SUPERVISOR_READY =
		3, /* from the broker, once: the first cell of every slot has said CELL_READY */
	SUPERVISOR_FAILED = 4, /* from the broker: cells cannot be built; `text` says why; the
				* supervisor exits with it if it was never ready */
	SUPERVISOR_STUCK = 5,  /* from the broker: the keeper of pid `value` does not answer; it is
				* killed, and another one started */
};

struct supervisor_packet {
	uint32_t type;
	uint32_t value;
	char text[248]; /* NUL-terminated */
};
