/*
 * Text values of a policy file to struct policy. Run by assayd before it starts anything.
 *
 * libcyaml knows no default values, so inheritance is done by order: base.yaml and then the
 * language's file are laid over the same struct, and only the finished one is checked for what is
 * missing. Numbers are converted from the tables below, which also give the unit and the largest
 * value; everything that the keeper will later turn into a mount is checked here, where the file
 * can still be named, although the keeper refuses nonsense on its own.
 */
#include "config/policy_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/policy_document.h"

#define KIB 1024ULL
#define MIB (1024ULL * 1024ULL)

/* The file being read, for texts. */
struct source {
	const char *name;
	const void *bytes;
	size_t len;
	struct config_error *error;
};

/* One number: where its text is, where its value goes, in which unit, and the largest. */
struct number {
	const char *key;
	size_t from;
	size_t to;
	size_t to_size; /* 4 or 8 bytes */
	uint64_t unit;
	uint64_t maximum; /* in units */
};

#define MEMBER(structure, member) offsetof(structure, member), sizeof(((structure *)0)->member)
#define LIMIT(key, member, unit, maximum)                                                          \
	{                                                                                          \
#key, offsetof(struct policy_document_limits, key), MEMBER(struct limits, member), \
			unit, maximum                                                              \
	}
#define CELL(key, member, unit, maximum)                                                         \
	{                                                                                        \
#key, offsetof(struct policy_document_cell, key), MEMBER(struct policy, member), \
			unit, maximum                                                            \
	}
#define MOUNT(key, member, unit, maximum)                                  \
	{                                                                  \
#key, offsetof(struct policy_document_mount, key),         \
			MEMBER(struct policy_mount, member), unit, maximum \
	}

static const struct number limit_numbers[] = {
	LIMIT(cpu_ms, cpu_ms, 1, 86400000),
	LIMIT(wall_ms, wall_ms, 1, 86400000),
	LIMIT(memory_mib, memory_bytes, MIB, 1024 * 1024),
	LIMIT(output_kib, output_bytes, KIB, 1024 * 1024),
	LIMIT(processes, processes, 1, 32768),
};

static const struct number cell_numbers[] = {
	CELL(memory_mib, cell_memory_bytes, MIB, 1024 * 1024),
	CELL(runs, runs_per_cell, 1, 1000000000),
	CELL(file_mib, file_bytes, MIB, 1024 * 1024),
	CELL(open_files, open_files, 1, 1048576),
	CELL(stack_mib, stack_bytes, MIB, 1024 * 1024),
	CELL(code_kib, code_bytes, KIB, 1024 * 1024),
};

