/*
 * Tokens of those who connect by TCP. Broker.
 *
 * This process reads the bytes of strangers, so it keeps no token but digests, and the memory file
 * that holds the tokens themselves is closed before the first of them connects. What is compared is
 * digests, all of them, whole: neither the time nor the order tells how near a guess was.
 */
#include "broker/tokens.h"

#include <nettle/memops.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "broker/digest.h"

struct known {
	struct lru_key digest;
	struct token_owner owner;
};

struct tokens {
	uint32_t n;
	struct known known[TOKENS_MAX];
};

static struct lru_key digest_of(const uint8_t *bytes, size_t len)
{
	struct digest digest;
	struct lru_key key;

	digest_start(&digest);
	digest_add(&digest, bytes, len);
	digest_end(&digest, &key);
	return key;
}

static struct tokens *take(const struct token_table *table)
{
	struct tokens *tokens;

	if (table->magic != TOKEN_TABLE_MAGIC || table->n == 0 || table->n > TOKENS_MAX)
		return NULL;
	tokens = xcalloc(1, sizeof(*tokens));
	tokens->n = table->n;
	for (uint32_t i = 0; i < table->n; i++) {
		const struct token_entry *entry = &table->entries[i];
		struct known *known = &tokens->known[i];

		known->digest = digest_of(entry->token, entry->len);
		known->owner.tenant = entry->tenant;
		memcpy(known->owner.name, entry->name, sizeof(known->owner.name));
		known->owner.name[TOKEN_NAME_MAX - 1] = '\0';
	}
	return tokens;
}

struct tokens *tokens_read(int fd)
{
	struct tokens *tokens = NULL;
	struct stat status;
	void *map = MAP_FAILED;

	if (fstat(fd, &status) == 0 && status.st_size == sizeof(struct token_table))
		map = mmap(NULL, sizeof(struct token_table), PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return NULL;
	tokens = take(map);
	munmap(map, sizeof(struct token_table));
	return tokens;
}

void tokens_free(struct tokens *tokens)
{
	free(tokens);
}

const struct token_owner *tokens_find(const struct tokens *tokens, const uint8_t *bytes, size_t len)
{
	const struct lru_key digest = digest_of(bytes, len);
	const struct token_owner *owner = NULL;

	for (uint32_t i = 0; i < tokens->n; i++) {
		const struct known *known = &tokens->known[i];

		if (memeql_sec(known->digest.bytes, digest.bytes, sizeof(digest.bytes)))
			owner = &known->owner;
	}
	return owner;
}
