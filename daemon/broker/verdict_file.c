/*
 * Writing and reading the form. Broker. A file that is cut off, longer, of another version, of
 * another key (renamed), or changed in any byte is none of ours. The checksum has no secret:
 * whoever can write into the folder is the daemon's own user, and could do worse.
 */
#include "broker/verdict_file.h"

#include <string.h>

#include "broker/digest.h"

static void sum(const struct verdict_file_header *header, const uint8_t *bytes, size_t len,
		struct lru_key *checksum)
{
	struct verdict_file_header copy = *header;
	struct digest digest;

	memset(&copy.checksum, 0, sizeof(copy.checksum));
	digest_start(&digest);
	digest_add(&digest, &copy, sizeof(copy));
	digest_add(&digest, bytes, len);
	digest_end(&digest, checksum);
}

void verdict_file_head(const struct lru_key *key, const struct told_verdict *told,
		       struct verdict_file_header *header)
{
	*header = (struct verdict_file_header){
		.magic = VERDICT_FILE_MAGIC,
		.version = VERDICT_FILE_VERSION,
		.code = told->code,
		.len = told->len,
		.key = *key,
	};
	sum(header, told->bytes, told->len, &header->checksum);
}

bool verdict_file_parse(const uint8_t *bytes, size_t len, const struct lru_key *key,
			struct told_verdict *told)
{
	struct verdict_file_header header;
	struct lru_key checksum;

	if (len < sizeof(header))
		return false;
	memcpy(&header, bytes, sizeof(header));
	if (header.magic != VERDICT_FILE_MAGIC || header.version != VERDICT_FILE_VERSION ||
	    header.code == 0 || header.code >= VERDICT_COUNT ||
	    header.len != len - sizeof(header) || memcmp(&header.key, key, sizeof(*key)) != 0)
		return false;
	sum(&header, bytes + sizeof(header), header.len, &checksum);
	if (memcmp(&checksum, &header.checksum, sizeof(checksum)) != 0)
		return false;
	*told = (struct told_verdict){
		.code = (enum verdict_code)header.code,
		.bytes = bytes + sizeof(header),
		.len = header.len,
	};
	return true;
}
