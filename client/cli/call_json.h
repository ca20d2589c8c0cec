/* Calls of tests of kind "calls", whose values are passed on as the JSON text that they are. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "client/cli/request_field.h"

/*
 * As json_loadb() with JSON_ALLOW_NUL, for a task: each element of its "tests"."calls" becomes a
 * string that holds the element's text as json.dumps() would write it, because the values of
 * jansson have no large integers, no NaN and no halves of surrogate pairs. So do the values of
 * "base_input" and "plus_input" as a whole, where there are any. `text` may be changed.
 */
json_t *call_json_load(char *text, size_t len, json_error_t *error);

/* Length of the value at the start of `text`, which json.dumps() has written: up to a comma or a
 * bracket that is not the value's own. */
size_t call_json_value_len(const char *text);

/* Adds one such element, or the same as an object, to a request whose tests are calls. 0, -EINVAL
 * with `error` filled, -ENOMEM. */
int call_json_add(const json_t *call, size_t index, assay_request *request,
		  struct request_error *error);
