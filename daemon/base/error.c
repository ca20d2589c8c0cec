/*
 * Filling in a struct failure. Any process; also after fork, so only vsnprintf on the stack.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void failure_set(struct failure *failure, const char *step, int error, const char *format, ...)
{
	va_list args;

	memset(failure, 0, sizeof(*failure));
	snprintf(failure->step, sizeof(failure->step), "%s", step);
	failure->error = error;
	va_start(args, format);
	vsnprintf(failure->detail, sizeof(failure->detail), format, args);
	va_end(args);
}