static const struct number mount_numbers[] = {
	MOUNT(size_mib, size_bytes, MIB, 1024 * 1024),
	MOUNT(inodes, inodes, 1, 1000000000),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int error_value(const struct source *source, const char *key, const char *value,
		       const char *wanted)
{
	unsigned int line = policy_document_find_line(source->bytes, source->len, key, value);
	char place[16] = "";

	if (line == 0) /* in a block list the key stands on a line of its own */
		line = policy_document_find_line(source->bytes, source->len, "", value);
	if (line > 0)
		snprintf(place, sizeof(place), ":%u", line);
	return config_error_set(source->error, "%s%s: %s: '%s' %s", source->name, place, key, value,
				wanted);
}

static int parse_number(const struct source *source, const struct number *number, const char *text,
			void *structure)
{
	char *to = (char *)structure + number->to;
	uint64_t value = 0;
	char wanted[64];
	bool is_good = text[0] != '\0';

	for (const char *c = text; *c != '\0' && is_good; c++) {
		is_good = *c >= '0' && *c <= '9' && value <= number->maximum;
		value = value * 10 + (uint64_t)(*c - '0');
	}
	if (!is_good || value == 0 || value > number->maximum) {
		snprintf(wanted, sizeof(wanted), "is not a number from 1 to %llu",
			 (unsigned long long)number->maximum);
		return error_value(source, number->key, text, wanted);
	}
	value *= number->unit;
	if (number->to_size == sizeof(uint32_t))
		memcpy(to, &(uint32_t){(uint32_t)value}, sizeof(uint32_t));
	else
		memcpy(to, &value, sizeof(value));
	return 0;
}

/* Converts the numbers that `group` has; NULL: none. */
static int apply_numbers(const struct source *source, const struct number *numbers, size_t n,
			 const void *group, void *structure)
{
	for (size_t i = 0; i < n && group != NULL; i++) {
		const char *text;
		int err;

		memcpy(&text, (const char *)group + numbers[i].from, sizeof(text));
		if (text == NULL)
			continue;
		err = parse_number(source, &numbers[i], text, structure);
		if (err < 0)
			return err;
	}
	return 0;
}

/* The document's schema has bounded the lengths. */
static void copy_name(char to[POLICY_NAME_MAX], const char *from)
{
	snprintf(to, POLICY_NAME_MAX, "%s", from);
}

static void copy_path(char to[POLICY_PATH_MAX], const char *from)
{
	snprintf(to, POLICY_PATH_MAX, "%s", from);
}

/* A letter, then letters, digits and characters of `further`. */
static bool is_name(const char *text, const char *further)
{
	if (!isalpha((unsigned char)text[0]) && text[0] != '_')
		return false;
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && strchr(further, *text) == NULL)
			return false;
	return true;
}

/* Absolute, without "." and ".." and double slashes: what is written is what is meant. */
static bool is_plain_path(const char *path)
{
	if (path[0] != '/' || path[1] == '\0')
		return false;
	while (*path == '/') {
		const char *part = path + 1;
		size_t len = strcspn(part, "/");

		if (len == 0 || (len <= 2 && strspn(part, ".") >= len))
			return false;
		path = part + len;
	}
	return true;
}

static int apply_names(const struct source *source, const struct policy_document *document,
		       struct policy *policy)
{
	if (document->language != NULL) {
		if (!is_name(document->language, "_+#-."))
			return error_value(source, "language", document->language, "is not a name");
		copy_name(policy->language, document->language);
	}
	if (document->runtime != NULL) {
		if (!is_name(document->runtime, "_-"))
			return error_value(source, "runtime", document->runtime,
					   "is not the name of a runtime");
		copy_name(policy->runtime, document->runtime);
	}
	for (unsigned int i = 0; i < document->n_imports; i++) {
		if (!is_name(document->imports[i], "_."))
			return error_value(source, "imports", document->imports[i],
					   "is not the name of a module");
		copy_name(policy->imports[i], document->imports[i]);
	}
	if (document->imports != NULL)
		policy->n_imports = document->n_imports;
	return 0;
}

static int copy_modules(const struct source *source, const char *key, char *const *from,
			unsigned int n, char to[POLICY_MODULES_MAX][POLICY_NAME_MAX])
{
	for (unsigned int i = 0; i < n; i++) {
		if (!is_name(from[i], "_."))
			return error_value(source, key, from[i], "is not the name of a module");
		copy_name(to[i], from[i]);
	}
	return 0;
}

static int apply_variant(const struct source *source, const struct policy_document_variant *from,
			 struct policy_variant *to)
{
	int err;

	if (from->name == NULL || !is_name(from->name, "_-."))
		return error_value(source, "name", from->name != NULL ? from->name : "",
				   "is not the name of a variant");
	copy_name(to->name, from->name);
	if (from->n_modules == 0 || from->n_imports == 0)
		return error_value(source, "name", from->name, "lacks 'modules' or 'imports'");
	err = copy_modules(source, "modules", from->modules, from->n_modules, to->modules);
	if (err == 0)
		err = copy_modules(source, "imports", from->imports, from->n_imports, to->imports);
	for (unsigned int i = 0; err == 0 && i < from->n_found_at; i++) {
		if (!is_plain_path(from->found_at[i]))
			return error_value(source, "found_at", from->found_at[i],
					   "is not a plain absolute path");
		copy_path(to->found_at[i], from->found_at[i]);
	}
	to->n_modules = from->n_modules;
	to->n_imports = from->n_imports;
	to->n_found_at = from->n_found_at;
	return err;
}

