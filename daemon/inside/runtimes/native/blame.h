/*
 * Whose fault it is that tests of a native program do not compile: read from what the compiler
 * says of them with the candidate's declarations, and without.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum blame {
	BLAME_CANDIDATE,
	BLAME_TESTS,      /* they have an error of their own; a candidate may have helped */
	BLAME_TESTS_ALONE /* likewise, and it is there whatever the candidate is */
};

/* Whether something is said to be missing: then it is the candidate that does not have it. */
bool blame_misses_name(const char *messages);

/*
 * `together` is what is said of the tests (files whose names begin with "tests.") with the
 * declarations, `alone` without them. `has_stubs`: alone they had functions made up for what is
 * missing, which may have been types.
 */
enum blame blame_of(const char *together, const char *alone, bool has_stubs);

/*
 * The next name at or behind *at that is said to be declared nowhere (of C++; C goes on without a
 * function's declaration). Returns its length, 0 if there is none; *name is borrowed.
 */
size_t blame_next_missing(const char *messages, size_t *at, const char **name);

/* Whether preprocessed code has a function main, or at least something that looks like it. */
bool blame_has_main(const char *text, size_t len);
