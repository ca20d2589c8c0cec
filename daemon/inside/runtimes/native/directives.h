/*
 * Preprocessor directives in a source file, before it is preprocessed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct directives {
	const char *text; /* borrowed */
	size_t len;
	size_t at;
	unsigned int line; /* lines before `at` */
	bool in_comment;
};

/* One of them, with the lines that go on with it and without its last newline. Borrowed. */
struct directive {
	const char *bytes;
	size_t len;
	unsigned int line; /* from 1 */
};

/* The next directive that is in no comment. false: there is none. */
bool directives_next(struct directives *directives, struct directive *directive);

/* #include <...>, #undef, and #define of a name that is the implementation's (_GNU_SOURCE). */
bool directive_is_about_library(const struct directive *directive);

/* 1: #if and its kin; -1: #endif; else 0. */
int directive_nests(const struct directive *directive);