static int apply_variants(const struct source *source, const struct policy_document *document,
			  struct policy *policy)
{
	int err = 0;

	for (unsigned int i = 0; err == 0 && i < document->n_variants; i++)
		err = apply_variant(source, &document->variants[i], &policy->variants[i]);
	if (document->variants != NULL)
		policy->n_variants = document->n_variants;
	return err;
}

static int apply_argv(const struct source *source, const struct policy_document *document,
		      struct policy *policy)
{
	if (document->argv == NULL)
		return 0;
	if (document->n_argv == 0 || !is_plain_path(document->argv[0]))
		return error_value(source, "argv", document->n_argv > 0 ? document->argv[0] : "",
				   "is not an absolute path");
	for (unsigned int i = 0; i < document->n_argv; i++)
		copy_path(policy->argv[i], document->argv[i]);
	policy->n_argv = document->n_argv;
	return 0;
}

static int apply_compiler(const struct source *source, const struct policy_document *document,
			  struct policy *policy)
{
	if (document->source != NULL) {
		if (!is_name(document->source, "._-"))
			return error_value(source, "source", document->source,
					   "is not the name of a file");
		copy_name(policy->source, document->source);
	}
	if (document->compile != NULL &&
	    (document->n_compile == 0 || !is_plain_path(document->compile[0])))
		return error_value(source, "compile",
				   document->n_compile > 0 ? document->compile[0] : "",
				   "is not an absolute path");
	for (unsigned int i = 0; document->compile != NULL && i < document->n_compile; i++)
		copy_path(policy->compile[i], document->compile[i]);
	if (document->compile != NULL)
		policy->n_compile = document->n_compile;
	for (unsigned int i = 0; document->link != NULL && i < document->n_link; i++)
		copy_path(policy->link[i], document->link[i]);
	if (document->link != NULL)
		policy->n_link = document->n_link;
	return 0;
}

/* The place of the variable that `assignment` sets: where it is set already, or a new one. */
static uint32_t find_variable(const struct policy *policy, const char *assignment)
{
	size_t len = strcspn(assignment, "=") + 1;
	uint32_t i;

	for (i = 0; i < policy->n_environment; i++)
		if (strncmp(policy->environment[i], assignment, len) == 0)
			break;
	return i;
}

static int apply_environment(const struct source *source, const struct policy_document *document,
			     struct policy *policy)
{
	for (unsigned int i = 0; i < document->n_environment; i++) {
		const char *assignment = document->environment[i];
		uint32_t place = find_variable(policy, assignment);

		if (assignment[0] == '=' || strchr(assignment, '=') == NULL)
			return error_value(source, "environment", assignment, "is not NAME=value");
		if (place == POLICY_ENVIRONMENT_MAX)
			return error_value(source, "environment", assignment,
					   "is one variable too many");
		copy_path(policy->environment[place], assignment);
		if (place == policy->n_environment)
			policy->n_environment++;
	}
	return 0;
}

/* The layers of a list, if the file has it: NULL leaves what was there. */
static int apply_layer_list(const struct source *source, const char *key, char *const *names,
			    unsigned int n, uint32_t *to)
{
	uint32_t layers = 0;

	for (unsigned int i = 0; i < n; i++) {
		int layer = policy_layer_find(names[i]);

		if (layer < 0)
			return error_value(source, key, names[i], "is not a layer of isolation");
		layers |= 1u << layer;
	}
	if (names != NULL)
		*to = layers;
	return 0;
}

static int apply_layers(const struct source *source, const struct policy_document *document,
			struct policy *policy)
{
	int err = apply_layer_list(source, "required_layers", document->required_layers,
				   document->n_required_layers, &policy->required_layers);

