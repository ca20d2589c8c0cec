/* Refusals that name a field. */
#pragma once

#include <jansson.h>

#include "client/cli/request_json.h"

/* Fills `error` with "FIELD TEXT" ("" as field: the text alone) and returns -EINVAL. */
int field_error(struct request_error *error, const char *field, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "FIELD must be EXPECTED, not a number". value NULL: "not missing". -EINVAL. */
int field_wrong_type(struct request_error *error, const char *field, const char *expected,
		     const json_t *value);

/* "a number", "an empty list". */
const char *field_type_name(const json_t *value);
