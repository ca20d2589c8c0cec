/*
 * A task in JSON to a request, for `assay eval`. Runs in `assay`.
 *
 * This only checks what has to be known to build the message: the shape and the types, and the
 * words that become enums. Sizes, limits and whether the daemon serves this kind of tests are the
 * daemon's business; its answer is passed on.
 *
 * Every refusal names the field and says what is expected there and what was found, because the
 * reader of it looks at one line among thousands that a program wrote. Kinds of tests are one table
 * (request_tests.c), limits another, and the words and numbers that say how to judge a third
 * (request_settings.c).
 */
#include "client/cli/request_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/request_field.h"
#include "client/cli/request_settings.h"
#include "client/cli/request_tests.h"

static const struct {
	const char *name;
	enum assay_request_number number;
} limit_table[REQUEST_N_LIMITS] = {
	[REQUEST_CPU_MS] = {"cpu_ms", ASSAY_REQUEST_CPU_MS},
	[REQUEST_WALL_MS] = {"wall_ms", ASSAY_REQUEST_WALL_MS},
	[REQUEST_MEMORY_BYTES] = {"memory_bytes", ASSAY_REQUEST_MEMORY_BYTES},
	[REQUEST_OUTPUT_BYTES] = {"output_bytes", ASSAY_REQUEST_OUTPUT_BYTES},
	[REQUEST_PROCESSES] = {"processes", ASSAY_REQUEST_PROCESSES},
	[REQUEST_TEST_MS] = {"test_ms", ASSAY_REQUEST_TEST_MS},
};
#define LIMIT_NAMES "cpu_ms, wall_ms, memory_bytes, output_bytes, processes, test_ms"

static int find_limit(const char *name, size_t len)
{
	for (int i = 0; i < REQUEST_N_LIMITS; i++)
		if (strlen(limit_table[i].name) == len &&
		    strncmp(limit_table[i].name, name, len) == 0)
			return i;
	return -1;
}

static int parse_limit(const char *text, size_t len, struct request_limits *limits, char *message,
		       size_t size)
{
	const char *equals = memchr(text, '=', len);
	int limit = equals != NULL ? find_limit(text, (size_t)(equals - text)) : -1;
	unsigned long long value;
	char *end;

	if (limit < 0) {
		snprintf(message, size, "'%.*s' is no limit; give NAME=NUMBER with one of %s",
			 (int)len, text, LIMIT_NAMES);
		return -EINVAL;
	}
	errno = 0;
	value = strtoull(equals + 1, &end, 10);
	if (equals[1] < '0' || equals[1] > '9' || end != text + len || errno != 0 || value == 0) {
		snprintf(message, size, "'%.*s': %s must be a whole number above 0", (int)len, text,
			 limit_table[limit].name);
		return -EINVAL;
	}
	limits->values[limit] = value;
	return 0;
}

int request_limits_parse(const char *text, struct request_limits *limits, char *message,
			 size_t size)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		int err = parse_limit(text, len, limits, message, size);

		if (err < 0 || text[len] == '\0')
			return err;
		text += len + 1;
	}
}

static int apply_limits(const struct request_limits *limits, assay_request *request)
{
	for (int i = 0; i < REQUEST_N_LIMITS; i++) {
		int err = 0;

		if (limits->values[i] != 0)
			err = assay_request_set_number(request, limit_table[i].number,
						       limits->values[i]);
		if (err < 0)
			return err;
	}
	return 0;
}

int request_wishes_apply(const struct request_wishes *wishes, assay_request *request)
{
	int err = apply_limits(&wishes->limits, request);

	if (err == 0 && wishes->has_integrity)
		err = assay_request_set_number(request, ASSAY_REQUEST_INTEGRITY, wishes->integrity);
	if (err == 0 && wishes->repeat > 0)
		err = assay_request_set_number(request, ASSAY_REQUEST_REPEAT, wishes->repeat);
	if (err == 0 && wishes->has_no_control)
		err = assay_request_set_number(request, ASSAY_REQUEST_NO_CONTROL, 1);
	if (err == 0 && wishes->has_no_cache)
		err = assay_request_set_number(request, ASSAY_REQUEST_NO_CACHE, 1);
	return err;
}

