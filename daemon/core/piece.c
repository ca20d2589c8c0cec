/*
 * Lines and tokens of an output. Pure; used by core/compare.c in the broker.
 *
 * The text comes from a candidate, so it may be 16 MiB of anything: white space only, one line, no
 * line at all. Each byte is looked at a fixed number of times. That is why trailing empty lines are
 * taken off once, in piece_open(), and not recognised as such whenever an empty line is met.
 */
#include "core/piece.h"

#include <string.h>

static bool is_space(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static size_t strip_end(struct slice text, size_t begin, size_t end)
{
	while (end > begin && is_space(text.bytes[end - 1]))
		end--;
	return end;
}

static size_t strip_begin(struct slice text, size_t begin, size_t end)
{
	while (begin < end && is_space(text.bytes[begin]))
		begin++;
	return begin;
}

struct piece_cursor piece_open(struct slice text, enum piece_cut cut)
{
	return (struct piece_cursor){
		.text = text,
		.cut = cut,
		.end = cut == PIECE_WHOLE_LINE ? text.len : strip_end(text, 0, text.len),
		.line = 1,
	};
}

static struct piece next_line(struct piece_cursor *cursor)
{
	const uint8_t *begin = cursor->text.bytes + cursor->at;
	const uint8_t *newline = memchr(begin, '\n', cursor->end - cursor->at);
	struct piece piece = {.line = cursor->line, .offset = cursor->at};
	size_t end = newline != NULL ? cursor->at + (size_t)(newline - begin) : cursor->end;
	size_t next = newline != NULL ? end + 1 : end;

	if (cursor->cut == PIECE_STRIPPED_LINE)
		piece.offset = strip_begin(cursor->text, cursor->at, end);
	end = cursor->cut == PIECE_WHOLE_LINE ? next : strip_end(cursor->text, piece.offset, end);
	piece.len = end - piece.offset;
	cursor->at = next;
	cursor->line++;
	return piece;
}

static void skip_space(struct piece_cursor *cursor)
{
	size_t begin = strip_begin(cursor->text, cursor->at, cursor->end);

	for (size_t i = cursor->at; i < begin; i++)
		cursor->line += cursor->text.bytes[i] == '\n';
	cursor->at = begin;
}

static struct piece next_token(struct piece_cursor *cursor)
{
	struct piece piece = {.line = cursor->line, .offset = cursor->at};

	while (cursor->at < cursor->end && !is_space(cursor->text.bytes[cursor->at]))
		cursor->at++;
	piece.len = cursor->at - piece.offset;
	return piece;
}

struct piece piece_next(struct piece_cursor *cursor)
{
	if (cursor->cut == PIECE_TOKEN)
		skip_space(cursor);
	if (cursor->at == cursor->end)
		return (struct piece){
			.line = cursor->line, .offset = cursor->text.len, .is_end = true};
	return cursor->cut == PIECE_TOKEN ? next_token(cursor) : next_line(cursor);
}

struct slice piece_bytes(struct slice text, const struct piece *piece)
{
	return (struct slice){.bytes = text.bytes + piece->offset, .len = piece->len};
}
