/*
 * Assertions in what a model wrote. Part of `assay loop`.
 *
 * A model's text is cut where lines begin with "assert", because what stands between may be
 * anything; each part is then read up to the end of its first statement. A line break behind the
 * word is taken as a space: models write it, and mean the statement.
 */
#include "client/loops/assertions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/python_source.h"

#define WORD "assert"
#define WHITE " \t\r\n\f"

static bool is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || (byte & 0x80) != 0;
}

/* The next line that begins with the word; NULL: none. */
static const char *find_word(const char *at)
{
	for (; at != NULL; at = strchr(at, '\n')) {
		at += strspn(at, WHITE);
		if (strncmp(at, WORD, strlen(WORD)) == 0 && !is_name_byte(at[strlen(WORD)]))
			return at;
	}
	return NULL;
}

static bool mentions(const char *text, const char *name)
{
	size_t len = name != NULL ? strlen(name) : 0;

	if (len == 0)
		return true;
	for (const char *at = text; (at = strstr(at, name)) != NULL; at += len)
		if ((at == text || !is_name_byte(at[-1])) && !is_name_byte(at[len]))
			return true;
	return false;
}

/* ---------------------------------------------------------------- reading along a statement */

/* Behind the string that begins at `at`; NULL: it has no end. */
static const char *skip_string(const char *at)
{
	const char quote[] = {at[0], at[0], at[0], '\0'};
	size_t n = strncmp(at, quote, 3) == 0 ? 3 : 1;

	for (at += n; *at != '\0'; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '\n' && n == 1)
			return NULL;
		else if (strncmp(at, quote, n) == 0)
			return at + n;
	}
	return NULL;
}

static bool is_closed(const char *text)
{
	int depth = 0;

	while (*text != '\0') {
		if (*text == '\'' || *text == '"') {
			text = skip_string(text);
			if (text == NULL)
				return false;
			continue;
		}
		if (*text == '#')
			text += strcspn(text, "\n");
		else
			depth += (strchr("([{", *text) != NULL) - (strchr(")]}", *text) != NULL);
		if (depth < 0)
			return false;
		text += *text != '\0';
	}
	return depth == 0;
}

/* The name or number at `at` is one that stands for itself. */
static bool is_constant(const char *at, size_t len)
{
	static const char *const names[] = {"True", "False", "None"};

	if (*at >= '0' && *at <= '9')
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && memcmp(at, names[i], len) == 0)
			return true;
	return false;
}

bool assertion_is_plain(const char *assertion, const char *entry_point)
{
	const char *at = assertion + strlen(WORD);
	size_t len = entry_point != NULL ? strlen(entry_point) : 0;

	at += strspn(at, WHITE);
	if (len == 0 || strncmp(at, entry_point, len) != 0 || at[len] != '(')
		return false;
	for (at += len; *at != '\0';) {
		if (*at == '\'' || *at == '"') {
			at = skip_string(at);
			if (at == NULL)
				return false;
		} else if (is_name_byte(*at)) {
			for (len = 0; is_name_byte(at[len]);)
				len++;
			if (!is_constant(at, len))
				return false;
			at += len;
		} else {
			at++;
		}
	}
	return true;
}

/* ---------------------------------------------------------------- all of a text */

/* The statement whose words behind the first are in `part`; NULL: memory is short. */
static char *new_statement(const char *part, size_t len)
{
	struct statement_cursor cursor;
	struct statement statement;
	char *source;

	while (len > 0 && strchr(WHITE, *part) != NULL) {
		part++;
		len--;
	}
	if (asprintf(&source, WORD " %.*s", (int)len, part) < 0)
		return NULL;
	statement_begin(&cursor, source, strlen(source));
	if (statement_next(&cursor, &statement)) {
		memmove(source, statement.text, statement.len);
		source[statement.len] = '\0';
	}
	return source;
}

int assertions_find(const char *text, const char *entry_point, size_t max, json_t *list)
{
	const char *next, *at = find_word(text);
	size_t n = 0;
	int err = 0;

	for (; at != NULL && n < max && err == 0; at = next) {
		char *statement;

		at += strlen(WORD);
		next = find_word(at);
		statement = new_statement(at, next != NULL ? (size_t)(next - at) : strlen(at));
		if (statement == NULL)
			return -ENOMEM;
		if (is_closed(statement) && mentions(statement + strlen(WORD), entry_point)) {
			err = json_array_append_new(list, json_string(statement)) < 0 ? -ENOMEM : 0;
			n++;
		}
		free(statement);
	}
	return err;
}
