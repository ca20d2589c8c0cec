/*
 * YAML to principles, with libcyaml. Part of `assay loop constitution`.
 *
 * libcyaml reports mistakes only through its log: a message, then a back-trace from the innermost
 * place outwards, each with its line. The first of both become the complaint. What the values mean
 * is checked afterwards, and told with the line on which the principle's name stands.
 */
#include "client/loops/principles.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES_MAX (1u << 20)
#define NAME_BYTES_MAX 64
#define TEXT_BYTES_MAX 8192
#define PRINCIPLES_MAX 64
#define TIMES_DEFAULT 3
#define TIMES_MAX 1e6

static const cyaml_schema_field_t principle_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct principle, name, 1,
			       NAME_BYTES_MAX),
	CYAML_FIELD_STRING_PTR("measure", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			       struct principle, measure_name, 1, NAME_BYTES_MAX),
	CYAML_FIELD_STRING_PTR("times", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct principle,
			       times_text, 1, NAME_BYTES_MAX),
	CYAML_FIELD_STRING_PTR("critique", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			       struct principle, critique, 1, TEXT_BYTES_MAX),
	CYAML_FIELD_STRING_PTR("revision", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			       struct principle, revision, 1, TEXT_BYTES_MAX),
	CYAML_FIELD_STRING_PTR("choice", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct principle,
			       choice, 1, TEXT_BYTES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t principle_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct principle, principle_fields),
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("principles", CYAML_FLAG_POINTER, struct principles, items, n,
				   &principle_value, 1, PRINCIPLES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct principles, file_fields),
};

/* ---------------------------------------------------------------- mistakes of the file */

struct source {
	const char *path;
	char *bytes;
	size_t len;
	char *problem;
};

static int complain_at(const struct source *source, size_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int complain_at(const struct source *source, size_t line, const char *format, ...)
{
	int len = line > 0
			  ? snprintf(source->problem, PRINCIPLES_PROBLEM_MAX,
				     "%s:%zu: ", source->path, line)
			  : snprintf(source->problem, PRINCIPLES_PROBLEM_MAX, "%s: ", source->path);
	va_list args;

	va_start(args, format);
	if (len < PRINCIPLES_PROBLEM_MAX)
		vsnprintf(source->problem + len, PRINCIPLES_PROBLEM_MAX - (size_t)len, format,
			  args);
	va_end(args);
	return -EINVAL;
}

/* The first line from `first` on that has the text; 0: none. */
static size_t find_line(const struct source *source, const char *text, size_t first)
{
	const char *at = source->bytes, *end = source->bytes + source->len;

	for (size_t line = 1; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const size_t len = (size_t)((newline != NULL ? newline : end) - at);

		if (line >= first && memmem(at, len, text, strlen(text)) != NULL)
			return line;
		at += len + 1;
	}
	return 0;
}

/* Where the principle begins of which this is the name. */
static size_t find_principle(const struct source *source, const char *name)
{
	size_t line = 0;

	while ((line = find_line(source, "name:", line + 1)) != 0)
		if (find_line(source, name, line) == line)
			break;
	return line;
}

/* What libcyaml said first, and the innermost place. */
struct mistake {
	char message[256];
	size_t line;
	bool is_within; /* a principle */
};

static void note_mistake(cyaml_log_t level, void *context, const char *format, va_list args)
{
	struct mistake *mistake = context;
	const char *line, *message;
	char text[512];

	(void)level;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	line = strstr(text, "(line: ");
	if (strncmp(text, "  in ", 5) == 0) {
		if (mistake->line == 0 && line != NULL)
			mistake->line = strtoul(line + strlen("(line: "), NULL, 10);
		mistake->is_within |= strstr(text, "'principles'") != NULL;
		return;
	}
	message = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
	if (mistake->message[0] == '\0' && strcmp(message, "Backtrace:") != 0)
		snprintf(mistake->message, sizeof(mistake->message), "%.255s", message);
}

static const cyaml_config_t free_config = {
	.mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR, .flags = CYAML_CFG_NO_ALIAS};

/* The place is that of the value before it: the key is looked for from there on. */
static int complain_of_key(const struct source *source, const struct mistake *mistake,
			   const char *key)
{
	const cyaml_schema_field_t *field = mistake->is_within ? principle_fields : file_fields;
	size_t line = find_line(source, key, mistake->line);
	char known[256] = "";

	for (; field->key != NULL; field++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), " %s", field->key);
	return complain_at(source, line, "unknown key '%s'; there are:%s", key, known);
}

