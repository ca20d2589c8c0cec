/* Text of others on a person's terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Writes text[0..len) with everything that is unsafe for a terminal, or no UTF-8, spelled out as
 * \xNN or \u{NNNN}. Line feeds are kept and followed by `indent` spaces; with indent < 0 they are
 * spelled out as \n too, so that the text stays on one line.
 */
void terminal_write(FILE *out, const char *text, size_t len, int indent);

enum terminal_color { TERMINAL_GREEN, TERMINAL_RED, TERMINAL_YELLOW, TERMINAL_BOLD, TERMINAL_DIM };

/* Starts and ends a colour; both write nothing unless `enabled`. */
void terminal_color_start(FILE *out, bool enabled, enum terminal_color color);
void terminal_color_end(FILE *out, bool enabled);
