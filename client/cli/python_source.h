/* Just enough of Python's grammar to cut a source into statements. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* One logical line: with its continuation lines, without its newline; comment lines and blank
 * lines are none. */
struct statement {
	const char *text; /* borrowed from the source */
	size_t len;
	size_t line;   /* from 1 */
	size_t indent; /* columns of white space before `text` */
};

struct statement_cursor {
	const char *text, *end;
	size_t line;
};

void statement_begin(struct statement_cursor *cursor, const char *source, size_t len);

/* False at the end. */
bool statement_next(struct statement_cursor *cursor, struct statement *statement);

/* Starts with that word, not as part of a longer one. */
bool statement_starts_with(const struct statement *statement, const char *word);

/* The NAME of "def NAME(" or "async def NAME(" (whatever the indent): its length, 0 if it is none.
 */
size_t statement_def_name(const struct statement *statement, const char **name);
