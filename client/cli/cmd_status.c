/*
 * assay status: what the daemon does. Runs in `assay`.
 *
 * One answer of the daemon, either as tables for a person (libsmartcols aligns them) or as one JSON
 * object. What the daemon calls its slots and counters is printed as it names them, so that a newer
 * daemon can tell more without a newer command line.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/cli/result_json.h"
#include "client/cli/terminal.h"

#define ANSWER_PATIENCE_MS 10000

struct status_arguments {
	bool as_json;
};

enum { OPTION_JSON = 256 };

static const struct argp_option option_list[] = {
	{"json", OPTION_JSON, NULL, 0, "One JSON object instead of tables", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct status_arguments *arguments = state->input;

	switch (key) {
	case OPTION_JSON:
		arguments->as_json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is too much; status takes no arguments", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp arguments_parser = {
	.options = option_list,
	.parser = parse_option,
	.doc = "Show what the daemon does: its slots, its queue, what it has judged so far and "
	       "what "
	       "isolates the candidates.",
};

/* ------------------------------------------------------------------ as JSON */

static const struct {
	const char *key;
	enum assay_status_number number;
} number_table[] = {
	{"uptime_ms", ASSAY_STATUS_UPTIME_MS},
	{"slots_total", ASSAY_STATUS_SLOTS_TOTAL},
	{"slots_free", ASSAY_STATUS_SLOTS_FREE},
	{"queued", ASSAY_STATUS_QUEUED},
	{"running", ASSAY_STATUS_RUNNING},
	{"connections", ASSAY_STATUS_CONNECTIONS},
	{"evaluations_total", ASSAY_STATUS_EVALUATIONS_TOTAL},
	{"supervisor_pid", ASSAY_STATUS_SUPERVISOR_PID},
	{"keeper_pid", ASSAY_STATUS_KEEPER_PID},
	{"broker_pid", ASSAY_STATUS_BROKER_PID},
};

static json_t *string_from(const char *text)
{
	return json_from_bytes(text, strlen(text));
}

static json_t *verdicts_to_json(const assay_event *event)
{
	json_t *verdicts = json_object();

	for (int verdict = ASSAY_PASSED; verdict <= ASSAY_INFRA; verdict++)
		json_object_set_new(verdicts, assay_verdict_name(verdict),
				    json_integer((json_int_t)assay_status_verdict_count(
					    event, (enum assay_verdict)verdict)));
	return verdicts;
}

static json_t *slots_to_json(const assay_event *event)
{
	json_t *slots = json_array();
	const char *state, *language;
	uint64_t runs, cells;
	uint32_t pid;

	for (size_t i = 0; assay_status_slot(event, i, &state, &language, &runs, &cells, &pid) == 0;
	     i++)
		json_array_append_new(slots, json_pack("{sI so so sI sI sI}", "index",
						       (json_int_t)i, "state", string_from(state),
						       "language", string_from(language), "runs",
						       (json_int_t)runs, "cells", (json_int_t)cells,
						       "cell_pid", (json_int_t)pid));
	return slots;
}

static json_t *users_to_json(const assay_event *event)
{
	json_t *users = json_array();
	uint32_t uid, connections, queued;
	uint64_t evaluations;

	for (size_t i = 0;
	     assay_status_user(event, i, &uid, &connections, &queued, &evaluations) == 0; i++)
		json_array_append_new(users, json_pack("{sI ss sI sI sI}", "uid", (json_int_t)uid,
						       "name", assay_status_user_name(event, i),
						       "connections", (json_int_t)connections,
						       "queued", (json_int_t)queued, "evaluations",
						       (json_int_t)evaluations));
	return users;
}

static json_t *counters_to_json(const assay_event *event)
{
	json_t *counters = json_object();
	const char *name, *help;
	uint64_t value;

	for (size_t i = 0; (name = assay_status_counter(event, i, &value, &help)) != NULL; i++)
		json_object_set_new(counters, name, json_integer((json_int_t)value));
	return counters;
}

