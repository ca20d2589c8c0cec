/*
 * A policy file as it was written: the keys of one YAML file, values still text. Keys that the file
 * does not have are NULL (or 0 entries). What the values mean is settled in policy_file.h.
 */
#pragma once

#include <stddef.h>

#include "config/config_error.h"
#include "core/policy.h"

struct policy_document_limits {
	char *cpu_ms;
	char *wall_ms;
	char *memory_mib;
	char *output_kib;
	char *processes;
};

struct policy_document_cell {
	char *memory_mib;
	char *runs;
	char *file_mib;
	char *open_files;
	char *stack_mib;
	char *code_kib;
};

struct policy_document_mount {
	enum policy_mount_kind kind;
	int is_optional; /* 0 or 1 */
	char *source;
	char *target;
	char *size_mib;
	char *inodes;
};

struct policy_document_variant {
	char *name;
	char **modules;
	unsigned int n_modules;
	char **imports;
	unsigned int n_imports;
	char **found_at;
	unsigned int n_found_at;
};

struct policy_document {
	char *language;
	char *runtime;
	char **argv;
	unsigned int n_argv;
	char **environment;
	unsigned int n_environment;
	char **imports;
	unsigned int n_imports;
	struct policy_document_variant *variants;
	unsigned int n_variants;
	char *source;
	char **compile;
	unsigned int n_compile;
	char **link;
	unsigned int n_link;
	char **required_layers;
	unsigned int n_required_layers;
	char **leave_out;
	unsigned int n_leave_out;
	struct policy_document_mount *mounts;
	unsigned int n_mounts;
	struct policy_document_limits *default_limits;
	struct policy_document_limits *maximum_limits;
	struct policy_document_limits *compile_limits;
	struct policy_document_cell *cell;
};

/*
 * Reads `len` bytes of YAML; `name` is the file's name for texts. 0: *document is new and freed by
 * policy_document_free(). -EINVAL: `error` has file, line and, for a key that is not known, the
 * keys that are.
 */
int policy_document_load(const char *name, const void *bytes, size_t len,
			 struct policy_document **document, struct config_error *error);

/* NULL is accepted. */
void policy_document_free(struct policy_document *document);

/* The first line (from 1) of the file on which `value` stands behind `key`; 0: not found. */
unsigned int policy_document_find_line(const void *bytes, size_t len, const char *key,
				       const char *value);
