/*
 * A cheap look at imports. Pure; used by the broker when a request comes.
 *
 * No parser: what it takes for an import is a logical line that begins with `import` or `from`,
 * also behind a colon or semicolon. Strings and comments are stepped over, so that a text about
 * numpy is no import; an import in a string that is executed is not seen. Either mistake costs the
 * time of an import, or the memory of a cell, and no verdict. Most source does not even hold the
 * name of a module, which is looked for first.
 */
#include "core/imports.h"

#include <string.h>

#include "core/ascii.h"

struct reader {
	const char *at;
	const char *end;
};

static bool is_in_name(char c)
{
	return ascii_is_letter((uint8_t)c) || ascii_is_digit((uint8_t)c) || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool starts_with(const struct reader *reader, const char *text)
{
	const size_t len = strlen(text);

	return (size_t)(reader->end - reader->at) >= len && memcmp(reader->at, text, len) == 0;
}

/* At the quote that begins a string; afterwards behind it. */
static void skip_string(struct reader *reader)
{
	const char quote[2] = {*reader->at, '\0'};
	const char triple[4] = {*quote, *quote, *quote, '\0'};
	const bool is_long = starts_with(reader, triple);
	const char *closing = is_long ? triple : quote;

	reader->at += is_long ? 3 : 1;
	while (reader->at < reader->end && !starts_with(reader, closing)) {
		if (!is_long && *reader->at == '\n')
			return;
		reader->at += *reader->at == '\\' && reader->end - reader->at > 1 ? 2 : 1;
	}
	reader->at += reader->at < reader->end ? strlen(closing) : 0;
}

static void skip_blanks(struct reader *reader)
{
	while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t' ||
					    *reader->at == '\f' || *reader->at == '\\'))
		reader->at += starts_with(reader, "\\\n") ? 2 : 1;
}

static struct slice take_name(struct reader *reader)
{
	struct slice name = {.bytes = (const uint8_t *)reader->at};

	while (reader->at < reader->end && is_in_name(*reader->at))
		reader->at++;
	name.len = (size_t)((const uint8_t *)reader->at - name.bytes);
	return name;
}

static bool is_one_of(struct slice name, const char (*modules)[POLICY_NAME_MAX], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (name.len == strlen(modules[i]) && memcmp(name.bytes, modules[i], name.len) == 0)
			return true;
	return false;
}

/* Behind `import` or `from`. The first part of a dotted name is the module. */
static bool names_one(struct reader *reader, bool is_list, const char (*modules)[POLICY_NAME_MAX],
		      uint32_t n_modules)
{
	for (;;) {
		skip_blanks(reader);
		if (is_one_of(take_name(reader), modules, n_modules))
			return true;
		if (!is_list)
			return false;
		/* Its other parts, `as` and the name after it. */
		while (reader->at < reader->end && strchr(",;#\n'\"()", *reader->at) == NULL)
			reader->at++;
		if (reader->at == reader->end || *reader->at != ',')
			return false;
		reader->at++;
	}
}

static bool is_word(struct slice name, const char *word)
{
	return name.len == strlen(word) && memcmp(name.bytes, word, name.len) == 0;
}

static bool is_mentioned(const uint8_t *bytes, size_t len, const char (*modules)[POLICY_NAME_MAX],
			 uint32_t n_modules)
{
	for (uint32_t i = 0; len > 0 && i < n_modules; i++)
		if (memmem(bytes, len, modules[i], strlen(modules[i])) != NULL)
			return true;
	return false;
}

/* What is no word; says whether a statement may begin behind it. */
static bool skip_other(struct reader *reader)
{
	const char first = *reader->at;

	if (first == '\'' || first == '"') {
		skip_string(reader);
	} else if (first == '#') {
		while (reader->at < reader->end && *reader->at != '\n')
			reader->at++;
	} else {
		reader->at++;
	}
	return strchr("\n\r;:", first) != NULL;
}

bool imports_any(struct slice source, const char (*modules)[POLICY_NAME_MAX], uint32_t n_modules)
{
	const size_t len = source.len < IMPORTS_BYTES_MAX ? source.len : IMPORTS_BYTES_MAX;
	struct reader reader = {.at = (const char *)source.bytes};
	bool begins = true; /* a statement may begin here */

	if (!is_mentioned(source.bytes, len, modules, n_modules))
		return false;
	reader.end = reader.at + len;
	for (;;) {
		struct slice name;
		bool is_import;

		skip_blanks(&reader);
		if (reader.at == reader.end)
			return false;
		if (!is_in_name(*reader.at)) {
			begins = skip_other(&reader);
			continue;
		}
		name = take_name(&reader);
		is_import = is_word(name, "import");
		if (begins && (is_import || is_word(name, "from")) &&
		    names_one(&reader, is_import, modules, n_modules))
			return true;
		begins = false;
	}
}

uint32_t imports_policy(const struct policy *policy, struct slice source, uint32_t otherwise)
{
	for (uint32_t i = 0; i < policy->n_variants; i++) {
		const struct policy_variant *variant = &policy->variants[i];

		if (imports_any(source, (const char(*)[POLICY_NAME_MAX])variant->modules,
				variant->n_modules))
			return variant->policy;
	}
	return otherwise;
}
