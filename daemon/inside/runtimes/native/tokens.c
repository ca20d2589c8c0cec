/*
 * Splitting preprocessed C and C++ into tokens: enough to tell where declarations begin and end.
 * In the child that compiles; reads hostile bytes, so every step looks at the end of the text.
 */
#include "inside/runtimes/native/tokens.h"

#include <ctype.h>
#include <string.h>

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

bool token_is(const struct token *token, const char *text)
{
	return strlen(text) == token->len && memcmp(token->bytes, text, token->len) == 0;
}

/* Behind the closing quote. */
static size_t end_of_quoted(const char *text, size_t len, size_t at)
{
	char quote = text[at++];

	while (at < len && text[at] != quote)
		at += text[at] == '\\' ? 2 : 1;
	return at < len ? at + 1 : len;
}

/* R"mark( ... )mark", `at` at the quote. */
static size_t end_of_raw(const char *text, size_t len, size_t at)
{
	size_t mark = at + 1;
	size_t mark_len = 0;

	while (mark + mark_len < len && mark_len < 16 && text[mark + mark_len] != '(')
		mark_len++;
	for (size_t i = mark + mark_len; i + mark_len + 1 < len; i++)
		if (text[i] == ')' && memcmp(text + i + 1, text + mark, mark_len) == 0 &&
		    text[i + 1 + mark_len] == '"')
			return i + mark_len + 2;
	return len;
}

/* Digits, letters, points, and separators between them. */
static size_t end_of_number(const char *text, size_t len, size_t at)
{
	while (at < len && (is_word(text[at]) || text[at] == '.' ||
			    (text[at] == '\'' && at + 1 < len && is_word(text[at + 1]))))
		at++;
	return at;
}

static struct token word_or_text(const char *text, size_t len, size_t *at)
{
	size_t start = *at;

	while (*at < len && is_word(text[*at]))
		++*at;
	if (*at < len && text[*at] == '"' && text[*at - 1] == 'R') {
		*at = end_of_raw(text, len, *at);
		return (struct token){TOKEN_TEXT, text + start, *at - start};
	}
	return (struct token){TOKEN_WORD, text + start, *at - start};
}

struct token token_next(const char *text, size_t len, size_t *at)
{
	size_t start;
	char c;

	while (*at < len && isspace((unsigned char)text[*at]))
		++*at;
	start = *at;
	if (start >= len)
		return (struct token){TOKEN_END, text + len, 0};
	c = text[start];
	if (isdigit((unsigned char)c)) {
		*at = end_of_number(text, len, start);
		return (struct token){TOKEN_TEXT, text + start, *at - start};
	}
	if (is_word(c))
		return word_or_text(text, len, at);
	if (c == '"' || c == '\'') {
		*at = end_of_quoted(text, len, start);
		return (struct token){TOKEN_TEXT, text + start, *at - start};
	}
	*at = start + 1;
	if (*at < len && ((c == ':' && text[*at] == ':') || (c == '-' && text[*at] == '>')))
		++*at;
	return (struct token){TOKEN_SIGN, text + start, *at - start};
}
