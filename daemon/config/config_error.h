/*
 * Why a configuration was refused, as one line for the administrator: file, line where it is known,
 * what was wrong and what would be right.
 */
#pragma once

struct config_error {
	char text[1024]; /* NUL-terminated */
};

/* Writes the text and returns -EINVAL, so that a check can end with `return config_error_set(...)`.
 */
int config_error_set(struct config_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
