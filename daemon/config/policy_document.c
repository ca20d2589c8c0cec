/*
 * YAML to text values, with libcyaml. Run by assayd before it starts anything.
 *
 * The schema below is the one list of keys: libcyaml parses by it, and the text for an unknown key
 * names the allowed ones from it. Scalars are read as text on purpose: libcyaml 1.3 takes "3k" for
 * 3, "-3" for a huge number and "maybe" for true, so numbers are converted in policy_file.c and
 * truth values are a strict enumeration here.
 *
 * libcyaml reports mistakes only through its log: a message, then a back-trace from the innermost
 * key outwards. mistake_note() collects that, error_from_mistake() words it. For a key that should
 * not be there the line in the back-trace is that of the value before; the key itself is looked up
 * from there on. Aliases are off, so that a small file cannot become a large one, and a second
 * document in the same file is refused rather than ignored.
 */
#include "config/policy_document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cyaml/cyaml.h>

#define TEXT(key, structure, member, longest)                                                    \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, structure, member, \
			       1, longest)
#define NUMBER(structure, member) TEXT(#member, structure, member, 20)
#define LIST_OF(structure, member, entry, most)                                                  \
	CYAML_FIELD_SEQUENCE_COUNT(#member, CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, structure, \
				   member, n_##member, &(entry), 0, most)
#define LIST(member, entry, most) LIST_OF(struct policy_document, member, entry, most)
#define GROUP(member, fields)                                                                 \
	CYAML_FIELD_MAPPING_PTR(#member, CYAML_FLAG_OPTIONAL, struct policy_document, member, \
				fields)

static const cyaml_schema_value_t path_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, POLICY_PATH_MAX - 1),
};

static const cyaml_schema_value_t name_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, POLICY_NAME_MAX - 1),
};

static const cyaml_schema_field_t limits_fields[] = {
	NUMBER(struct policy_document_limits, cpu_ms),
	NUMBER(struct policy_document_limits, wall_ms),
	NUMBER(struct policy_document_limits, memory_mib),
	NUMBER(struct policy_document_limits, output_kib),
	NUMBER(struct policy_document_limits, processes),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t cell_fields[] = {
	NUMBER(struct policy_document_cell, memory_mib),
	NUMBER(struct policy_document_cell, runs),
	NUMBER(struct policy_document_cell, file_mib),
	NUMBER(struct policy_document_cell, open_files),
	NUMBER(struct policy_document_cell, stack_mib),
	NUMBER(struct policy_document_cell, code_kib),
	CYAML_FIELD_END,
};

static const cyaml_strval_t mount_kinds[] = {
	{"bind", POLICY_MOUNT_BIND},       {"device", POLICY_MOUNT_DEVICE},
	{"tmpfs", POLICY_MOUNT_TMPFS},     {"proc", POLICY_MOUNT_PROC},
	{"symlink", POLICY_MOUNT_SYMLINK},
};

static const cyaml_strval_t truth_values[] = {{"false", 0}, {"true", 1}};

static const cyaml_schema_field_t mount_fields[] = {
	CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, struct policy_document_mount, kind, mount_kinds,
			 CYAML_ARRAY_LEN(mount_kinds)),
	TEXT("source", struct policy_document_mount, source, POLICY_PATH_MAX - 1),
	TEXT("target", struct policy_document_mount, target, POLICY_PATH_MAX - 1),
	CYAML_FIELD_ENUM("optional", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL,
			 struct policy_document_mount, is_optional, truth_values,
			 CYAML_ARRAY_LEN(truth_values)),
	NUMBER(struct policy_document_mount, size_mib),
	NUMBER(struct policy_document_mount, inodes),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t mount_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct policy_document_mount, mount_fields),
};

static const cyaml_schema_field_t variant_fields[] = {
	TEXT("name", struct policy_document_variant, name, POLICY_NAME_MAX - 1),
	LIST_OF(struct policy_document_variant, modules, name_value, POLICY_MODULES_MAX),
	LIST_OF(struct policy_document_variant, imports, name_value, POLICY_MODULES_MAX),
	LIST_OF(struct policy_document_variant, found_at, path_value, POLICY_MODULES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t variant_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct policy_document_variant, variant_fields),
};

