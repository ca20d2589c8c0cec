/*
 * One question over HTTP: its body, its tries, its answer. Part of `assay-model`.
 */
#pragma once

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct transfer_settings {
	const char *url;    /* where the interface begins, without a slash at its end */
	const char *name;   /* of the model; NULL: the server's only one */
	const char *key;    /* NULL: none */
	bool is_completion; /* /completions instead of /chat/completions */
	unsigned int retries;
	long timeout_s; /* of one try */
};

struct transfer;

/* From a question (borrowed). NULL when memory is short. The settings are borrowed. */
struct transfer *transfer_new(const struct transfer_settings *settings, const json_t *question);
/* Not while its handle is in a multi. NULL is allowed. */
void transfer_free(struct transfer *transfer);

/* For a curl_multi; its CURLINFO_PRIVATE is the transfer. */
CURL *transfer_handle(struct transfer *transfer);

/*
 * A try has ended with `code`. Returns the answer (the caller owns it), or NULL: to be tried again
 * at *again_ms of the monotonic clock, after `now_ms`. Tried again is what may go well another
 * time: no connection, no answer in time, and the statuses 408, 409, 425, 429 and 5xx, with pauses
 * that double, vary by half, and are as long as the server asks.
 */
json_t *transfer_end(struct transfer *transfer, CURLcode code, int64_t now_ms, int64_t *again_ms);
