/*
 * Messages to and from bytes, each within a budget of memory.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "assay.pb-c.h"

enum codec_outcome {
	CODEC_MALFORMED = 1, /* the bytes are not such a message, or a string is not UTF-8 or
				has a NUL */
	CODEC_TOO_LARGE,     /* unpacking would take more memory than the budget */
};

/*
 * A budget that every sensible message of `len` bytes fits: tiny elements take many times their
 * wire size in memory, and there may be as many as a request may have tests (65536 calls).
 */
static inline size_t codec_budget_bytes(size_t len)
{
	return ((size_t)16 << 20) + 4 * len;
}

/*
 * Unpacks one message. The memory taken, overhead of the heap and of parsing included, never
 * exceeds `budget_bytes`. On 0 *message is the caller's, to be given to codec_free_*. > 0: enum
 * codec_outcome. -ENOMEM.
 *
 * Text and bytes of the message are followed by a NUL that their length does not count (an empty
 * `bytes` has data == NULL). Unknown fields are dropped. Enums may hold numbers that this version
 * does not name. The client's variant checks that every string is UTF-8 and holds no NUL; a client
 * must take what a newer or sloppier server says, and for it a NUL within a `string` ends it.
 */
int codec_unpack_client(const uint8_t *bytes, size_t len, size_t budget_bytes,
			Assay__ClientMessage **message);
int codec_unpack_server(const uint8_t *bytes, size_t len, size_t budget_bytes,
			Assay__ServerMessage **message);

/* An Evaluate by itself, with the checks of the client's variant. */
int codec_unpack_task(const uint8_t *bytes, size_t len, size_t budget_bytes,
		      Assay__Evaluate **task);

/* NULL is allowed. */
void codec_free_task(Assay__Evaluate *task);
void codec_free_client(Assay__ClientMessage *message);
void codec_free_server(Assay__ServerMessage *message);

/*
 * Packs header and message into one new buffer, *frame_bytes, which the caller free()s; *len is its
 * whole length. -EMSGSIZE: 4 GiB or more; -ENOMEM.
 */
int codec_pack_client(const Assay__ClientMessage *message, uint8_t **frame_bytes, size_t *len);
int codec_pack_server(const Assay__ServerMessage *message, uint8_t **frame_bytes, size_t *len);

/*
 * The same of a Result that answers `request_id`, which exists in two parts: `own` in its fields,
 * and the rest as packed already. They must have no field in common.
 */
int codec_pack_result(uint64_t request_id, const Assay__Result *own, const uint8_t *rest,
		      size_t rest_len, uint8_t **frame_bytes, size_t *len);
