/*
 * The options of assayd as values, every one within its range. The table is options.def.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/config_error.h"
#include "core/policy.h"

#define OPTIONS_TEXT_MAX 256

struct option_names {
	char names[POLICY_MAX][POLICY_NAME_MAX];
	size_t n_names;
};

/* The type of a field, by the kind of its option. A DESCRIPTOR is -1 when it was not given. */
#define OPTION_TYPE_TEXT(field) char field[OPTIONS_TEXT_MAX]
#define OPTION_TYPE_NUMBER(field) uint64_t field
#define OPTION_TYPE_MODE(field) uint64_t field
#define OPTION_TYPE_LEVEL(field) uint64_t field
#define OPTION_TYPE_DESCRIPTOR(field) int field
#define OPTION_TYPE_NAMES(field) struct option_names field
#define OPTION_TYPE_LAYERS(field) uint32_t field /* bit set of enum policy_layer */
#define OPTION_TYPE_FLAG(field) bool field

struct options {
#define OPTION(kind, field, ...) OPTION_TYPE_##kind(field);
#include "config/options.def"
#undef OPTION
};

/* What the defaults of some options depend on. */
struct options_machine {
	unsigned int n_processors;
	bool is_root;
	const char *runtime_folder; /* $XDG_RUNTIME_DIR or NULL; borrowed */
	const char *policies_path;  /* borrowed */
};

/*
 * Parses the command line; what it does not name gets its default. --help, --usage and --version
 * are answered, and options that are not in the table refused, by argp, which ends the process
 * then. 0, or -EINVAL with `error`.
 */
int options_parse(int argc, char **argv, const struct options_machine *machine,
		  struct options *options, struct config_error *error);

/* Whether something is to be told instead of served; no socket is needed then. */
bool options_ask_only(const struct options *options);

/* One line "name = value" for each option. */
void options_print(const struct options *options, FILE *file);