	if (err == 0)
		err = apply_layer_list(source, "leave_out", document->leave_out,
				       document->n_leave_out, &policy->left_out_layers);
	return err;
}

/* Which of the keys besides kind, target and optional a kind of mount has. */
static const struct {
	bool has_source;
	bool is_source_path; /* else text, as given */
	bool has_size;
} mount_kind_table[] = {
	[POLICY_MOUNT_BIND] = {.has_source = true, .is_source_path = true},
	[POLICY_MOUNT_DEVICE] = {.has_source = true, .is_source_path = true},
	[POLICY_MOUNT_TMPFS] = {.has_size = true},
	[POLICY_MOUNT_PROC] = {0},
	[POLICY_MOUNT_SYMLINK] = {.has_source = true},
};

static int check_mount(const struct source *source, const struct policy_document_mount *mount)
{
	const char *target = mount->target;
	bool has_source = mount_kind_table[mount->kind].has_source;
	bool has_size = mount_kind_table[mount->kind].has_size;

	if (target == NULL)
		return config_error_set(source->error, "%s: a mount has no 'target'%s%s",
					source->name,
					mount->source != NULL ? "; its source is " : "",
					mount->source != NULL ? mount->source : "");
	if (!is_plain_path(target))
		return error_value(source, "target", target, "is not a plain absolute path");
	if (has_source != (mount->source != NULL))
		return error_value(source, "target", target,
				   has_source ? "lacks a 'source'" : "can have no 'source'");
	if (mount_kind_table[mount->kind].is_source_path && mount->source != NULL &&
	    !is_plain_path(mount->source))
		return error_value(source, "source", mount->source, "is not a plain absolute path");
	if (has_size != (mount->size_mib != NULL) || has_size != (mount->inodes != NULL))
		return error_value(source, "target", target,
				   has_size ? "lacks 'size_mib' or 'inodes'"
					    : "can have no 'size_mib' or 'inodes'");
	return 0;
}

static int apply_mounts(const struct source *source, const struct policy_document *document,
			struct policy *policy)
{
	for (unsigned int i = 0; i < document->n_mounts; i++) {
		const struct policy_document_mount *from = &document->mounts[i];
		struct policy_mount *to = &policy->mounts[policy->n_mounts];
		int err = check_mount(source, from);

		if (err < 0)
			return err;
		if (policy->n_mounts == POLICY_MOUNTS_MAX)
			return error_value(source, "target", from->target,
					   "is one mount too many, base.yaml's included");
		to->kind = from->kind;
		to->is_optional = from->is_optional != 0;
		copy_path(to->source, from->source != NULL ? from->source : "");
		copy_path(to->target, from->target);
		err = apply_numbers(source, mount_numbers, COUNT(mount_numbers), from, to);
		if (err < 0)
			return err;
		policy->n_mounts++;
	}
	return 0;
}

static int apply_document(const struct source *source, const struct policy_document *document,
			  struct policy *policy)
{
	int err;

	err = apply_names(source, document, policy);
	if (err == 0)
		err = apply_variants(source, document, policy);
	if (err == 0)
		err = apply_argv(source, document, policy);
	if (err == 0)
		err = apply_compiler(source, document, policy);
	if (err == 0)
		err = apply_environment(source, document, policy);
	if (err == 0)
		err = apply_layers(source, document, policy);
	if (err == 0)
		err = apply_mounts(source, document, policy);
	if (err == 0)
		err = apply_numbers(source, limit_numbers, COUNT(limit_numbers),
				    document->default_limits, &policy->default_limits);
	if (err == 0)
		err = apply_numbers(source, limit_numbers, COUNT(limit_numbers),
				    document->maximum_limits, &policy->maximum_limits);
	if (err == 0)
		err = apply_numbers(source, limit_numbers, COUNT(limit_numbers),
				    document->compile_limits, &policy->compile_limits);
	if (err == 0)
		err = apply_numbers(source, cell_numbers, COUNT(cell_numbers), document->cell,
				    policy);
	return err;
}

