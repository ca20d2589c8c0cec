/*
 * The calls of a task as text. Runs in `assay`.
 *
 * The text of the whole task is read in the manner of Python's json module (python_json.h), the
 * elements of "calls" (of EvalPlus's tasks, "base_input" and "plus_input" as a whole) are put in
 * quotes, and what comes out is JSON for jansson. Whatever is no JSON for the first reader goes to
 * jansson as it stands, which says what is wrong with it.
 */
#include "client/cli/call_json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/characters.h"
#include "client/suite/python_json.h"

#define CALLS "\"calls\""
#define INPUTS "\"plus_input\""

size_t call_json_value_len(const char *text)
{
	size_t at = 0;
	int depth = 0;

	for (bool in_string = false; text[at] != '\0'; at++) {
		if (in_string && text[at] == '\\')
			at++;
		else if (text[at] == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (strchr("[{", text[at]) != NULL)
			depth++;
		else if (depth == 0 && strchr(",]}", text[at]) != NULL)
			break;
		else if (strchr("]}", text[at]) != NULL)
			depth--;
	}
	return at;
}

static void put_quoted(FILE *out, const char *text, size_t len)
{
	fputc('"', out);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			fputc('\\', out);
		fputc(text[i], out);
	}
	fputc('"', out);
}

/* The elements of an array as strings; NULL: it is none, or memory is short. The caller frees. */
static char *quote_elements(const char *array)
{
	char *quoted = NULL;
	size_t quoted_len;
	const char *at;
	FILE *out;

	if (array == NULL || array[0] != '[')
		return NULL;
	out = open_memstream(&quoted, &quoted_len);
	if (out == NULL)
		return NULL;
	fputc('[', out);
	for (at = array + 1; *at != ']' && *at != '\0';) {
		size_t len = call_json_value_len(at);

		put_quoted(out, at, len);
		at += len;
		if (*at == ',') {
			fputc(',', out);
			at += strspn(at, ", ");
		}
	}
	fputc(']', out);
	if (fclose(out) == 0)
		return quoted;
	free(quoted);
	return NULL;
}

/* The object with the value of a key replaced by what `replace` makes of it, as text that the
 * caller frees; NULL if it is no object, has no such key, or memory is short. */
static char *with_replaced(const char *text, size_t len, const char *key,
			   char *(*replace)(const char *value))
{
	struct python_object object;
	const char *problem;
	char *value, *result = NULL;

	if (text == NULL || python_object_parse(text, len, &object, &problem) != 0)
		return NULL;
	value = replace(python_object_get(&object, key));
	if (value != NULL && python_object_set(&object, key, value) == 0)
		result = python_object_dump(&object);
	free(value);
	python_object_deinit(&object);
	return result;
}

static char *quote_calls(const char *tests)
{
	return tests != NULL ? with_replaced(tests, strlen(tests), "calls", quote_elements) : NULL;
}

static char *quote_whole(const char *value)
{
	char *quoted = NULL;
	size_t quoted_len;
	FILE *out = value != NULL ? open_memstream(&quoted, &quoted_len) : NULL;

	if (out == NULL)
		return NULL;
	put_quoted(out, value, strlen(value));
	if (fclose(out) == 0)
		return quoted;
	free(quoted);
	return NULL;
}

/* The inputs of EvalPlus's tasks; NULL: it has none. */
static char *with_quoted_inputs(const char *text, size_t len)
{
	char *once = with_replaced(text, len, "base_input", quote_whole);
	char *twice =
		once != NULL ? with_replaced(once, strlen(once), "plus_input", quote_whole) : NULL;

	free(once);
	return twice;
}

json_t *call_json_load(char *text, size_t len, json_error_t *error)
{
	char *quoted = NULL;
	json_t *task = NULL;

	if (memmem(text, len, CALLS, strlen(CALLS)) != NULL)
		quoted = with_replaced(text, len, "tests", quote_calls);
	else if (memmem(text, len, INPUTS, strlen(INPUTS)) != NULL)
		quoted = with_quoted_inputs(text, len);
	if (quoted != NULL) {
		characters_mend_json(quoted, strlen(quoted));
		task = json_loadb(quoted, strlen(quoted), JSON_ALLOW_NUL, error);
		free(quoted);
	}
	if (task != NULL)
		return task;
	characters_mend_json(text, len);
	return json_loadb(text, len, JSON_ALLOW_NUL, error);
}

/* ---------------------------------------------------------------- one call */

static int check_keys(const struct python_object *call, const char *field,
		      struct request_error *error)
{
	static const char *const known[] = {"\"args\"", "\"kwargs\"", "\"expect\""};

	for (size_t i = 0; i < call->n_members; i++) {
		bool is_known = false;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			is_known = is_known || strcmp(call->members[i].key, known[k]) == 0;
		if (!is_known)
			return field_error(error, field, "has no %.40s", call->members[i].key);
	}
	return 0;
}

static int add_parts(const struct python_object *call, const char *field, assay_request *request,
		     struct request_error *error)
{
	const char *args = python_object_get(call, "args");
	const char *kwargs = python_object_get(call, "kwargs");
	const char *expect = python_object_get(call, "expect");
	int err;

	if (args == NULL || args[0] != '[')
		return field_error(error, field, "needs \"args\", a list");
	if (kwargs != NULL && kwargs[0] != '{')
		return field_error(error, field, "needs \"kwargs\" to be an object");
	if (expect == NULL)
		return field_error(error, field, "needs \"expect\"");
	err = assay_request_add_call(request, args, kwargs, expect);
	return err == 0 ? 0 : field_error(error, field, "cannot be used: %s", strerror(-err));
}

static int add_text(const char *text, const char *field, assay_request *request,
		    struct request_error *error)
{
	struct python_object call;
	const char *problem;
	int err = python_object_parse(text, strlen(text), &call, &problem);

	if (err > 0)
		return field_error(error, field, "must be an object: %s", problem);
	if (err < 0)
		return err;
	err = check_keys(&call, field, error);
	if (err == 0)
		err = add_parts(&call, field, request, error);
	python_object_deinit(&call);
	return err;
}

int call_json_add(const json_t *call, size_t index, assay_request *request,
		  struct request_error *error)
{
	char *text = NULL;
	char field[64];
	int err;

	snprintf(field, sizeof(field), "tests.calls[%zu]", index);
	if (json_is_string(call))
		return add_text(json_string_value(call), field, request, error);
	text = json_dumps(call, JSON_ENCODE_ANY);
	if (text == NULL)
		return -ENOMEM;
	err = add_text(text, field, request, error);
	free(text);
	return err;
}
