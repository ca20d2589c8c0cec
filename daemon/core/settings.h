/*
 * What the administrator chose for the broker, as plain data: filled by config/ from
 * options.def, handed over as sealed memory. Units in the names.
 */
#pragma once

#include <stdint.h>

#define SETTINGS_MAGIC 0x61737902u
#define SETTINGS_PATH_MAX 256

struct settings {
	uint32_t magic;
	uint32_t log_level; /* enum log_level */
	uint32_t n_slots;
	uint32_t clients_max;      /* connections at one time */
	uint32_t queue_max;        /* evaluations waiting, all clients together */
	uint32_t candidates_max;   /* in one request */
	uint32_t user_clients_max; /* as clients_max and queue_max, of one user */
	uint32_t user_queue_max;
	uint32_t broker_uid; /* as root: the uid that the broker changes to; 0: keeps its own */
	uint64_t frame_max_bytes;
	uint64_t inbound_budget_bytes; /* unfinished frames and queued requests, all clients
					  together */
	uint64_t outbound_high_bytes; /* unread answers of one client at which its work is held back
				       */
	uint64_t kill_patience_ms; /* a killed run that is not clean by then: its cell is rebuilt */
	uint64_t start_patience_ms;  /* a cell that is not ready by then is rebuilt */
	uint64_t cell_idle_ms;       /* a cell that nothing needed for so long is ended; 0: never */
	uint64_t slot_cell_bytes;    /* of warm runtimes that a slot keeps at one time */
	uint64_t cache_bytes;        /* of known verdicts, in memory; 0: none is kept */
	uint64_t blob_bytes;         /* of content that clients name by its digest */
	uint64_t cache_file_bytes;   /* in its folder; 0: there is none */
	uint64_t runtime_stamp;      /* another one when the runtime has changed */
	uint32_t shares_verdicts;    /* between users: 0 or 1 */
	uint64_t keeper_patience_ms; /* a keeper that has not answered by then is replaced */
	uint64_t greeting_patience_ms; /* a client that has not greeted by then is closed */
	uint32_t serves_tcp;           /* BROKER_FD_TCP and BROKER_FD_TOKENS are there: 0 or 1 */
	uint32_t supervisor_pid;
};
