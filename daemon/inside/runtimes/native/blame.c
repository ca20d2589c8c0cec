/*
 * Reading the compiler's messages. In the child that compiles; pure.
 *
 * Of tests that do not compile mostly the candidate is to blame: it lacks what they use, or has it
 * with another type. What the compiler says then mentions a name that is missing, or is not said
 * without the candidate's declarations. An error of the tests' own is said in both cases, with the
 * same place and words. If in doubt it is the candidate's.
 *
 * An error that a missing type leads to can be said in both cases, too, if the candidate declares
 * something else by that name. So only what is said without any candidate, of the mere form of the
 * tests and with nothing missing, is known to be no candidate's doing.
 */
#include "inside/runtimes/native/blame.h"

#include <string.h>

#include "inside/runtimes/native/mark.h"
#include "inside/runtimes/native/tokens.h"

/* As gcc 12 quotes in UTF-8. */
#define QUOTE_OPEN "\xe2\x80\x98"
#define QUOTE_CLOSE "\xe2\x80\x99"
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"

static bool has_phrase(const char *line, size_t len, const char *phrase)
{
	return memmem(line, len, phrase, strlen(phrase)) != NULL;
}

static bool has_any(const char *line, size_t len, const char *const *phrases)
{
	for (; *phrases != NULL; phrases++)
		if (has_phrase(line, len, *phrases))
			return true;
	return false;
}

static bool is_error(const char *line, size_t len)
{
	static const char *const errors[] = {": error: ", ": fatal error: ", NULL};

	return has_any(line, len, errors);
}

static bool says_missing(const char *line, size_t len)
{
	static const char *const phrases[] = {
		"not declared",         "undeclared",
		"not been declared",    "unknown type name",
		"does not name a type", "incomplete type",
		"undefined type",       "t known", /* storage size of 'x' isn't known */
		"no member named",      "is not a member of",
		"has no member",        "no matching function",
		"implicit declaration", NULL};

	return has_any(line, len, phrases);
}

/* What is wrong with the form of the text, or with a header that it wants. */
static bool is_about_form(const char *line, size_t len)
{
	static const char *const phrases[] = {": error: expected ",
					      ": error: missing terminating ",
					      ": error: unterminated ",
					      ": error: stray ",
					      ": error: #",
					      ": fatal error: ",
					      NULL};

	return has_any(line, len, phrases);
}

static bool is_of_tests(const char *line, size_t len)
{
	static const char prefix[] = MARK_TESTS_NAME ".";

	return len > sizeof(prefix) && memcmp(line, prefix, sizeof(prefix) - 1) == 0;
}

static size_t line_length(const char *line)
{
	return strcspn(line, "\n");
}

static const char *next_line(const char *line)
{
	line += line_length(line);
	return *line != '\0' ? line + 1 : line;
}

static bool has_line(const char *messages, const char *line, size_t len)
{
	for (; *messages != '\0'; messages = next_line(messages))
		if (line_length(messages) == len && memcmp(messages, line, len) == 0)
			return true;
	return false;
}

bool blame_misses_name(const char *messages)
{
	for (; *messages != '\0'; messages = next_line(messages)) {
		size_t len = line_length(messages);

		if (is_error(messages, len) && says_missing(messages, len))
			return true;
	}
	return false;
}

/* Whether all that is said without the declarations is about the form of the tests. */
static bool is_plain(const char *alone)
{
	bool has_error = false;

	for (; *alone != '\0'; alone = next_line(alone)) {
		size_t len = line_length(alone);

		if (!is_error(alone, len))
			continue;
		if (!is_of_tests(alone, len) || !is_about_form(alone, len))
			return false;
		has_error = true;
	}
	return has_error;
}

enum blame blame_of(const char *together, const char *alone, bool has_stubs)
{
	bool has_error = false;

	if (!has_stubs && is_plain(alone))
		return BLAME_TESTS_ALONE;
	for (const char *line = together; *line != '\0'; line = next_line(line)) {
		size_t len = line_length(line);

		if (!is_error(line, len))
			continue;
		if (!is_of_tests(line, len) || says_missing(line, len) ||
		    !has_line(alone, line, len))
			return BLAME_CANDIDATE;
		has_error = true;
	}
	return has_error ? BLAME_TESTS : BLAME_CANDIDATE;
}

size_t blame_next_missing(const char *messages, size_t *at, const char **name)
{
	static const char before[] = ": error: " QUOTE_OPEN;
	static const char behind[] = QUOTE_CLOSE " was not declared in this scope";
	const char *error;

	while ((error = strstr(messages + *at, before)) != NULL) {
		const char *start = error + sizeof(before) - 1;
		size_t len = strspn(start, NAME_CHARACTERS);

		*at = (size_t)(start - messages);
		if (len == 0 || strncmp(start + len, behind, sizeof(behind) - 1) != 0)
			continue;
		*name = start;
		return len;
	}
	return 0;
}

bool blame_has_main(const char *text, size_t len)
{
	bool is_behind_name = false;
	size_t at = 0;

	for (;;) {
		struct token token = token_next(text, len, &at);

		if (token.kind == TOKEN_END)
			return false;
		if (is_behind_name && token_is(&token, "("))
			return true;
		is_behind_name = token_is(&token, "main");
	}
}
