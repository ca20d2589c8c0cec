/*
 * Lines of a JSON text, in assayd: jansson tells the line of a syntax error but not of a value, and
 * a profile has hundreds of them. The text has been parsed before, so it is enough to follow
 * strings and brackets.
 */
#include "config/profile_line.h"

#include <stdbool.h>
#include <string.h>

struct scan {
	const char *bytes;
	size_t len;
	size_t at;
	unsigned int line;
	unsigned int depth;
};

/* Skips a string whose opening quote has been passed. */
static void skip_string(struct scan *scan)
{
	while (scan->at < scan->len && scan->bytes[scan->at] != '"')
		scan->at += scan->bytes[scan->at] == '\\' ? 2 : 1;
	scan->at++;
}

/* Goes past the next string or character that counts; *start is where it began. False: the end. */
static bool next(struct scan *scan, size_t *start)
{
	if (scan->at >= scan->len)
		return false;
	*start = scan->at;
	switch (scan->bytes[scan->at++]) {
	case '"':
		skip_string(scan);
		break;
	case '\n':
		scan->line++;
		break;
	case '{':
	case '[':
		scan->depth++;
		break;
	case '}':
	case ']':
		scan->depth--;
		break;
	default:
		break;
	}
	return true;
}

/* Goes behind the key `member` of the outermost object. */
static bool find_member(struct scan *scan, const char *member)
{
	const size_t len = strlen(member);
	size_t start;

	while (next(scan, &start)) {
		size_t after = scan->at;

		if (scan->depth != 1 || scan->bytes[start] != '"' || scan->at - start != len + 2 ||
		    scan->at > scan->len || memcmp(scan->bytes + start + 1, member, len) != 0)
			continue;
		while (after < scan->len && strchr(" \t\r\n", scan->bytes[after]) != NULL)
			after++;
		if (after < scan->len && scan->bytes[after] == ':')
			return true;
	}
	return false;
}

/* Whether the piece that began with `c` is the begin of an entry of a list at this depth. */
static bool begins_entry(const struct scan *scan, char c, unsigned int list_depth)
{
	if (c == '{' || c == '[')
		return scan->depth == list_depth + 1;
	return scan->depth == list_depth && strchr(" \t\r\n,:}]", c) == NULL;
}

unsigned int profile_line_of_group(const char *bytes, size_t len, size_t group)
{
	struct scan scan = {.bytes = bytes, .len = len, .line = 1};
	bool is_between = false; /* behind the list's bracket or a comma of it */
	size_t start;

	if (!find_member(&scan, "syscalls"))
		return 0;
	while (next(&scan, &start) && scan.depth > 0) {
		const char c = bytes[start];

		if (scan.depth == 2 && (c == ',' || (c == '[' && !is_between))) {
			is_between = true;
		} else if (is_between && begins_entry(&scan, c, 2)) {
			is_between = false;
			if (group-- == 0)
				return scan.line;
		}
	}
	return 0;
}

unsigned int profile_line_of_member(const char *bytes, size_t len, const char *member)
{
	struct scan scan = {.bytes = bytes, .len = len, .line = 1};

	return find_member(&scan, member) ? scan.line : 0;
}
