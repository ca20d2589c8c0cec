/*
 * Charging and refunding. Pure; used by the broker for bytes received and not yet answered.
 */
#include "core/quota.h"

#include <assert.h>

int quota_charge(struct quota *quota, size_t bytes)
{
	if (bytes > quota->max_bytes - quota->used_bytes)
		return QUOTA_EXHAUSTED;
	if (quota->whole != NULL && quota_charge(quota->whole, bytes) != 0)
		return QUOTA_WHOLE_EXHAUSTED;
	quota->used_bytes += bytes;
	return 0;
}

void quota_leave(struct quota *share, size_t bytes)
{
	assert(bytes <= share->used_bytes);
	share->used_bytes -= bytes;
}

void quota_refund(struct quota *quota, size_t bytes)
{
	quota_leave(quota, bytes);
	if (quota->whole != NULL)
		quota_refund(quota->whole, bytes);
}
