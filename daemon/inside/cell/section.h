/*
 * The sections of a job (inside/wire.h), one after the other. In the forked child. The bytes come
 * from the broker, which is trusted here; lengths are checked all the same.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct section {
	uint32_t tag;
	uint32_t len;
	const char *bytes; /* borrowed from the job's */
};

/* The section at *at, which is moved behind it; *at < len. False if the bytes are cut short. */
static inline bool section_next(const char *bytes, size_t len, size_t *at, struct section *section)
{
	if (len - *at < 2 * sizeof(uint32_t))
		return false;
	memcpy(&section->tag, bytes + *at, sizeof(section->tag));
	memcpy(&section->len, bytes + *at + sizeof(uint32_t), sizeof(section->len));
	*at += 2 * sizeof(uint32_t);
	if (section->len > len - *at)
		return false;
	section->bytes = bytes + *at;
	*at += section->len;
	return true;
}
