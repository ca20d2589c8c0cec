/*
 * A budget of bytes that is charged before memory is used and refunded when it is free again. Pure.
 */
#pragma once

#include <stddef.h>

struct quota {
	size_t max_bytes;
	size_t used_bytes;
};

enum quota_outcome { QUOTA_EXHAUSTED = 1 };

/* 0, or QUOTA_EXHAUSTED and nothing is charged. */
int quota_charge(struct quota *quota, size_t bytes);

/* Asserts that as much had been charged. */
void quota_refund(struct quota *quota, size_t bytes);
