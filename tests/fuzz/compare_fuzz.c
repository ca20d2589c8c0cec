/* Any two texts: reflexive, symmetric (float without `relative`), from strict to lenient. */
#include <assert.h>

#include "core/compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct tolerance near = {.absolute = len > 0 ? bytes[0] / 16.0 : 0};
	size_t middle = len / 2, end = len > 0 && bytes[len - 1] == '\n' ? len - 1 : len;
	struct slice a = {bytes, middle}, b = {bytes + middle, len - middle};
	bool holds[COMPARATORS];

	for (int i = 0; i < COMPARATORS; i++) {
		holds[i] = compare_holds(i, near, a, b, NULL);
		assert(compare_holds(i, near, b, a, NULL) == holds[i]);
		assert(i == COMPARE_EXACT || compare_holds(i, near, (struct slice){bytes, len},
							   (struct slice){bytes, end}, NULL));
		assert(i == COMPARE_SET || i == 0 || holds[i] ||
		       !holds[i < COMPARE_FLOAT ? i - 1 : COMPARE_TOKENS]);
	}
	return 0;
}
