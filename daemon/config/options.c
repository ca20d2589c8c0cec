/*
 * Command line to struct options. Run by assayd only; the other two programs take no options and
 * are handed struct settings.
 *
 * options.def is turned into one array of descriptions, and everything else walks that array: argp
 * gets its list from it, values are parsed by kind, defaults go through the same parsing as what a
 * person types (so a wrong default cannot hide), and --print-config shows the outcome. Ranges are
 * checked here and nowhere else: afterwards a value of struct options can be relied on.
 */
#include "config/options.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define ASSAYD_VERSION "assayd 0.1.0"
#define KEY_FIRST 256 /* above all characters: no option has a short form */

enum kind { TEXT, NUMBER, MODE, LEVEL, DESCRIPTOR, NAMES, LAYERS, FLAG };

static const struct description {
	enum kind kind;
	const char *name;
	const char *argument;
	const char *default_text;
	uint64_t minimum; /* of a text: its length */
	uint64_t maximum;
	const char *help;
	size_t offset; /* in struct options */
} descriptions[] = {
#define OPTION(kind, field, name, argument, default_text, minimum, maximum, help) \
	{kind,    name,    argument, default_text,                                \
	 minimum, maximum, help,     offsetof(struct options, field)},
#include "config/options.def"
#undef OPTION
};

#define N_OPTIONS (sizeof(descriptions) / sizeof(descriptions[0]))

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

#define N_LEVELS (sizeof(level_names) / sizeof(level_names[0]))

static int refuse(const struct description *description, const char *text, const char *wanted,
		  struct config_error *error)
{
	return config_error_set(error, "--%s: '%.200s' is not %s", description->name, text, wanted);
}

static int refuse_number(const struct description *description, const char *text,
			 struct config_error *error)
{
	unsigned long long minimum = description->minimum;
	unsigned long long maximum = description->maximum;
	char wanted[64];

	if (description->kind == MODE)
		snprintf(wanted, sizeof(wanted), "an octal number from %llo to %llo", minimum,
			 maximum);
	else
		snprintf(wanted, sizeof(wanted), "a number from %llu to %llu", minimum, maximum);
	return refuse(description, text, wanted, error);
}

/* Digits only: strtoull() would take signs, blanks and what follows. */
static int parse_digits(const struct description *description, const char *text, uint64_t *value,
			struct config_error *error)
{
	const uint64_t base = description->kind == MODE ? 8 : 10;
	uint64_t result = 0;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c < '0' || *c >= (char)('0' + base))
			return refuse_number(description, text, error);
		result = result * base + (uint64_t)(*c - '0');
		if (result > description->maximum)
			return refuse_number(description, text, error);
	}
	if (text[0] == '\0' || result < description->minimum)
		return refuse_number(description, text, error);
	*value = result;
	return 0;
}

static int parse_level(const struct description *description, const char *text, uint64_t *value,
		       struct config_error *error)
{
	for (size_t i = 0; i < N_LEVELS; i++) {
		if (strcmp(text, level_names[i]) != 0)
			continue;
		*value = i;
		return 0;
	}
	return refuse(description, text, description->help, error);
}

static int parse_text(const struct description *description, const char *text, char *value,
		      struct config_error *error)
{
	size_t len = strlen(text);
	char wanted[64];

	if (len < description->minimum || len > description->maximum) {
		snprintf(wanted, sizeof(wanted), "a text of %llu to %llu bytes",
			 (unsigned long long)description->minimum,
			 (unsigned long long)description->maximum);
		return refuse(description, text, wanted, error);
	}
	memcpy(value, text, len + 1);
	return 0;
}

static int parse_name(const struct description *description, const char *text,
		      struct option_names *names, struct config_error *error)
{
	if (text[0] == '.' || strchr(text, '/') != NULL)
		return refuse(description, text, "the name of a folder of policies", error);
	if (names->n_names == POLICY_MAX)
		return refuse(description, text, "possible: too many policies", error);
	for (size_t i = 0; i < names->n_names; i++)
		if (strcmp(names->names[i], text) == 0)
			return refuse(description, text, "given once", error);
	if (parse_text(description, text, names->names[names->n_names], error) < 0)
		return -EINVAL;
	names->n_names++;
	return 0;
}

static int refuse_layer(const struct description *description, const char *text,
			struct config_error *error)
{
	char names[512] = "";
	size_t len = 0;

	for (int layer = 0; layer < LAYER_COUNT && len < sizeof(names); layer++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, ", %s",
					policy_layer_name((enum policy_layer)layer));
	return config_error_set(error,
				"--%s: '%.200s' is not a layer of isolation; there are: any%s",
				description->name, text, names);
}

static int parse_layer(const struct description *description, const char *text, uint32_t *layers,
		       struct config_error *error)
{
	int layer = policy_layer_find(text);

	if (strcmp(text, "any") == 0)
		*layers = POLICY_LAYERS_ALL;
	else if (layer >= 0)
		*layers |= 1u << layer;
	else
		return refuse_layer(description, text, error);
	return 0;
}

static int parse_value(const struct description *description, const char *text,
		       struct options *options, struct config_error *error)
{
	void *field = (char *)options + description->offset;
	uint64_t number = 0;
	int err = 0;

	switch (description->kind) {
	case TEXT:
		return parse_text(description, text, field, error);
	case NUMBER:
	case MODE:
		return parse_digits(description, text, field, error);
	case LEVEL:
		return parse_level(description, text, field, error);
	case DESCRIPTOR:
		err = parse_digits(description, text, &number, error);
		if (err == 0)
			*(int *)field = (int)number;
		return err;
	case NAMES:
		return parse_name(description, text, field, error);
	case LAYERS:
		return parse_layer(description, text, field, error);
	case FLAG:
		*(bool *)field = true;
		return 0;
	}
	return -EINVAL;
}