static json_t *languages_to_json(const assay_client *client)
{
	json_t *languages = json_array();
	const char *name, *runtime;

	for (size_t i = 0; (name = assay_server_language(client, i, &runtime)) != NULL; i++)
		json_array_append_new(languages, json_pack("{so so}", "name", string_from(name),
							   "runtime", string_from(runtime)));
	return languages;
}

static json_t *layers_to_json(const assay_client *client,
			      const char *(*layer_at)(const assay_client *, size_t))
{
	json_t *layers = json_array();
	const char *layer;

	for (size_t i = 0; (layer = layer_at(client, i)) != NULL; i++)
		json_array_append_new(layers, string_from(layer));
	return layers;
}

static json_t *broker_isolation_to_json(const assay_event *event)
{
	json_t *layers = json_array();
	const char *layer;

	for (size_t i = 0; (layer = assay_status_broker_isolation(event, i)) != NULL; i++)
		json_array_append_new(layers, string_from(layer));
	return layers;
}

static json_t *status_to_json(const struct cli_context *context, const assay_event *event)
{
	json_t *status = json_object();

	json_object_set_new(status, "version", string_from(assay_status_version(event)));
	json_object_set_new(status, "address", string_from(context->address));
	for (size_t i = 0; i < sizeof(number_table) / sizeof(number_table[0]); i++)
		json_object_set_new(status, number_table[i].key,
				    json_integer((json_int_t)assay_status_number(
					    event, number_table[i].number)));
	json_object_set_new(status, "verdicts", verdicts_to_json(event));
	json_object_set_new(status, "slots", slots_to_json(event));
	json_object_set_new(status, "users", users_to_json(event));
	json_object_set_new(status, "languages", languages_to_json(context->client));
	json_object_set_new(status, "isolation",
			    layers_to_json(context->client, assay_server_isolation));
	json_object_set_new(status, "isolation_missing",
			    layers_to_json(context->client, assay_server_isolation_missing));
	json_object_set_new(status, "broker_isolation", broker_isolation_to_json(event));
	json_object_set_new(status, "counters", counters_to_json(event));
	return status;
}

static int print_json(const struct cli_context *context, const assay_event *event)
{
	json_t *status = status_to_json(context, event);
	char *line = json_to_line(status);

	json_decref(status);
	if (line == NULL) {
		cli_error("out of memory");
		return CLI_NO_DAEMON;
	}
	puts(line);
	free(line);
	return CLI_DONE;
}

/* ------------------------------------------------------------------ as tables */

/* Column names end with NULL; a leading '>' aligns right. NULL when memory is short. */
static struct libscols_table *table_new(const char *const *columns)
{
	struct libscols_table *table = scols_new_table();

	if (table == NULL)
		return NULL;
	for (; *columns != NULL; columns++) {
		bool is_right = (*columns)[0] == '>';

		scols_table_new_column(table, *columns + (is_right ? 1 : 0), 0,
				       is_right ? SCOLS_FL_RIGHT : 0);
	}
	scols_table_enable_noheadings(table, false);
	return table;
}