int policy_file_apply(const char *name, const void *bytes, size_t len, struct policy *policy,
		      struct config_error *error)
{
	const struct source source = {.name = name, .bytes = bytes, .len = len, .error = error};
	struct policy_document *document;
	struct policy *changed;
	int err;

	err = policy_document_load(name, bytes, len, &document, error);
	if (err < 0)
		return err;
	changed = xmemdup(policy, sizeof(*policy));
	err = apply_document(&source, document, changed);
	if (err == 0)
		*policy = *changed;
	free(changed);
	policy_document_free(document);
	return err;
}

static uint64_t read_number(const struct number *number, const void *structure)
{
	const char *from = (const char *)structure + number->to;
	uint64_t value;
	uint32_t short_value;

	if (number->to_size == sizeof(short_value)) {
		memcpy(&short_value, from, sizeof(short_value));
		return short_value;
	}
	memcpy(&value, from, sizeof(value));
	return value;
}

static int check_limits(const char *name, const struct policy *policy, struct config_error *error)
{
	for (size_t i = 0; i < COUNT(limit_numbers); i++) {
		const struct number *number = &limit_numbers[i];
		uint64_t value = read_number(number, &policy->default_limits);
		uint64_t maximum = read_number(number, &policy->maximum_limits);

		if (value == 0 || maximum == 0)
			return config_error_set(error, "%s: '%s' of %s is missing", name,
						number->key,
						value == 0 ? "default_limits" : "maximum_limits");
		if (value > maximum)
			return config_error_set(
				error,
				"%s: '%s' of default_limits (%llu) is above that of "
				"maximum_limits (%llu)",
				name, number->key, (unsigned long long)(value / number->unit),
				(unsigned long long)(maximum / number->unit));
	}
	return 0;
}

static int check_left_out(const char *name, const struct policy *policy, struct config_error *error)
{
	const uint32_t wrong = policy->left_out_layers & POLICY_LAYERS_ESSENTIAL;

	for (int layer = 0; layer < LAYER_COUNT; layer++)
		if ((wrong & 1u << layer) != 0)
			return config_error_set(
				error, "%s: leave_out: no cell can be built without the layer %s",
				name, policy_layer_name((enum policy_layer)layer));
	return 0;
}

/* All of what compiling needs, or nothing of it. */
static int check_compiler(const char *name, const struct policy *policy, struct config_error *error)
{
	if (!policy_has_compiler(policy) && policy->n_compile == 0)
		return 0;
	if (!policy_has_compiler(policy) || policy->n_compile == 0)
		return config_error_set(error, "%s: '%s' is missing", name,
					policy->n_compile == 0 ? "compile" : "source");
	for (size_t i = 0; i < COUNT(limit_numbers); i++)
		if (read_number(&limit_numbers[i], &policy->compile_limits) == 0)
			return config_error_set(error, "%s: '%s' of compile_limits is missing",
						name, limit_numbers[i].key);
	return 0;
}

int policy_file_check(const char *name, const struct policy *policy, struct config_error *error)
{
	const struct {
		const char *key;
		bool is_missing;
	} parts[] = {
		{"language", policy->language[0] == '\0'},
		{"runtime", policy->runtime[0] == '\0'},
		{"argv", policy->n_argv == 0},
		{"mounts", policy->n_mounts == 0},
	};

	for (size_t i = 0; i < COUNT(parts); i++)
		if (parts[i].is_missing)
			return config_error_set(error, "%s: '%s' is missing", name, parts[i].key);
	for (size_t i = 0; i < COUNT(cell_numbers); i++)
		if (read_number(&cell_numbers[i], policy) == 0)
			return config_error_set(error, "%s: '%s' of cell is missing", name,
						cell_numbers[i].key);
	if (policy->n_syscalls == 0)
		return config_error_set(error, "%s: no system call is allowed", name);
	if (check_left_out(name, policy, error) < 0 || check_compiler(name, policy, error) < 0)
		return -EINVAL;
	return check_limits(name, policy, error);
}
