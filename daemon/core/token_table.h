/*
 * Who may connect by TCP, as plain data: read by config/token_file.c, handed to the broker as
 * sealed memory, which keeps digests of it only (broker/tokens.c).
 *
 * Each name is a tenant of its own, as each uid is on the Unix socket. Its number follows from the
 * name alone, so that what is kept for it in files stays its own when the file of tokens changes.
 */
#pragma once

#include <stdint.h>

#define TOKEN_TABLE_MAGIC 0x61737410u
#define TOKENS_MAX 256
#define TOKEN_NAME_MAX 33 /* with its NUL */
#define TOKEN_BYTES_MIN 16
#define TOKEN_BYTES_MAX 256

/* Numbers of tenants that are names. Whoever has such a uid is not let in by the Unix socket then.
 */
#define TENANT_NAMED_FIRST 0xfe000000u
#define TENANT_NAMED_LAST 0xfeffffffu
/* Whoever is connected by TCP and has shown no token yet; no uid, as it is (uid_t)-1. */
#define TENANT_STRANGER UINT32_MAX

struct token_entry {
	uint32_t tenant;
	uint32_t len; /* of the token */
	char name[TOKEN_NAME_MAX];
	uint8_t token[TOKEN_BYTES_MAX];
};

struct token_table {
	uint32_t magic;
	uint32_t n;
	struct token_entry entries[TOKENS_MAX];
};
