/*
 * Charging and refunding. Pure; used by the broker for bytes received and not yet answered.
 */
#include "core/quota.h"

#include <assert.h>

int quota_charge(struct quota *quota, size_t bytes)
{
	if (bytes > quota->max_bytes - quota->used_bytes)
		return QUOTA_EXHAUSTED;
	quota->used_bytes += bytes;
	return 0;
}

void quota_refund(struct quota *quota, size_t bytes)
{
	assert(bytes <= quota->used_bytes);
	quota->used_bytes -= bytes;
}
