/*
 * Cutting a program's output into the pieces that are compared: lines or tokens. Pure.
 *
 * A line ends with '\n' and with nothing else. White space is ASCII's: space, \t, \n, \v, \f, \r,
 * so the \r of a CRLF is white space before the end of a line. Every other byte, NUL and those of
 * UTF-8 among them, is an ordinary byte. Nothing depends on a locale.
 */
#pragma once

#include "core/job.h"

enum piece_cut {
	PIECE_WHOLE_LINE,     /* with its '\n': all pieces together are the text */
	PIECE_RSTRIPPED_LINE, /* without trailing white space; trailing empty lines are none */
	PIECE_STRIPPED_LINE,  /* the same without leading white space, too */
	PIECE_TOKEN,          /* between white space */
};

struct piece {
	size_t line;   /* where it begins, 1 for the first */
	size_t offset; /* of its first byte in the text */
	size_t len;
	bool is_end; /* there are no more: `offset` is the text's length, `len` 0 */
};

struct piece_cursor {
	struct slice text;
	enum piece_cut cut;
	size_t at;
	size_t end; /* what is behind it belongs to no piece */
	size_t line;
};

/* Borrows the text, whose bytes may not be NULL. */
struct piece_cursor piece_open(struct slice text, enum piece_cut cut);

/* The next piece; at the end, again and again, one with `is_end`. All calls together take time
 * linear in the text. */
struct piece piece_next(struct piece_cursor *cursor);

/* The bytes of a piece of `text`. */
struct slice piece_bytes(struct slice text, const struct piece *piece);
