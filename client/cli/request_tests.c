/*
 * The "tests" of a task in JSON to a request. Runs in `assay`.
 *
 * Kinds of tests are one table: the key that names the kind, what reads it, and the keys that may
 * stand beside it. Exactly one kind must be given; any other key is an error, because a misspelt
 * "comparator" that is ignored would change verdicts.
 */
#include "client/cli/request_tests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/call_json.h"
#include "client/cli/request_field.h"

struct kind {
	const char *name;
	int (*read)(const json_t *tests, const json_t *value, const struct kind *kind,
		    assay_request *request, struct request_error *error);
	const char *other_keys[4]; /* up to a NULL */
	/* For kinds that are one source text. */
	int (*set_source)(assay_request *request, const char *source, size_t len);
	/* For kinds that are a list of objects: begins it, and adds one of them. */
	int (*set_list)(assay_request *request, const char *comparator, double absolute,
			double relative);
	int (*add)(const json_t *one, size_t index, assay_request *request,
		   struct request_error *error);
};

static int cannot_use(struct request_error *error, const char *field, int err)
{
	return err == 0 ? 0 : field_error(error, field, "cannot be used: %s", strerror(-err));
}

/* The string at `key`, or NULL when it is not there. */
static int read_string(const json_t *object, const char *key, const char *field, const char **text,
		       size_t *len, struct request_error *error)
{
	json_t *value = json_object_get(object, key);

	*text = NULL;
	*len = 0;
	if (value == NULL || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return field_wrong_type(error, field, "a string", value);
	*text = json_string_value(value);
	*len = json_string_length(value);
	return 0;
}

static int read_number(const json_t *tests, const char *key, const char *field, double *number,
		       struct request_error *error)
{
	json_t *value = json_object_get(tests, key);

	*number = 0;
	if (value == NULL || json_is_null(value))
		return 0;
	if (!json_is_number(value) || json_number_value(value) < 0)
		return field_wrong_type(error, field, "a number of at least 0", value);
	*number = json_number_value(value);
	return 0;
}

static int read_source(const json_t *tests, const json_t *value, const struct kind *kind,
		       assay_request *request, struct request_error *error)
{
	char field[32];

	(void)tests;
	snprintf(field, sizeof(field), "tests.%s", kind->name);
	if (!json_is_string(value))
		return field_wrong_type(error, field, "a string", value);
	return cannot_use(
		error, field,
		kind->set_source(request, json_string_value(value), json_string_length(value)));
}

static int read_asserts(const json_t *tests, const json_t *value, const struct kind *kind,
			assay_request *request, struct request_error *error)
{
	const char *setup;
	const json_t *text;
	size_t setup_len, i;
	int err;

	(void)kind;
	if (!json_is_array(value))
		return field_wrong_type(error, "tests.asserts", "a list of strings", value);
	err = read_string(tests, "setup", "tests.setup", &setup, &setup_len, error);
	if (err < 0)
		return err;
	err = assay_request_set_asserts(request, setup, setup_len);
	for (i = 0; err == 0 && i < json_array_size(value); i++) {
		char field[48];

		text = json_array_get(value, i);
		snprintf(field, sizeof(field), "tests.asserts[%zu]", i);
		if (!json_is_string(text))
			return field_wrong_type(error, field, "a string", text);
		err = assay_request_add_assert(request, json_string_value(text),
					       json_string_length(text));
	}
	return cannot_use(error, "tests.asserts", err);
}

static int read_case(const json_t *one, size_t i, assay_request *request,
		     struct request_error *error)
{
	const char *name, *input, *output;
	size_t name_len, input_len, output_len;
	char field[64];
	int err;

	snprintf(field, sizeof(field), "tests.stdio[%zu]", i);
	if (!json_is_object(one))
		return field_wrong_type(error, field, "an object", one);
	snprintf(field, sizeof(field), "tests.stdio[%zu].name", i);
	err = read_string(one, "name", field, &name, &name_len, error);
	if (err < 0)
		return err;
	snprintf(field, sizeof(field), "tests.stdio[%zu].stdin", i);
	err = read_string(one, "stdin", field, &input, &input_len, error);
	if (err < 0)
		return err;
	snprintf(field, sizeof(field), "tests.stdio[%zu].stdout", i);
	err = read_string(one, "stdout", field, &output, &output_len, error);
	if (err < 0)
		return err;
	if (output == NULL)
		return field_error(error, field, "is missing");
	return cannot_use(error, field,
			  assay_request_add_case(request, name, input != NULL ? input : "",
						 input_len, output, output_len));
}

static int read_comparison(const json_t *tests, const char **comparator, double *absolute,
			   double *relative, struct request_error *error)
{
	size_t len;
	int err = read_string(tests, "comparator", "tests.comparator", comparator, &len, error);

	if (err == 0)
		err = read_number(tests, "abs", "tests.abs", absolute, error);
	if (err == 0)
		err = read_number(tests, "rel", "tests.rel", relative, error);
	return err;
}

/* Kinds whose tests are a list of objects, compared as all of them are. */
static int read_list(const json_t *tests, const json_t *value, const struct kind *kind,
		     assay_request *request, struct request_error *error)
{
	double absolute, relative;
	const char *comparator;
	char field[32];
	int err = read_comparison(tests, &comparator, &absolute, &relative, error);

	if (err != 0)
		return err;
	snprintf(field, sizeof(field), "tests.%s", kind->name);
	if (!json_is_array(value))
		return field_wrong_type(error, field, "a list of objects", value);
	err = kind->set_list(request, comparator, absolute, relative);
	if (err < 0)
		return cannot_use(error, field, err);
	for (size_t i = 0; err == 0 && i < json_array_size(value); i++)
		err = kind->add(json_array_get(value, i), i, request, error);
	return err;
}

static int read_answer(const json_t *tests, const json_t *value, const struct kind *kind,
		       assay_request *request, struct request_error *error)
{
	const char *comparator;
	size_t len;
	int err = read_string(tests, "comparator", "tests.comparator", &comparator, &len, error);

	(void)kind;
	if (err < 0)
		return err;
	if (!json_is_string(value))
		return field_wrong_type(error, "tests.answer", "a string", value);
	return cannot_use(error, "tests.answer",
			  assay_request_set_answer(request, json_string_value(value),
						   json_string_length(value), comparator));
}

#define SOURCE(kind)                                                                       \
	{                                                                                  \
		.name = #kind, .read = read_source, .set_source = assay_request_set_##kind \
	}

static const struct kind kinds[] = {
	SOURCE(check),
	{.name = "asserts", .read = read_asserts, .other_keys = {"setup"}},
	SOURCE(unittest),
	SOURCE(pytest),
	SOURCE(program),
	{.name = "stdio",
	 .read = read_list,
	 .set_list = assay_request_set_stdio,
	 .add = read_case,
	 .other_keys = {"comparator", "abs", "rel"}},
	{.name = "calls",
	 .read = read_list,
	 .set_list = assay_request_set_calls,
	 .add = call_json_add,
	 .other_keys = {"comparator", "abs", "rel"}},
	{.name = "answer", .read = read_answer, .other_keys = {"comparator"}},
};
#define KIND_NAMES "check, asserts, unittest, pytest, program, stdio, calls, answer"
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool is_other_key(const struct kind *kind, const char *key)
{
	for (const char *const *other = kind->other_keys; *other != NULL; other++)
		if (strcmp(*other, key) == 0)
			return true;
	return strcmp(kind->name, key) == 0;
}

static int check_keys(const json_t *tests, const struct kind *kind, struct request_error *error)
{
	json_t *value;
	const char *key;

	json_object_foreach((json_t *)tests, key, value)
	{
		char field[64];

		if (is_other_key(kind, key))
			continue;
		snprintf(field, sizeof(field), "tests.%.40s", key);
		return field_error(error, field, "does not go with tests of kind \"%s\"",
				   kind->name);
	}
	return 0;
}

int request_tests_from_json(const json_t *tests, assay_request *request,
			    struct request_error *error)
{
	const struct kind *found = NULL;
	int err;

	if (tests == NULL)
		return field_error(error, "tests", "is missing");
	if (!json_is_object(tests))
		return field_wrong_type(error, "tests", "an object", tests);
	for (size_t i = 0; i < N_KINDS; i++) {
		if (json_object_get(tests, kinds[i].name) == NULL)
			continue;
		if (found != NULL)
			return field_error(error, "tests", "names two kinds, \"%s\" and \"%s\"",
					   found->name, kinds[i].name);
		found = &kinds[i];
	}
	if (found == NULL)
		return field_error(error, "tests", "names no kind; one of %s", KIND_NAMES);
	err = check_keys(tests, found, error);
	if (err < 0)
		return err;
	return found->read(tests, json_object_get(tests, found->name), found, request, error);
}
