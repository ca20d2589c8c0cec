/*
 * Declarations of a candidate's code, whatever the preprocessor leaves, and directives of any text:
 * no byte beyond the text is read, and it comes to an end.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "inside/runtimes/native/declarations.h"
#include "inside/runtimes/native/directives.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct directives directives = {.text = (const char *)data, .len = size};
	struct directive directive;
	struct declarations declarations;

	while (directives_next(&directives, &directive))
		(void)(directive_nests(&directive) + directive_is_about_library(&directive));
	if (declarations_find((const char *)data, size, size % 2 == 0, &declarations) == 0)
		declarations_free(&declarations);
	return 0;
}
