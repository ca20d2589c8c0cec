/* What the command line wants of every request that a verb sends, instead of what the tasks say. */
#pragma once

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "assay/assay.h"
#include "client/cli/request_json.h"

/* A child of a verb's parser: --limits, --integrity, --repeat, --no-control, --no-cache. Its input
 * is a struct request_wishes, which starts as zeros. */
extern const struct argp request_wishes_argp;
