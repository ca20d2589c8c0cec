/*
 * The file of tokens: a name and a token on each line.
 */
#pragma once

#include <stddef.h>

#include "config/config_error.h"
#include "core/token_table.h"

/*
 * Reads lines "NAME TOKEN"; "#" begins a comment, empty lines are passed over. A name has 1 to 32
 * letters, digits, ".", "_" or "-", and may have several tokens; a token has 16 to 256 printable
 * characters of ASCII. 0, or -EINVAL with `error`; no text holds a part of a token.
 */
int token_file_parse(const char *file_name, const char *bytes, size_t len,
		     struct token_table *table, struct config_error *error);

/* The same of a file, which nobody but its owner may be able to read. */
int token_file_read(const char *path, struct token_table *table, struct config_error *error);