static int parse(const struct source *source, struct principles **principles)
{
	static const char unexpected[] = "Unexpected key: ";
	struct mistake mistake = {0};
	const cyaml_config_t config = {.log_fn = note_mistake,
				       .log_ctx = &mistake,
				       .log_level = CYAML_LOG_WARNING,
				       .mem_fn = cyaml_mem,
				       .flags = CYAML_CFG_NO_ALIAS};
	cyaml_err_t status;

	*principles = NULL;
	status = cyaml_load_data((const uint8_t *)source->bytes, source->len, &config, &file_value,
				 (cyaml_data_t **)principles, NULL);
	if (status == CYAML_OK && mistake.message[0] == '\0' && *principles != NULL)
		return 0;
	principles_free(*principles);
	*principles = NULL;
	if (status == CYAML_OK && mistake.message[0] == '\0')
		return complain_at(source, 0, "the file is empty");
	if (strncmp(mistake.message, unexpected, strlen(unexpected)) == 0)
		return complain_of_key(source, &mistake, mistake.message + strlen(unexpected));
	return complain_at(source, mistake.line, "%s",
			   mistake.message[0] != '\0' ? mistake.message : cyaml_strerror(status));
}

void principles_free(struct principles *principles)
{
	if (principles != NULL)
		cyaml_free(&free_config, &file_value, principles, 0);
}

/* ---------------------------------------------------------------- what the values mean */

static int check_measured(const struct source *source, struct principle *principle, size_t line)
{
	char *end, known[256];

	principle->measure = measure_find(principle->measure_name);
	if (principle->measure == NULL) {
		measure_list(known, sizeof(known));
		return complain_at(source, line, "%s: '%s' is no measure; there are: %s",
				   principle->name, principle->measure_name, known);
	}
	if (principle->critique != NULL || principle->choice != NULL)
		return complain_at(source, line,
				   "%s: what is measured has no 'critique' and no 'choice': the "
				   "daemon's words are taken",
				   principle->name);
	principle->times = TIMES_DEFAULT;
	if (principle->times_text == NULL)
		return 0;
	principle->times = strtod(principle->times_text, &end);
	if (!principle->measure->is_of_time)
		return complain_at(source, line, "%s: 'times' is for the measure time",
				   principle->name);
	if (*end != '\0' || !(principle->times > 0 && principle->times <= TIMES_MAX))
		return complain_at(source, line, "%s: times: '%s' is no number above 0",
				   principle->name, principle->times_text);
	return 0;
}

static int check(const struct source *source, struct principles *principles, unsigned int index)
{
	struct principle *principle = &principles->items[index];
	const size_t line = find_principle(source, principle->name);

	for (unsigned int i = 0; i < index; i++)
		if (strcmp(principles->items[i].name, principle->name) == 0)
			return complain_at(source, find_line(source, principle->name, line + 1),
					   "two principles have the name '%s'", principle->name);
	if (principle->measure_name != NULL)
		return check_measured(source, principle, line);
	if (principle->times_text != NULL)
		return complain_at(source, line, "%s: 'times' is for the measure time",
				   principle->name);
	if (principle->critique == NULL || principle->revision == NULL)
		return complain_at(source, line,
				   "%s: a principle needs 'measure', or 'critique' and 'revision'",
				   principle->name);
	return 0;
}

/* ---------------------------------------------------------------- the file */

static int read_file(struct source *source)
{
	int fd = open(source->path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;
	int err;

	if (fd < 0)
		return -errno;
	source->bytes = malloc(FILE_BYTES_MAX + 1);
	while (source->bytes != NULL && source->len <= FILE_BYTES_MAX &&
	       (n = read(fd, source->bytes + source->len, FILE_BYTES_MAX + 1 - source->len)) > 0)
		source->len += (size_t)n;
	err = n < 0 ? -errno : 0;
	close(fd);
	if (source->bytes == NULL)
		return -ENOMEM;
	return err == 0 && source->len > FILE_BYTES_MAX ? -EFBIG : err;
}

int principles_load(const char *path, struct principles **principles, char *problem)
{
	struct source source = {.path = path, .problem = problem};
	struct principles *loaded = NULL;
	int err = read_file(&source);

	if (err == 0)
		err = parse(&source, &loaded);
	for (unsigned int i = 0; err == 0 && loaded != NULL && i < loaded->n; i++)
		err = check(&source, loaded, i);
	free(source.bytes);
	if (err == 0)
		*principles = loaded;
	else
		principles_free(loaded);
	return err;
}

/* Beside the program, as the build has it, or where `make install` puts it. */
void principles_find_default(char *path, size_t size)
{
	static const char *const places[] = {"policies", "../share/assay/policies"};
	char folder[4096];
	ssize_t len = readlink("/proc/self/exe", folder, sizeof(folder) - 1);

	folder[len > 0 ? len : 0] = '\0';
	if (strrchr(folder, '/') != NULL)
		*strrchr(folder, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "%s/%s/constitution.yaml", folder, places[i]);
		if (access(path, R_OK) == 0)
			return;
	}
	snprintf(path, size, "/usr/share/assay/policies/constitution.yaml");
}
