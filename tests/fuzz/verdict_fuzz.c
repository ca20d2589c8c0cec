/* Any bytes as the file of a known verdict, as they are and with a checksum that fits. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/verdict_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct lru_key key = {{1}};

/* What is taken lies within the bytes, and is written again as it was. */
static void read_file(const uint8_t *bytes, size_t len)
{
	struct verdict_file_header header;
	struct told_verdict told;

	if (!verdict_file_parse(bytes, len, &key, &told))
		return;
	assert(told.bytes == bytes + sizeof(header) && told.len == len - sizeof(header));
	verdict_file_head(&key, &told, &header);
	assert(memcmp(&header, bytes, offsetof(struct verdict_file_header, reserved)) == 0);
	assert(header.len == told.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct verdict_file_header header;
	struct told_verdict told = {.code = VERDICT_PASSED, .bytes = bytes, .len = len};
	uint8_t *file = malloc(sizeof(header) + len);

	read_file(bytes, len);
	verdict_file_head(&key, &told, &header);
	memcpy(file, &header, sizeof(header));
	if (len > 0)
		memcpy(file + sizeof(header), bytes, len);
	assert(verdict_file_parse(file, sizeof(header) + len, &key, &told));
	/* One byte is changed: which, the input says. */
	if (len > 0) {
		file[bytes[0] % (sizeof(header) + len)] ^= (uint8_t)(1 << (bytes[0] >> 5));
		assert(!verdict_file_parse(file, sizeof(header) + len, &key, &told));
	}
	free(file);
	return 0;
}
