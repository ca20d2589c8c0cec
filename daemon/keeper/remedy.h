/* What is wrong with this machine, and how to mend it, as texts for the administrator. */
#pragma once

#include "keeper/keeper.h"

struct remedy {
	char why[200];   /* what was seen here; "" if there is nothing to say */
	const char *fix; /* static text */
};

/* How to mend the step of a cell that failed. Static text. */
const char *remedy_for_failure(const struct failure *failure);

/* Why `layer`, which keeper->layers lacks, is missing here, and how to get it. */
void remedy_for_layer(const struct keeper *keeper, enum policy_layer layer, struct remedy *remedy);
