/* One line on a terminal that says how far a long command is. */
#pragma once

#include <stdint.h>

struct progress;

/* `label` is copied; `total` 0: unknown. Draws only if standard error is a terminal; otherwise, and
 * when memory is short (NULL), the other calls do nothing. */
struct progress *progress_new(const char *label, uint64_t total);

/* Redraws at most ten times a second. May be called as often as one likes. */
void progress_update(struct progress *progress, uint64_t done, uint64_t passed);

/* A total that became known later, or grew. */
void progress_set_total(struct progress *progress, uint64_t total);

/* Clears the line, so that other text may be written to the terminal; the next update redraws. */
void progress_clear(struct progress *progress);

/* Clears the line and frees. NULL is allowed. */
void progress_free(struct progress *progress);