static int set_task_limits(const json_t *task, assay_request *request, struct request_error *error)
{
	json_t *limits = json_object_get(task, "limits"), *value;
	const char *name;

	if (limits == NULL || json_is_null(limits))
		return 0;
	if (!json_is_object(limits))
		return field_wrong_type(error, "limits", "an object", limits);
	json_object_foreach(limits, name, value)
	{
		int limit = find_limit(name, strlen(name));
		char field[64];
		int err;

		snprintf(field, sizeof(field), "limits.%.40s", name);
		if (limit < 0)
			return field_error(error, field, "is not known; one of %s", LIMIT_NAMES);
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return field_wrong_type(error, field, "a whole number of at least 0",
						value);
		err = assay_request_set_number(request, limit_table[limit].number,
					       (uint64_t)json_integer_value(value));
		if (err < 0)
			return field_error(error, field, "cannot be used: %s", strerror(-err));
	}
	return 0;
}

/* ------------------------------------------------------------------ texts of a task */

static int set_texts(const json_t *task, assay_request *request, struct request_error *error)
{
	static const struct {
		const char *field;
		enum assay_request_text text;
	} texts[] = {
		{"prompt", ASSAY_REQUEST_PROMPT},
		{"entry_point", ASSAY_REQUEST_ENTRY_POINT},
		{"module", ASSAY_REQUEST_MODULE},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *value = json_object_get(task, texts[i].field);
		int err;

		if (value == NULL || json_is_null(value))
			continue;
		if (!json_is_string(value))
			return field_wrong_type(error, texts[i].field, "a string", value);
		err = assay_request_set_text(request, texts[i].text, json_string_value(value),
					     json_string_length(value));
		if (err < 0)
			return field_error(error, texts[i].field, "cannot be used: %s",
					   strerror(-err));
	}
	return 0;
}

/* ------------------------------------------------------------------ candidates */

/* Ids may be strings or whole numbers (many data sets have numbers). NULL: neither. */
static const char *id_text(const json_t *value, char *buf, size_t size)
{
	if (json_is_string(value))
		return json_string_value(value);
	if (!json_is_integer(value))
		return NULL;
	snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return buf;
}

const char *request_json_id(const json_t *task, char *buf, size_t size)
{
	return id_text(json_object_get(task, "id"), buf, size);
}

static int add_files(const json_t *candidate, size_t position, size_t index, assay_request *request,
		     struct request_error *error)
{
	json_t *files = json_object_get(candidate, "files"), *content;
	const char *name;
	char field[96];

	if (files == NULL || json_is_null(files))
		return 0;
	snprintf(field, sizeof(field), "candidates[%zu].files", position);
	if (!json_is_object(files))
		return field_wrong_type(error, field, "an object of names and texts", files);
	json_object_foreach(files, name, content)
	{
		int err;

		snprintf(field, sizeof(field), "candidates[%zu].files.%.40s", position, name);
		if (!json_is_string(content))
			return field_wrong_type(error, field, "a string", content);
		err = assay_request_add_file(request, index, name, json_string_value(content),
					     json_string_length(content));
		if (err < 0)
			return field_error(error, field, "cannot be used: %s", strerror(-err));
	}
	return 0;
}

static int add_candidate(const json_t *candidate, size_t position, const char *task_id,
			 const struct request_options *options, assay_request *request,
			 struct request_error *error)
{
	json_t *given_id = json_object_get(candidate, "id");
	json_t *code = json_object_get(candidate, "code");
	char field[64], position_text[32], buf[32];
	const char *id;
	int index;

	snprintf(position_text, sizeof(position_text), "%zu", position);
	snprintf(field, sizeof(field), "candidates[%zu]", position);
	if (!json_is_object(candidate))
		return field_wrong_type(error, field, "an object with \"code\"", candidate);
	id = given_id == NULL || json_is_null(given_id) ? position_text
							: id_text(given_id, buf, sizeof(buf));
	snprintf(field, sizeof(field), "candidates[%zu].id", position);
	if (id == NULL)
		return field_wrong_type(error, field, "a string", given_id);
	snprintf(field, sizeof(field), "candidates[%zu].code", position);
	if (code == NULL)
		return field_error(error, field, "is missing");
	if (!json_is_string(code))
		return field_wrong_type(error, field, "a string", code);
	if (options->skip != NULL && options->skip(options->owner, task_id, id, NULL))
		return 0;
	index = assay_request_add_candidate(request, id, json_string_value(code),
					    json_string_length(code));
	if (index < 0)
		return field_error(error, field, "cannot be used: %s", strerror(-index));
	return add_files(candidate, position, (size_t)index, request, error);
}

static int add_candidates(const json_t *task, const char *task_id,
			  const struct request_options *options, assay_request *request,
			  struct request_error *error)
{
	json_t *candidates = json_object_get(task, "candidates"), *candidate;
	size_t position;

	if (candidates == NULL)
		return field_error(error, "candidates", "is missing");
	if (!json_is_array(candidates) || json_array_size(candidates) == 0)
		return field_wrong_type(error, "candidates",
					"a list of at least one object with \"code\"", candidates);
	json_array_foreach(candidates, position, candidate)
	{
		int err = add_candidate(candidate, position, task_id, options, request, error);

		if (err < 0)
			return err;
	}
	return 0;
}

