/*
 * What the tests of a program get to see of the candidate's code: its declarations.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct declarations {
	char *bytes; /* owned */
	size_t len;
	size_t size;
};

/*
 * `text` is the candidate's source file as the preprocessor leaves it (-E -dI). *declarations is
 * the text of what it includes and declares, for another source file; freed by declarations_free().
 * `is_c`: it is C, not C++. 0 or -ENOMEM.
 */
int declarations_find(const char *text, size_t len, bool is_c, struct declarations *declarations);
void declarations_free(struct declarations *declarations);
