/*
 * Who may connect by TCP: digests of tokens, and whose they are. Broker only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/token_table.h"

struct tokens;

struct token_owner {
	uint32_t tenant;
	char name[TOKEN_NAME_MAX];
};

/* Of the sealed memory file `fd` (struct token_table), which is closed; NULL if it holds none. */
struct tokens *tokens_read(int fd);
void tokens_free(struct tokens *tokens);

/* Whose token these bytes are; NULL: nobody's. How long it takes says nothing of the tokens.
 * Borrowed from `tokens`. */
const struct token_owner *tokens_find(const struct tokens *tokens, const uint8_t *bytes,
				      size_t len);
