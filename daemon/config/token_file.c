/*
 * Reading the tokens of those who connect by TCP. assayd, before anything is started.
 *
 * A file that others can read is refused, because what it holds is as good as a password. So are
 * two names with one token, which would be whoever comes first in the file, and two names whose
 * numbers are the same, who would see each other's verdicts; of 256 names that happens once in 500
 * files.
 */
#include "config/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/config_file.h"

struct word {
	const char *start;
	size_t len;
};

/* FNV-1a; all that is asked of it is to differ. */
static uint32_t tenant_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return TENANT_NAMED_FIRST |
	       ((hash ^ hash >> 24) & (TENANT_NAMED_LAST - TENANT_NAMED_FIRST));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of a line; len 0: there is none. */
static struct word take_word(const char **at, const char *end)
{
	struct word word;

	while (*at < end && is_blank(**at))
		++*at;
	word.start = *at;
	while (*at < end && !is_blank(**at))
		++*at;
	word.len = (size_t)(*at - word.start);
	return word;
}

static bool is_name(struct word word)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	if (word.len == 0 || word.len >= TOKEN_NAME_MAX)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (word.start[i] == '\0' || strchr(allowed, word.start[i]) == NULL)
			return false;
	return true;
}

static bool is_token(struct word word)
{
	if (word.len < TOKEN_BYTES_MIN || word.len > TOKEN_BYTES_MAX)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (word.start[i] <= ' ' || word.start[i] > '~')
			return false;
	return true;
}

/* What a new entry has in common with one that is there and must not have; NULL: nothing. */
static const char *find_conflict(const struct token_table *table, const struct token_entry *entry)
{
	for (uint32_t i = 0; i < table->n; i++) {
		const struct token_entry *other = &table->entries[i];
		bool is_same_name = strcmp(other->name, entry->name) == 0;

		if (other->len == entry->len && memcmp(other->token, entry->token, entry->len) == 0)
			return "this token is there already";
		if (!is_same_name && other->tenant == entry->tenant)
			return "this name and one above have the same number; take another name";
	}
	return NULL;
}

static int add_line(const char *file_name, unsigned int number, const char *line, const char *end,
		    struct token_table *table, struct config_error *error)
{
	struct token_entry entry = {0};
	struct word name = take_word(&line, end);
	struct word token = take_word(&line, end);
	const char *conflict;

	if (name.len == 0 || name.start[0] == '#')
		return 0;
	if (!is_name(name))
		return config_error_set(
			error, "%s:%u: a name has 1 to %d letters, digits, '.', '_' or '-'",
			file_name, number, TOKEN_NAME_MAX - 1);
	if (!is_token(token) || take_word(&line, end).len > 0)
		return config_error_set(error,
					"%s:%u: after the name, one token of %d to %d printable "
					"characters is expected",
					file_name, number, TOKEN_BYTES_MIN, TOKEN_BYTES_MAX);
	if (table->n == TOKENS_MAX)
		return config_error_set(error, "%s:%u: at most %d tokens", file_name, number,
					TOKENS_MAX);
	memcpy(entry.name, name.start, name.len);
	memcpy(entry.token, token.start, token.len);
	entry.len = (uint32_t)token.len;
	entry.tenant = tenant_of(entry.name);
	conflict = find_conflict(table, &entry);
	if (conflict != NULL)
		return config_error_set(error, "%s:%u: %s", file_name, number, conflict);
	table->entries[table->n++] = entry;
	return 0;
}

int token_file_parse(const char *file_name, const char *bytes, size_t len,
		     struct token_table *table, struct config_error *error)
{
	const char *end = bytes + len;
	unsigned int number = 0;

	*table = (struct token_table){.magic = TOKEN_TABLE_MAGIC};
	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *line_end = newline != NULL ? newline : end;
		int err = add_line(file_name, ++number, bytes, line_end, table, error);

		if (err < 0)
			return err;
		bytes = line_end + 1;
	}
	if (table->n == 0)
		return config_error_set(error, "%s: it holds no token", file_name);
	return 0;
}

int token_file_read(const char *path, struct token_table *table, struct config_error *error)
{
	_cleanup_config_file_ struct config_file file = {0};
	struct stat status;
	int err;

	if (stat(path, &status) < 0)
		return config_error_set(error, "%s: %s", path, strerror(errno));
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return config_error_set(error, "%s: others can read it or write to it; chmod 600",
					path);
	if (status.st_uid != geteuid() && status.st_uid != 0)
		return config_error_set(error, "%s: it belongs to somebody else", path);
	err = config_file_read(&file, NULL, path, error);
	if (err == 0)
		err = token_file_parse(path, file.bytes, file.len, table, error);
	return err;
}
