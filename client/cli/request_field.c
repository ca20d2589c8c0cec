/*
 * The wording of refusals that name a field of a task. Runs in `assay`.
 *
 * One place, so that all of them read alike: the field as a path into the JSON, what is expected
 * there, what was found. Texts are cut to their buffers; a cut in the middle of a character is
 * repaired when the text becomes JSON.
 */
#include "client/cli/request_field.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int field_error(struct request_error *error, const char *field, const char *format, ...)
{
	int len = 0;
	va_list arguments;

	snprintf(error->field, sizeof(error->field), "%s", field);
	if (field[0] != '\0')
		len = snprintf(error->message, sizeof(error->message), "%s ", error->field);
	va_start(arguments, format);
	vsnprintf(error->message + len, sizeof(error->message) - (size_t)len, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

const char *field_type_name(const json_t *value)
{
	if (value == NULL)
		return "missing";
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return json_object_size(value) == 0 ? "an empty object" : "an object";
	case JSON_ARRAY:
		return json_array_size(value) == 0 ? "an empty list" : "a list";
	case JSON_STRING:
		return json_string_length(value) == 0 ? "an empty string" : "a string";
	case JSON_INTEGER:
		return json_integer_value(value) < 0 ? "a negative number" : "a number";
	case JSON_REAL:
		return "a number with a fraction";
	case JSON_NULL:
		return "null";
	default:
		return "true or false";
	}
}

int field_wrong_type(struct request_error *error, const char *field, const char *expected,
		     const json_t *value)
{
	return field_error(error, field, "must be %s, not %s", expected, field_type_name(value));
}
