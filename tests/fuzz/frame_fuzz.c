/* Any bytes, any bound: a frame found lies within the bytes and within the bound. */
#include <assert.h>

#include "proto/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint64_t max_bytes = len > 0 ? bytes[len - 1] : 0;
	struct frame frame;

	while (frame_parse(bytes, len, max_bytes, &frame) == 0) {
		assert(frame.message_len > 0 && frame.message_len <= max_bytes);
		assert(frame.message + frame.message_len <= bytes + len);
		bytes += frame.total_len;
		len -= frame.total_len;
	}
	return 0;
}
