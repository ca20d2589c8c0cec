/*
 * Text that is put together piece by piece within a bound, for the one who reads a verdict. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/job.h"

/* `size` > 0, with room for the NUL. What does not fit is dropped and remembered. */
struct text {
	char *bytes;
	size_t size;
	size_t len;
	bool is_cut;
};

void text_append_bytes(struct text *text, const char *bytes, size_t len);

/* Up to 511 bytes; ours, or numbers. */
void text_append(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Text of candidates and tests: at most `max` bytes of it, cut at a character's boundary and then
 * followed by "...", control bytes other than newline and tab as \xNN.
 */
void text_append_value(struct text *text, struct slice value, size_t max);

/* Ends the text with a NUL and returns its length; one that was cut ends with "…". */
size_t text_finish(struct text *text);