/* ------------------------------------------------------------------ suites */

const char *request_json_suite_id(const json_t *suites, size_t index, char *buf, size_t size)
{
	const json_t *id = json_object_get(json_array_get(suites, index), "id");

	if (id != NULL && !json_is_null(id))
		return id_text(id, buf, size);
	snprintf(buf, size, "%zu", index);
	return buf;
}

/* What was said of "tests" is said of those of a suite. */
static int in_suite(struct request_error *error, size_t index)
{
	struct request_error whole = *error;

	snprintf(error->field, sizeof(error->field), "suites[%zu].%.64s", index, whole.field);
	snprintf(error->message, sizeof(error->message), "suites[%zu].%.280s", index,
		 whole.message);
	return -EINVAL;
}

static int add_suite(const json_t *suites, size_t index, assay_request *request,
		     struct request_error *error)
{
	static const char *const others[] = {"stdio", "calls", "answer"};
	const json_t *suite = json_array_get(suites, index),
		     *tests = json_object_get(suite, "tests");
	char buf[32];
	const char *id = request_json_suite_id(suites, index, buf, sizeof(buf));
	int err;

	if (!json_is_object(suite))
		return field_error(error, "suites", "must be a list of objects with \"tests\"");
	if (id == NULL)
		return field_wrong_type(error, "suites.id", "a string",
					json_object_get(suite, "id"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (json_object_get(tests, others[i]) != NULL)
			return field_error(error, "suites", "cannot have tests of kind \"%s\"",
					   others[i]);
	err = assay_request_add_suite(request, id);
	if (err < 0)
		return field_error(error, "suites", "cannot be used: %s", strerror(-err));
	err = request_tests_from_json(tests, request, error);
	return err == -EINVAL ? in_suite(error, index) : err;
}

/* "tests", or "suites" of them. */
static int set_tests(const json_t *task, assay_request *request, struct request_error *error)
{
	const json_t *suites = json_object_get(task, "suites");
	int err = 0;

	if (suites == NULL)
		return request_tests_from_json(json_object_get(task, "tests"), request, error);
	if (json_object_get(task, "tests") != NULL)
		return field_error(error, "suites", "and \"tests\" are not both possible");
	if (!json_is_array(suites) || json_array_size(suites) == 0)
		return field_wrong_type(error, "suites",
					"a list of at least one object with \"tests\"", suites);
	for (size_t i = 0; i < json_array_size(suites) && err == 0; i++)
		err = add_suite(suites, i, request, error);
	return err;
}

/* ------------------------------------------------------------------ a task */

static int fill(const json_t *task, const struct request_options *options, assay_request *request,
		struct request_error *error)
{
	json_t *given_id = json_object_get(task, "id");
	const char *id = options->default_id;
	char buf[32];
	int err;

	if (given_id != NULL && !json_is_null(given_id))
		id = id_text(given_id, buf, sizeof(buf));
	if (id == NULL)
		return field_wrong_type(error, "id", "a string", given_id);
	err = assay_request_set_text(request, ASSAY_REQUEST_ID, id, strlen(id));
	if (err == 0)
		err = set_texts(task, request, error);
	if (err == 0)
		err = set_tests(task, request, error);
	if (err == 0)
		err = request_settings_from_json(task, request, error);
	if (err == 0)
		err = set_task_limits(task, request, error);
	if (err == 0)
		err = request_wishes_apply(&options->wishes, request);
	if (err == 0)
		err = add_candidates(task, id, options, request, error);
	return err;
}

int request_from_json(const json_t *task, const struct request_options *options,
		      assay_request **result, struct request_error *error)
{
	json_t *language;
	assay_request *request;
	int err;

	*error = (struct request_error){0};
	if (!json_is_object(task))
		return field_error(error, "", "a task must be a JSON object, not %s",
				   field_type_name(task));
	language = json_object_get(task, "language");
	if (language == NULL)
		return field_error(error, "language", "is missing");
	if (!json_is_string(language) || json_string_length(language) == 0)
		return field_wrong_type(error, "language", "a name such as \"python\"", language);
	request = assay_request_new(json_string_value(language));
	if (request == NULL)
		return -ENOMEM;
	err = fill(task, options, request, error);
	if (err < 0 && error->message[0] == '\0' && err != -ENOMEM)
		err = field_error(error, "", "cannot be used: %s", strerror(-err));
	if (err < 0) {
		assay_request_free(request);
		return err;
	}
	*result = request;
	return 0;
}
