/*
 * Words and signs of C and C++ text, without its meaning.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
	TOKEN_END,
	TOKEN_WORD, /* identifier or keyword */
	TOKEN_SIGN, /* one character, but for "::" and "->" */
	TOKEN_TEXT, /* string, character, number */
};

struct token {
	enum token_kind kind;
	const char *bytes;
	size_t len;
};

/* The token at or behind *at, which moves behind it. A literal that does not end goes to the end of
 * the text. */
struct token token_next(const char *text, size_t len, size_t *at);

bool token_is(const struct token *token, const char *text);
