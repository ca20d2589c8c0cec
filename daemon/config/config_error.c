/*
 * The text of a refused configuration. Run by assayd only, before it starts anything, so there is
 * exactly one such text at a time and the reader of the log is a person: it is set where the
 * mistake is seen, because only there file, line and alternatives are at hand, and travels up
 * unchanged to main.c, which prints it and exits.
 */
#include "config/config_error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int config_error_set(struct config_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
}
