/*
 * Is it UTF-8? `string` fields of messages must be.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF. NUL is a character. */
bool utf8_is_valid(const char *text, size_t len);
