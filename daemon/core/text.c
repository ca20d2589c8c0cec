/*
 * Putting text together. Broker; pure.
 *
 * Nothing here fails: a text has a bound, what does not fit is dropped, and the cut is repaired and
 * marked once, at the end. So those who word something need not count bytes.
 */
#include "core/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void text_append_bytes(struct text *text, const char *bytes, size_t len)
{
	size_t room = text->size - 1 - text->len;

	if (text->is_cut)
		return;
	if (len > room) {
		len = room;
		text->is_cut = true;
	}
	if (len > 0)
		memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
}

void text_append(struct text *text, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	text_append_bytes(text, line, strlen(line));
}

static bool is_shown(uint8_t byte)
{
	return (byte >= 0x20 && byte != 0x7f) || byte == '\n' || byte == '\t';
}

void text_append_value(struct text *text, struct slice value, size_t max)
{
	size_t len = value.len < max ? value.len : max;
	size_t plain = 0;

	while (len > 0 && len < value.len && (value.bytes[len] & 0xc0) == 0x80)
		len--;
	for (size_t i = 0; i < len; i++) {
		if (is_shown(value.bytes[i]))
			continue;
		text_append_bytes(text, (const char *)value.bytes + plain, i - plain);
		text_append(text, "\\x%02x", value.bytes[i]);
		plain = i + 1;
	}
	if (len > plain)
		text_append_bytes(text, (const char *)value.bytes + plain, len - plain);
	if (len < value.len)
		text_append(text, "...");
}

/* Drops a character that the cut has left incomplete, then marks the cut. */
static void mark_cut(struct text *text)
{
	static const char mark[] = "\xe2\x80\xa6";

	if (text->len < sizeof(mark))
		return;
	text->len -= sizeof(mark) - 1;
	while (text->len > 0 && ((uint8_t)text->bytes[text->len] & 0xc0) == 0x80)
		text->len--;
	memcpy(text->bytes + text->len, mark, sizeof(mark) - 1);
	text->len += sizeof(mark) - 1;
}

size_t text_finish(struct text *text)
{
	if (text->is_cut)
		mark_cut(text);
	text->bytes[text->len] = '\0';
	return text->len;
}
