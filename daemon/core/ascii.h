/*
 * Classes of bytes, with no locale: what <ctype.h> says depends on one. Bytes beyond 127 are in
 * none of them. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline bool ascii_is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static inline bool ascii_is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static inline bool ascii_is_space(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}
