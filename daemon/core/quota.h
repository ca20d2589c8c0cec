/*
 * A budget of bytes that is charged before memory is used and refunded when it is free again. Pure.
 */
#pragma once

#include <stddef.h>

struct quota {
	size_t max_bytes;
	size_t used_bytes;
	struct quota *whole; /* of which this is a share: charged, too; or NULL */
};

enum quota_outcome {
	QUOTA_EXHAUSTED = 1,
	QUOTA_WHOLE_EXHAUSTED, /* by all shares together, and not this one alone */
};

/* 0, or an outcome and nothing is charged. */
int quota_charge(struct quota *quota, size_t bytes);

/* The share is refunded, the whole is not; the caller refunds that later. */
void quota_leave(struct quota *share, size_t bytes);

/* Asserts that as much had been charged. */
void quota_refund(struct quota *quota, size_t bytes);