static void table_set(struct libscols_line *row, size_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void table_set(struct libscols_line *row, size_t column, const char *format, ...)
{
	va_list arguments;
	char text[256];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	scols_line_set_data(row, column, text); /* copies, and escapes when it prints */
}

static void table_print(struct libscols_table *table, const char *title)
{
	if (table != NULL && !scols_table_is_empty(table)) {
		printf("\n%s\n", title);
		scols_print_table(table);
	}
	scols_unref_table(table);
}

static void print_slots(const assay_event *event)
{
	static const char *const columns[] = {">SLOT",  "STATE", "LANGUAGE", ">RUNS",
					      ">CELLS", ">PID",  NULL};
	struct libscols_table *table = table_new(columns);
	const char *state, *language;
	uint64_t runs, cells;
	uint32_t pid;

	for (size_t i = 0; table != NULL &&
			   assay_status_slot(event, i, &state, &language, &runs, &cells, &pid) == 0;
	     i++) {
		struct libscols_line *row = scols_table_new_line(table, NULL);

		table_set(row, 0, "%zu", i);
		table_set(row, 1, "%s", state);
		table_set(row, 2, "%s", language);
		table_set(row, 3, "%" PRIu64, runs);
		table_set(row, 4, "%" PRIu64, cells);
		if (pid != 0)
			table_set(row, 5, "%" PRIu32, pid);
	}
	table_print(table, "Slots");
}

static void print_users(const assay_event *event)
{
	static const char *const columns[] = {">USER", ">CONNECTIONS", ">QUEUED", ">TAKEN", NULL};
	struct libscols_table *table = table_new(columns);
	uint32_t uid, connections, queued;
	uint64_t evaluations;

	for (size_t i = 0; table != NULL && assay_status_user(event, i, &uid, &connections, &queued,
							      &evaluations) == 0;
	     i++) {
		struct libscols_line *row = scols_table_new_line(table, NULL);

		if (assay_status_user_name(event, i)[0] != '\0')
			table_set(row, 0, "%s", assay_status_user_name(event, i));
		else
			table_set(row, 0, "%" PRIu32, uid);
		table_set(row, 1, "%" PRIu32, connections);
		table_set(row, 2, "%" PRIu32, queued);
		table_set(row, 3, "%" PRIu64, evaluations);
	}
	table_print(table, "Users");
}

static void print_verdicts(const assay_event *event)
{
	static const char *const columns[] = {"VERDICT", ">COUNT", ">SHARE", NULL};
	uint64_t total = assay_status_number(event, ASSAY_STATUS_EVALUATIONS_TOTAL);
	struct libscols_table *table = table_new(columns);

	for (int verdict = ASSAY_PASSED; table != NULL && verdict <= ASSAY_INFRA; verdict++) {
		uint64_t count = assay_status_verdict_count(event, (enum assay_verdict)verdict);
		struct libscols_line *row;

		if (count == 0)
			continue;
		row = scols_table_new_line(table, NULL);
		table_set(row, 0, "%s", assay_verdict_name((enum assay_verdict)verdict));
		table_set(row, 1, "%" PRIu64, count);
		if (total > 0)
			table_set(row, 2, "%.1f %%", 100.0 * (double)count / (double)total);
	}
	table_print(table, "Verdicts");
}

static void print_counters(const assay_event *event)
{
	static const char *const columns[] = {"COUNTER", ">VALUE", "MEANING", NULL};
	struct libscols_table *table = table_new(columns);
	const char *name, *help;
	uint64_t value;

	for (size_t i = 0;
	     table != NULL && (name = assay_status_counter(event, i, &value, &help)) != NULL; i++) {
		struct libscols_line *row = scols_table_new_line(table, NULL);

		table_set(row, 0, "%s", name);
		table_set(row, 1, "%" PRIu64, value);
		table_set(row, 2, "%s", help != NULL ? help : "");
	}
	table_print(table, "Counters");
}

static void print_field(const char *name, const char *value)
{
	printf("%-12s ", name);
	terminal_write(stdout, value, strlen(value), -1);
	putchar('\n');
}

static void print_layers(const char *name, const assay_client *client,
			 const char *(*layer_at)(const assay_client *, size_t))
{
	const char *layer;

	if (layer_at(client, 0) == NULL)
		return;
	printf("%-12s ", name);
	for (size_t i = 0; (layer = layer_at(client, i)) != NULL; i++) {
		fputs(i > 0 ? ", " : "", stdout);
		terminal_write(stdout, layer, strlen(layer), -1);
	}
	putchar('\n');
}

/* None only of a build with a sanitizer, or of a daemon that does not tell. */
static void print_broker_isolation(const assay_event *event)
{
	const char *layer = assay_status_broker_isolation(event, 0);

	printf("%-12s ", "broker's own");
	for (size_t i = 0; layer != NULL; layer = assay_status_broker_isolation(event, ++i)) {
		fputs(i > 0 ? ", " : "", stdout);
		terminal_write(stdout, layer, strlen(layer), -1);
	}
	puts(assay_status_broker_isolation(event, 0) == NULL ? "none" : "");
}

static void print_languages(const assay_client *client)
{
	const char *name, *runtime;

	for (size_t i = 0; (name = assay_server_language(client, i, &runtime)) != NULL; i++) {
		printf("%-12s ", i == 0 ? "languages" : "");
		terminal_write(stdout, name, strlen(name), -1);
		fputs(" (", stdout);
		terminal_write(stdout, runtime, strlen(runtime), -1);
		puts(")");
	}
}

static void print_uptime(uint64_t uptime_ms)
{
	uint64_t seconds = uptime_ms / 1000;

	printf("%-12s ", "running for");
	if (seconds >= 86400)
		printf("%" PRIu64 " d ", seconds / 86400);
	printf("%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "\n", seconds / 3600 % 24,
	       seconds / 60 % 60, seconds % 60);
}

static void print_tables(const struct cli_context *context, const assay_event *event)
{
	print_field("daemon", assay_status_version(event));
	print_field("address", context->address);
	print_uptime(assay_status_number(event, ASSAY_STATUS_UPTIME_MS));
	printf("%-12s assayd %" PRIu64 ", keeper %" PRIu64 ", broker %" PRIu64 "\n", "processes",
	       assay_status_number(event, ASSAY_STATUS_SUPERVISOR_PID),
	       assay_status_number(event, ASSAY_STATUS_KEEPER_PID),
	       assay_status_number(event, ASSAY_STATUS_BROKER_PID));
	printf("%-12s %" PRIu64 " of %" PRIu64 " slots busy, %" PRIu64 " queued, %" PRIu64
	       " judged so far, %" PRIu64 " connections\n",
	       "work", assay_status_number(event, ASSAY_STATUS_RUNNING),
	       assay_status_number(event, ASSAY_STATUS_SLOTS_TOTAL),
	       assay_status_number(event, ASSAY_STATUS_QUEUED),
	       assay_status_number(event, ASSAY_STATUS_EVALUATIONS_TOTAL),
	       assay_status_number(event, ASSAY_STATUS_CONNECTIONS));
	print_languages(context->client);
	print_layers("isolation", context->client, assay_server_isolation);
	print_layers("missing", context->client, assay_server_isolation_missing);
	print_broker_isolation(event);
	print_slots(event);
	print_users(event);
	print_verdicts(event);
	print_counters(event);
}

/* ------------------------------------------------------------------ asking */

static int fail(const struct cli_context *context, int err)
{
	if (err == -EINTR)
		return CLI_INTERRUPTED;
	cli_error("%s does not tell its status: %s", context->address,
		  err == -ETIMEDOUT ? "no answer" : strerror(-err));
	return CLI_NO_DAEMON;
}

static int fail_refused(const assay_event *event)
{
	const char *message;

	assay_event_error(event, &message, NULL, NULL);
	cli_error("the daemon does not tell its status: %s", message);
	return CLI_NO_DAEMON;
}

int cmd_status(struct cli_context *context, int argc, char **argv)
{
	struct status_arguments arguments = {0};
	assay_event *event = NULL;
	int status, err;

	argp_parse(&arguments_parser, argc, argv, 0, NULL, &arguments);
	status = cli_connect(context);
	if (status != CLI_DONE)
		return status;
	err = assay_submit_status(context->client, NULL);
	if (err == 0)
		err = cli_next(context, ANSWER_PATIENCE_MS, -1, &event);
	if (err < 0)
		return fail(context, err);
	if (assay_event_type(event) == ASSAY_EVENT_ERROR)
		status = fail_refused(event);
	else if (arguments.as_json)
		status = print_json(context, event);
	else
		print_tables(context, event);
	assay_event_free(event);
	return status;
}
