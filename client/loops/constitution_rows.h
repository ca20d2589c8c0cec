/* What is trained on after `assay loop constitution`: rows of a line of its output. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* The owner of both: a const bool, whether texts that break what is measured are taken, too. */

/* {"prompt", "completion", "task", "holds"}: the last text, for supervised training. */
int constitution_rows_final(const json_t *line, void *with_broken, json_t *rows);

/* {"prompt", "chosen", "rejected", "task", "by"}: each choice that was made, for DPO and ORPO. */
int constitution_rows_preferred(const json_t *line, void *with_broken, json_t *rows);
