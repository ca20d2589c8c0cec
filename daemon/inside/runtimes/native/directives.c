/*
 * Finding directives line by line. In the child that compiles; pure. Comments are followed from
 * line to line, because people comment out directives and write texts that look like some. Raw
 * strings are not: a directive in one is taken for one.
 */
#include "inside/runtimes/native/directives.h"

#include <ctype.h>
#include <string.h>

static size_t line_length(const char *line, size_t len)
{
	const char *end = memchr(line, '\n', len);

	return end != NULL ? (size_t)(end - line) : len;
}

static size_t skip_quoted(const char *line, size_t len, size_t at)
{
	const char quote = line[at++];

	while (at < len && line[at] != quote)
		at += line[at] == '\\' ? 2 : 1;
	return at + 1;
}

/* Whether a comment is open behind this line. */
static bool is_commented_behind(const char *line, size_t len, bool in_comment)
{
	for (size_t at = 0; at < len;) {
		const bool is_pair = at + 1 < len;

		if (in_comment) {
			in_comment = !(is_pair && line[at] == '*' && line[at + 1] == '/');
			at += in_comment ? 1 : 2;
		} else if (is_pair && line[at] == '/' && line[at + 1] == '/') {
			return false;
		} else if (is_pair && line[at] == '/' && line[at + 1] == '*') {
			in_comment = true;
			at += 2;
		} else if (line[at] == '"' || line[at] == '\'') {
			at = skip_quoted(line, len, at);
		} else {
			at++;
		}
	}
	return in_comment;
}

static bool begins_directive(const char *line, size_t len)
{
	size_t at = 0;

	while (at < len && (line[at] == ' ' || line[at] == '\t'))
		at++;
	return at < len && line[at] == '#';
}

/* One line and those that go on with it; the comment that it may leave open. */
static size_t take_line(struct directives *directives)
{
	const char *start = directives->text + directives->at;
	size_t left = directives->len - directives->at;
	size_t total = 0;
	size_t len;

	do {
		len = line_length(start + total, left - total);
		directives->in_comment =
			is_commented_behind(start + total, len, directives->in_comment);
		total += len + 1;
		directives->line++;
	} while (len > 0 && start[total - 2] == '\\' && total < left);
	directives->at += total < left ? total : left;
	return total - 1;
}

bool directives_next(struct directives *directives, struct directive *directive)
{
	while (directives->at < directives->len) {
		const char *line = directives->text + directives->at;
		const unsigned int line_number = directives->line + 1;
		const bool in_comment = directives->in_comment;
		size_t len = take_line(directives);

		if (in_comment || !begins_directive(line, len))
			continue;
		*directive = (struct directive){.bytes = line, .len = len, .line = line_number};
		return true;
	}
	return false;
}

/* The word that begins at or behind `at`, blanks and the # left out, and where it ends. */
static size_t next_word(const struct directive *directive, size_t at, const char **word)
{
	size_t len = 0;

	while (at < directive->len &&
	       (isspace((unsigned char)directive->bytes[at]) != 0 || directive->bytes[at] == '#'))
		at++;
	*word = directive->bytes + at;
	while (at + len < directive->len &&
	       (isalnum((unsigned char)(*word)[len]) != 0 || (*word)[len] == '_'))
		len++;
	return len;
}

static bool is_word(const char *word, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(word, text, len) == 0;
}

bool directive_is_about_library(const struct directive *directive)
{
	const char *word, *object;
	size_t len = next_word(directive, 0, &word);
	size_t behind = (size_t)(word - directive->bytes) + len;

	(void)next_word(directive, behind, &object);
	if (object >= directive->bytes + directive->len)
		return false;
	if (is_word(word, len, "include"))
		return *object == '<';
	return is_word(word, len, "undef") || (is_word(word, len, "define") && *object == '_');
}

int directive_nests(const struct directive *directive)
{
	const char *word;
	size_t len = next_word(directive, 0, &word);

	if (is_word(word, len, "if") || is_word(word, len, "ifdef") || is_word(word, len, "ifndef"))
		return 1;
	return is_word(word, len, "endif") ? -1 : 0;
}