static const cyaml_schema_field_t document_fields[] = {
	TEXT("language", struct policy_document, language, POLICY_NAME_MAX - 1),
	TEXT("runtime", struct policy_document, runtime, POLICY_NAME_MAX - 1),
	LIST(argv, path_value, POLICY_ARGV_MAX - 1),
	LIST(environment, path_value, POLICY_ENVIRONMENT_MAX),
	LIST(imports, name_value, POLICY_IMPORTS_MAX),
	LIST(variants, variant_value, POLICY_VARIANTS_MAX),
	TEXT("source", struct policy_document, source, POLICY_NAME_MAX - 1),
	LIST(compile, path_value, POLICY_COMPILE_MAX),
	LIST(link, path_value, POLICY_LINK_MAX),
	LIST(required_layers, name_value, LAYER_COUNT),
	LIST(leave_out, name_value, LAYER_COUNT),
	LIST(mounts, mount_value, POLICY_MOUNTS_MAX),
	GROUP(default_limits, limits_fields),
	GROUP(maximum_limits, limits_fields),
	GROUP(compile_limits, limits_fields),
	GROUP(cell, cell_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t document_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct policy_document, document_fields),
};

/* What libcyaml said, put together from its log. */
#define PATH_DEPTH_MAX 4
struct mistake {
	char message[256];
	char path[PATH_DEPTH_MAX][POLICY_NAME_MAX]; /* keys, innermost first */
	unsigned int n_path;
	size_t line; /* of the innermost; 0: unknown */
	size_t column;
};

/* The rest of `text` behind `prefix`, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* "... (line: 3, column: 11)" */
static void mistake_note_place(struct mistake *mistake, const char *text)
{
	const char *line = strstr(text, "(line: ");
	const char *column = line != NULL ? strstr(line, "column: ") : NULL;

	if (column == NULL)
		return;
	mistake->line = strtoul(line + strlen("(line: "), NULL, 10);
	mistake->column = strtoul(column + strlen("column: "), NULL, 10);
}

/* "  in mapping field 'mounts' ..." */
static void mistake_note_key(struct mistake *mistake, const char *text)
{
	const char *start = after(text, "  in mapping field '");
	size_t len = start != NULL ? strcspn(start, "'") : 0;

	if (len == 0 || len >= POLICY_NAME_MAX || mistake->n_path == PATH_DEPTH_MAX)
		return;
	memcpy(mistake->path[mistake->n_path], start, len);
	mistake->path[mistake->n_path++][len] = '\0';
}

static void mistake_note(cyaml_log_t level, void *context, const char *format, va_list args)
{
	struct mistake *mistake = context;
	char text[512];
	char *end;

	(void)level;
	vsnprintf(text, sizeof(text), format, args);
	end = strchr(text, '\n');
	if (end != NULL)
		*end = '\0';
	if (strncmp(text, "  in ", 5) != 0) {
		const char *start = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;

		if (mistake->message[0] == '\0' && strcmp(start, "Backtrace:") != 0)
			snprintf(mistake->message, sizeof(mistake->message), "%.255s", start);
		return;
	}
	if (mistake->line == 0)
		mistake_note_place(mistake, text);
	mistake_note_key(mistake, text);
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields, const char *key)
{
	for (; fields->key != NULL; fields++)
		if (strcmp(fields->key, key) == 0)
			return fields;
	return NULL;
}

/* The keys of the mapping in which the mistake is. */
static const cyaml_schema_field_t *mistake_fields(const struct mistake *mistake)
{
	const cyaml_schema_field_t *fields = document_fields;

	for (unsigned int i = mistake->n_path; i > 0; i--) {
		const cyaml_schema_field_t *field = find_field(fields, mistake->path[i - 1]);
		const cyaml_schema_value_t *value = field != NULL ? &field->value : NULL;

		if (value != NULL && value->type == CYAML_SEQUENCE)
			value = value->sequence.entry;
		if (value == NULL || value->type != CYAML_MAPPING)
			break;
		fields = value->mapping.fields;
	}
	return fields;
}

static void append(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s", len > 0 ? ", " : "", more);
}

/* The line on which `key` stands as a key, from the mistake's place on. */
static size_t find_key(const char *bytes, size_t len, const struct mistake *mistake,
		       const char *key)
{
	size_t key_len = strlen(key);
	size_t line = 1;
	size_t column = 1;

	for (size_t i = 0; i + key_len < len; i++) {
		bool is_after = line > mistake->line ||
				(line == mistake->line && column >= mistake->column);
		size_t next = i + key_len;

		if (is_after && memcmp(bytes + i, key, key_len) == 0) {
			while (next < len && strchr(" \t'\"", bytes[next]) && bytes[next] != '\0')
				next++;
			if (next < len && bytes[next] == ':')
				return line;
		}
		column = bytes[i] == '\n' ? 1 : column + 1;
		line += bytes[i] == '\n';
	}
	return mistake->line;
}

