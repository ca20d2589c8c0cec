/*
 * Taking bytes off the front of a message: never more than there are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct value_reader {
	const uint8_t *bytes;
	size_t left;
};

/* The next `n` bytes (borrowed), or NULL and nothing is taken. */
static inline const uint8_t *value_take(struct value_reader *reader, size_t n)
{
	const uint8_t *bytes = reader->bytes;

	if (n > reader->left)
		return NULL;
	reader->bytes += n;
	reader->left -= n;
	return bytes;
}

/* An integer of `n` <= 8 bytes, low byte first. */
static inline bool value_take_number(struct value_reader *reader, size_t n, uint64_t *number)
{
	const uint8_t *bytes = value_take(reader, n);

	if (bytes == NULL)
		return false;
	*number = 0;
	for (size_t i = 0; i < n; i++)
		*number |= (uint64_t)bytes[i] << (8 * i);
	return true;
}
