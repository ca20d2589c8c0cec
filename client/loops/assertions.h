/*
 * Assertions in what a model wrote. Part of `assay loop`.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Appends to `list` (an array) the statements of `text` that begin with "assert", one text each, at
 * most `max` of them. Left out is what goes on behind the end of the text (an open bracket or
 * string) and what does not mention `entry_point` (""  or NULL: anything will do). Whether the rest
 * is Python only Python can say. 0 or -ENOMEM.
 */
int assertions_find(const char *text, const char *entry_point, size_t max, json_t *list);

/* Whether it is a call of the entry point with constants, compared with a constant: such have a
 * plan (docs/architecture.md) together, whatever else is asserted elsewhere. */
bool assertion_is_plain(const char *assertion, const char *entry_point);
