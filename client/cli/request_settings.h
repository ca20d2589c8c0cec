/* The fields of a task that say how to judge it and what to tell. */
#pragma once

#include <jansson.h>

#include "assay/assay.h"
#include "client/cli/request_json.h"

/* Reads "integrity", "reveal", "hidden", "repeat" and the like of `task` into the request. 0, or
 * -EINVAL with `error` filled, or -ENOMEM. */
int request_settings_from_json(const json_t *task, assay_request *request,
			       struct request_error *error);
