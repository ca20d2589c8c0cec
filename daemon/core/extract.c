/*
 * Fenced blocks. Pure; used by broker/request.c when a request says "extract": "last_fence".
 */
#include "core/extract.h"

#include <string.h>

struct fence {
	uint8_t character;
	size_t length; /* 0: none open */
};

static size_t line_length(struct slice text, size_t at)
{
	const uint8_t *end = memchr(text.bytes + at, '\n', text.len - at);

	return end != NULL ? (size_t)(end - (text.bytes + at)) + 1 : text.len - at;
}

static size_t count_fence(const uint8_t *line, size_t len)
{
	size_t n = 0;

	if (len == 0 || (line[0] != '`' && line[0] != '~'))
		return 0;
	while (n < len && line[n] == line[0])
		n++;
	return n >= 3 ? n : 0;
}

static bool is_blank(const uint8_t *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r' && line[i] != '\n')
			return false;
	return true;
}

struct slice extract_last_fence(struct slice text)
{
	struct slice found = text;
	struct fence open = {0};
	size_t start = 0;
	size_t len;

	for (size_t at = 0; at < text.len; at += len) {
		const uint8_t *line = text.bytes + at;
		size_t n;

		len = line_length(text, at);
		n = count_fence(line, len);
		if (n == 0)
			continue;
		if (open.length == 0) {
			if (line[0] == '`' && memchr(line + n, '`', len - n) != NULL)
				continue; /* code within a line, not a fence */
			open = (struct fence){.character = line[0], .length = n};
			start = at + len;
		} else if (line[0] == open.character && n >= open.length &&
			   is_blank(line + n, len - n)) {
			found = (struct slice){.bytes = text.bytes + start, .len = at - start};
			open.length = 0;
		}
	}
	return found;
}
