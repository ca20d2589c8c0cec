/*
 * The form of a file that holds one known verdict. Pure functions on bytes; broker only.
 */
#pragma once

#include "core/lru.h"
#include "core/verdict_cache.h"

#define VERDICT_FILE_MAGIC 0x6b766179u
#define VERDICT_FILE_VERSION 1

/* In the order of the machine: files are for the machine that wrote them. */
struct verdict_file_header {
	uint32_t magic;
	uint32_t version;
	uint32_t code; /* enum verdict_code */
	uint32_t reserved;
	uint64_t len; /* of what follows */
	struct lru_key key;
	struct lru_key checksum; /* SHA-256 of the header with this as zeros, and of what follows */
};

/* What is before the told bytes in the file of `key`. */
void verdict_file_head(const struct lru_key *key, const struct told_verdict *told,
		       struct verdict_file_header *header);

/* Whether these are the whole and unchanged bytes of a file of `key`; *told borrows from them. */
bool verdict_file_parse(const uint8_t *bytes, size_t len, const struct lru_key *key,
			struct told_verdict *told);
