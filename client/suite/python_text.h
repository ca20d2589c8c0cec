/* Characters and floats as Python's json.dumps() writes them. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One code point of UTF-8, surrogates allowed. Bytes used; 0: invalid. */
size_t python_text_decode(const char *bytes, size_t len, uint32_t *code_point);

/* A code point or a surrogate, within a JSON string of printable ASCII. */
void python_text_escape(FILE *out, uint32_t code_point);

/* repr(value), with NaN, Infinity and -Infinity spelled as JSON of Python spells them. */
void python_text_float(FILE *out, double value);
