/* What a layer of isolation is good for. */
#pragma once

#include "core/policy.h"

/* One sentence, static text. */
const char *layer_purpose(enum policy_layer layer);
