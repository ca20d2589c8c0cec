/* The "tests" of a task in JSON. */
#pragma once

#include <jansson.h>

#include "client/cli/request_json.h"

/* tests NULL: missing. 0, -EINVAL with `error` filled, -ENOMEM. */
int request_tests_from_json(const json_t *tests, assay_request *request,
			    struct request_error *error);