static int error_unknown_key(const char *name, size_t line, const struct mistake *mistake,
			     const char *key, struct config_error *error)
{
	char allowed[512] = "";

	for (const cyaml_schema_field_t *field = mistake_fields(mistake); field->key != NULL;
	     field++)
		append(allowed, sizeof(allowed), field->key);
	return config_error_set(error, "%s:%zu: unknown key '%s'%s%s; allowed here: %s", name, line,
				key, mistake->n_path > 0 ? " in " : "",
				mistake->n_path > 0 ? mistake->path[0] : "", allowed);
}

static int error_unknown_value(const char *name, const struct mistake *mistake, const char *given,
			       struct config_error *error)
{
	const char *key = mistake->n_path > 0 ? mistake->path[0] : "";
	const cyaml_schema_field_t *field = find_field(mount_fields, key);
	char allowed[256] = "";

	if (field != NULL && field->value.type == CYAML_ENUM)
		for (uint32_t i = 0; i < field->value.enumeration.count; i++)
			append(allowed, sizeof(allowed), field->value.enumeration.strings[i].str);
	return config_error_set(error, "%s:%zu: '%s' cannot be the value of '%s'; allowed: %s",
				name, mistake->line, given, key, allowed);
}

static int error_from_mistake(const char *name, const char *bytes, size_t len, cyaml_err_t status,
			      const struct mistake *mistake, struct config_error *error)
{
	const char *text = mistake->message;
	const char *rest;

	rest = after(text, "Unexpected key: ");
	if (rest != NULL)
		return error_unknown_key(name, find_key(bytes, len, mistake, rest), mistake, rest,
					 error);
	rest = after(text, "Mapping field already seen: ");
	if (rest != NULL)
		return config_error_set(error, "%s:%zu: key '%s' is given twice", name,
					find_key(bytes, len, mistake, rest), rest);
	rest = after(text, "Invalid ENUM value: ");
	if (rest != NULL)
		return error_unknown_value(name, mistake, rest, error);
	if (status == CYAML_OK)
		return config_error_set(error, "%s: only one YAML document a file", name);
	if (status == CYAML_ERR_ALIAS)
		text = "aliases are not allowed";
	else if (status == CYAML_ERR_INTERNAL_ERROR)
		text = "a key must be a plain word";
	else if (text[0] == '\0')
		text = cyaml_strerror(status);
	if (mistake->n_path > 0)
		return config_error_set(error, "%s:%zu: in '%s': %s", name, mistake->line,
					mistake->path[0], text);
	if (mistake->line == 0)
		return config_error_set(error, "%s: %s", name, text);
	return config_error_set(error, "%s:%zu: %s", name, mistake->line, text);
}

static const cyaml_config_t free_config = {
	.mem_fn = cyaml_mem,
	.log_level = CYAML_LOG_ERROR,
	.flags = CYAML_CFG_NO_ALIAS,
};

int policy_document_load(const char *name, const void *bytes, size_t len,
			 struct policy_document **document, struct config_error *error)
{
	struct mistake mistake = {0};
	const cyaml_config_t config = {
		.log_fn = mistake_note,
		.log_ctx = &mistake,
		.log_level = CYAML_LOG_WARNING,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
	struct policy_document *loaded = NULL;
	cyaml_err_t status;

	status = cyaml_load_data(bytes, len, &config, &document_value, (cyaml_data_t **)&loaded,
				 NULL);
	if (status != CYAML_OK || mistake.message[0] != '\0') {
		policy_document_free(loaded);
		return error_from_mistake(name, bytes, len, status, &mistake, error);
	}
	if (loaded == NULL)
		return config_error_set(error, "%s: the file is empty", name);
	*document = loaded;
	return 0;
}

void policy_document_free(struct policy_document *document)
{
	if (document != NULL)
		cyaml_free(&free_config, &document_value, document, 0);
}

unsigned int policy_document_find_line(const void *bytes, size_t len, const char *key,
				       const char *value)
{
	const char *start = bytes;
	const char *end = start + len;

	for (unsigned int line = 1; start < end; line++) {
		const char *newline = memchr(start, '\n', (size_t)(end - start));
		size_t line_len = (size_t)((newline != NULL ? newline : end) - start);
		const char *found = memmem(start, line_len, key, strlen(key));

		if (found != NULL &&
		    memmem(found, line_len - (size_t)(found - start), value, strlen(value)) != NULL)
			return line;
		start += line_len + 1;
	}
	return 0;
}
