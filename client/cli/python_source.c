/*
 * Cutting Python source into logical lines, for guessing what kind of tests a file holds. Runs in
 * `assay`.
 *
 * A logical line goes on over newlines within brackets, within triple-quoted strings and behind a
 * backslash; brackets and # within strings mean nothing. That is all that is needed, and it is safe
 * on any bytes: broken source only gives odd statements, and the daemon judges the real thing.
 */
#include "client/cli/python_source.h"

#include <string.h>

void statement_begin(struct statement_cursor *cursor, const char *source, size_t len)
{
	cursor->text = source;
	cursor->end = source + len;
	cursor->line = 1;
	if (len >= 3 && memcmp(source, "\xef\xbb\xbf", 3) == 0)
		cursor->text += 3;
}

/* Behind the string that starts with the quote at `at`; an unclosed one ends with its line, or, if
 * triple-quoted, with the source. */
static const char *skip_string(const char *at, const char *end, size_t *line)
{
	char quote = *at;
	bool is_triple = end - at >= 3 && at[1] == quote && at[2] == quote;

	for (at += is_triple ? 3 : 1; at < end; at++) {
		if (*at == '\\' && at + 1 < end) {
			at++;
			*line += *at == '\n';
		} else if (*at == '\n') {
			if (!is_triple)
				return at;
			++*line;
		} else if (*at == quote && !is_triple) {
			return at + 1;
		} else if (*at == quote && end - at >= 3 && at[1] == quote && at[2] == quote) {
			return at + 3;
		}
	}
	return end;
}

static const char *line_end(const char *at, const char *end)
{
	const char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

	return newline != NULL ? newline : end;
}

/* The newline (or the end) that ends the logical line around `at`. */
static const char *statement_end(const char *at, const char *end, size_t *line)
{
	int depth = 0;

	while (at < end) {
		if (*at == '"' || *at == '\'') {
			at = skip_string(at, end, line);
			continue;
		}
		if (*at == '#') {
			at = line_end(at, end);
			continue;
		}
		if (*at == '\n') {
			if (depth <= 0)
				return at;
			++*line;
		} else if (*at == '\\' && at + 1 < end && at[1] == '\n') {
			++*line;
			at++;
		} else if (strchr("([{", *at) != NULL && *at != '\0') {
			depth++;
		} else if (strchr(")]}", *at) != NULL && *at != '\0') {
			depth--;
		}
		at++;
	}
	return end;
}

bool statement_next(struct statement_cursor *cursor, struct statement *statement)
{
	while (cursor->text < cursor->end) {
		const char *start = cursor->text, *first = start, *last;

		while (first < cursor->end && strchr(" \t\r\f", *first) != NULL && *first != '\0')
			first++;
		statement->line = cursor->line;
		if (first == cursor->end || *first == '\n' || *first == '#') {
			last = line_end(first, cursor->end);
			cursor->text = last < cursor->end ? last + 1 : last;
			cursor->line++;
			continue;
		}
		last = statement_end(first, cursor->end, &cursor->line);
		cursor->text = last < cursor->end ? last + 1 : last;
		cursor->line++;
		statement->text = first;
		statement->indent = (size_t)(first - start);
		while (last > first && (last[-1] == '\r' || last[-1] == ' '))
			last--;
		statement->len = (size_t)(last - first);
		return true;
	}
	return false;
}

static bool is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || (byte & 0x80) != 0;
}

bool statement_starts_with(const struct statement *statement, const char *word)
{
	size_t len = strlen(word);

	return statement->len >= len && memcmp(statement->text, word, len) == 0 &&
	       (statement->len == len || !is_name_byte(statement->text[len]));
}

size_t statement_def_name(const struct statement *statement, const char **name)
{
	const char *at = statement->text, *end = at + statement->len;

	if (statement_starts_with(statement, "async"))
		at += strlen("async");
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (end - at < 4 || memcmp(at, "def", 3) != 0 || (at[3] != ' ' && at[3] != '\t'))
		return 0;
	for (at += 4; at < end && (*at == ' ' || *at == '\t');)
		at++;
	*name = at;
	while (at < end && is_name_byte(*at))
		at++;
	return (size_t)(at - *name);
}
