/*
 * Declarations of a candidate's code, whatever the preprocessor leaves: no byte beyond the text is
 * read, and it comes to an end.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "inside/runtimes/native/declarations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct declarations declarations;

	if (declarations_find((const char *)data, size, &declarations) == 0)
		declarations_free(&declarations);
	return 0;
}
