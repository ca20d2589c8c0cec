/*
 * SHA-256. Broker only.
 */
#pragma once

#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lru.h"

struct digest {
	struct sha256_ctx state;
};

void digest_start(struct digest *digest);

void digest_add(struct digest *digest, const void *bytes, size_t len);

/* The length first, so that where one text ends and the next begins counts, too. */
void digest_add_text(struct digest *digest, const void *bytes, size_t len);

/* The digest must be started anew afterwards. */
void digest_end(struct digest *digest, struct lru_key *key);
