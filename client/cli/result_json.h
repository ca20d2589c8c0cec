/* Answers as JSON. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "assay/assay.h"

/*
 * The result as `assay eval` writes it; NULL when memory is short; the caller owns the reference.
 * Bytes that are not UTF-8 become U+FFFD; when stdout or stderr has such bytes, "stdout_base64" or
 * "stderr_base64" beside it holds all of them exactly. Absent parts of a test are null.
 */
json_t *result_to_json(const assay_result *result);

/* {"id": …, "line": …, "error": {"code": …, "message": …, "field": …}}; id NULL: null; field "" or
 * NULL: left out; file NULL: left out. */
json_t *error_to_json(const char *id, const char *file, uint64_t line, enum assay_error_code code,
		      const char *message, const char *field);

/* One line without its end; NULL when memory is short; free(). */
char *json_to_line(const json_t *value);

/* Bytes to a JSON string, U+FFFD for each that is no UTF-8. NULL when memory is short. */
json_t *json_from_bytes(const char *bytes, size_t len);