static int set_defaults(struct options *options, struct config_error *error)
{
	int err = 0;

	memset(options, 0, sizeof(*options));
	for (size_t i = 0; i < N_OPTIONS && err == 0; i++) {
		const struct description *description = &descriptions[i];

		if (description->kind == DESCRIPTOR)
			*(int *)((char *)options + description->offset) = -1;
		if (description->default_text[0] != '\0')
			err = parse_value(description, description->default_text, options, error);
	}
	return err;
}

struct parsing {
	struct options *options;
	struct config_error *error;
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct parsing *parsing = state->input;

	if (key == ARGP_KEY_ARG) {
		config_error_set(parsing->error, "'%.200s': assayd takes options only", argument);
		return EINVAL;
	}
	if (key < KEY_FIRST || key >= KEY_FIRST + (int)N_OPTIONS)
		return ARGP_ERR_UNKNOWN;
	return -parse_value(&descriptions[key - KEY_FIRST], argument, parsing->options,
			    parsing->error);
}

bool options_ask_only(const struct options *options)
{
	return options->is_doctor || options->is_list_policies ||
	       options->explained_policy[0] != '\0' || options->checked_file[0] != '\0';
}

/* Defaults that depend on the machine, for what is still empty. */
static int complete(const struct options_machine *machine, struct options *options,
		    struct config_error *error)
{
	const char *folder = machine->is_root ? "/run" : machine->runtime_folder;
	int len = 0;

	if (options->n_slots == 0)
		options->n_slots = machine->n_processors > POLICY_EVALUATIONS_MAX
					   ? POLICY_EVALUATIONS_MAX
				   : machine->n_processors == 0 ? 1
								: machine->n_processors;
	if (options->user_queue_max == 0)
		options->user_queue_max = options->queue_max;
	if (options->user_clients_max == 0)
		options->user_clients_max = options->clients_max;
	if (options->policies_path[0] == '\0')
		len = snprintf(options->policies_path, sizeof(options->policies_path), "%s",
			       machine->policies_path);
	if (len >= (int)sizeof(options->policies_path))
		return config_error_set(error, "--policies: the folder's name is too long");
	if (options->socket_path[0] != '\0' || options_ask_only(options))
		return 0;
	if (folder == NULL || folder[0] == '\0')
		return config_error_set(error, "--socket is needed: XDG_RUNTIME_DIR is not set");
	len = snprintf(options->socket_path, sizeof(options->socket_path), "%s/assay/assay.sock",
		       folder);
	if (len > 107)
		return config_error_set(error,
					"--socket: '%s/assay/assay.sock' is too long for a "
					"socket's name",
					folder);
	return 0;
}

int options_parse(int argc, char **argv, const struct options_machine *machine,
		  struct options *options, struct config_error *error)
{
	struct argp_option list[N_OPTIONS + 1] = {0};
	struct argp argp = {
		.options = list,
		.parser = parse_option,
		.doc = "Judges generated code in locked cells and answers on a Unix socket.",
	};
	struct parsing parsing = {.options = options, .error = error};
	int err;

	for (size_t i = 0; i < N_OPTIONS; i++)
		list[i] = (struct argp_option){
			.name = descriptions[i].name,
			.key = KEY_FIRST + (int)i,
			.arg = descriptions[i].argument,
			.doc = descriptions[i].help,
		};
	argp_program_version = ASSAYD_VERSION;
	argp_err_exit_status = 2;
	error->text[0] = '\0';
	err = set_defaults(options, error);
	if (err == 0 && argp_parse(&argp, argc, argv, 0, NULL, &parsing) != 0)
		err = -EINVAL;
	return err < 0 ? err : complete(machine, options, error);
}

static void print_layers(uint32_t layers, FILE *file)
{
	const char *separator = "";

	for (int layer = 0; layer < LAYER_COUNT; layer++) {
		if ((layers & 1u << layer) == 0)
			continue;
		fprintf(file, "%s%s", separator, policy_layer_name((enum policy_layer)layer));
		separator = " ";
	}
}

static void print_value(const struct description *description, const struct options *options,
			FILE *file)
{
	const void *field = (const char *)options + description->offset;
	const struct option_names *names = field;

	switch (description->kind) {
	case TEXT:
		fprintf(file, "%s", (const char *)field);
		break;
	case NUMBER:
		fprintf(file, "%llu", (unsigned long long)*(const uint64_t *)field);
		break;
	case MODE:
		fprintf(file, "%04llo", (unsigned long long)*(const uint64_t *)field);
		break;
	case LEVEL:
		fprintf(file, "%s", level_names[*(const uint64_t *)field]);
		break;
	case DESCRIPTOR:
		fprintf(file, "%d", *(const int *)field);
		break;
	case NAMES:
		for (size_t i = 0; i < names->n_names; i++)
			fprintf(file, "%s%s", i > 0 ? " " : "", names->names[i]);
		break;
	case LAYERS:
		print_layers(*(const uint32_t *)field, file);
		break;
	case FLAG:
		fprintf(file, "%s", *(const bool *)field ? "true" : "false");
		break;
	}
}

void options_print(const struct options *options, FILE *file)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		fprintf(file, "%s = ", descriptions[i].name);
		print_value(&descriptions[i], options, file);
		fputc('\n', file);
	}
}
