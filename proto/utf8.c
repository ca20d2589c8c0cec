/*
 * UTF-8 validity, in the broker and in libassay.
 *
 * protobuf-c does not look into `string` fields, but other implementations refuse a message whose
 * strings are not UTF-8. What one client sends as a name comes back in results, so it is checked on
 * the way in. The table holds what RFC 3629 says about the second byte; every later one is 80..bf.
 */
#include "proto/utf8.h"

#include <stdint.h>

static const struct {
	uint8_t lead_first;
	uint8_t lead_last;
	uint8_t n_more;
	uint8_t second_first;
	uint8_t second_last;
} forms[] = {
	{0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
	{0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
	{0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

/* Bytes of the character at `at`, of which `len` > 0 are there; 0: it is none. */
static size_t character_len(const uint8_t *at, size_t len)
{
	size_t form = 0;

	while (at[0] > forms[form].lead_last)
		if (++form == sizeof(forms) / sizeof(forms[0]))
			return 0;
	if (at[0] < forms[form].lead_first || len <= forms[form].n_more)
		return 0;
	for (size_t i = 1; i <= forms[form].n_more; i++) {
		uint8_t first = i == 1 ? forms[form].second_first : 0x80;
		uint8_t last = i == 1 ? forms[form].second_last : 0xbf;

		if (at[i] < first || at[i] > last)
			return 0;
	}
	return forms[form].n_more + (size_t)1;
}

bool utf8_is_valid(const char *text, size_t len)
{
	const uint8_t *at = (const uint8_t *)text;

	while (len > 0) {
		size_t n = character_len(at, len);

		if (n == 0)
			return false;
		at += n;
		len -= n;
	}
	return true;
}
