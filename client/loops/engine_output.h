/* What the engine writes, and what it reads of it to go on. Part of `assay loop`. */
#pragma once

#include <jansson.h>

#include "client/loops/engine.h"

/* Opens what the options name; going on, tells the loop of each task that had ended (take_done()).
 * Returns an exit status; what was wrong has been told. */
int engine_output_open(struct engine *engine);

/* Writes a line at once. NULL: memory was short. 0 or -errno. */
int engine_output_write(struct engine *engine, const json_t *object);

void engine_output_close(struct engine *engine);
