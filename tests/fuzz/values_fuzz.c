/* Any bytes as a value: refused with a reason, or within all bounds and without a byte too many. */
#include <assert.h>

#include "inside/runtimes/python/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct value_needs needs = {0, 0}, shorter;

	if (values_check(bytes, len, &needs) == NULL) {
		assert(needs.n_nodes > 0 && needs.n_nodes <= VALUE_NODES_MAX);
		assert(needs.n_shared <= needs.n_nodes);
		assert(values_check(bytes, len - 1, &shorter) != NULL);
	}
	return 0;
}
