/*
 * Tests, tasks and files that clients have sent once and name by their SHA-256 since. Broker only.
 *
 * They are a user's, who finds them from all of its connections, and nobody else does: to know a
 * digest is not to have sent the content. Bounded like everything of core/lru, so one may be
 * forgotten at any time, and is then sent again.
 */
#pragma once

#include "assay.pb-c.h"
#include "broker/request.h"
#include "core/lru.h"
#include "core/metrics.h"
#include "core/quota.h"

struct blobs;

struct blobs *blobs_new(size_t max_bytes);
void blobs_free(struct blobs *blobs);

/* Keeps a copy of the content for `uid`. 0, and its digest; or REQUEST_REFUSED. */
int blobs_put(struct blobs *blobs, uint32_t uid, const Assay__PutBlob *put, struct lru_key *sha256,
	      struct refusal *refusal);

/*
 * Puts what the request names by digest into it, as if it had been sent with it. What that takes is
 * charged to `payer`, and *charged_bytes is how much. REQUEST_REFUSED: nothing is charged; the
 * message is to be freed.
 */
int blobs_resolve(struct blobs *blobs, uint32_t uid, Assay__Evaluate *evaluate, struct quota *payer,
		  size_t *charged_bytes, struct refusal *refusal);

/* For the status. */
void blobs_count(const struct blobs *blobs, struct metrics *metrics);
