/* What `assay run` is not told: the kind of the tests and the function under test. */
#pragma once

#include <stddef.h>

#include "assay/assay.h"

enum test_kind {
	TEST_KIND_CHECK,
	TEST_KIND_ASSERTS,
	TEST_KIND_PROGRAM,
	TEST_KIND_UNITTEST,
	TEST_KIND_PYTEST,
	TEST_N_KINDS,
};

const char *test_kind_name(enum test_kind kind);

/* 0, or -EINVAL: there is no such kind. */
int test_kind_from_name(const char *name, enum test_kind *kind);

/* check: defines check() at the top. asserts: nothing but asserts, perhaps after imports. unittest:
 * names unittest.TestCase. pytest: imports it, or defines test_... at the top and does not call it
 * itself. Else program. */
enum test_kind guess_test_kind(const char *source, size_t len);

/* The last function defined at the top of the source; borrowed from it. Length, 0: there is none.
 */
size_t guess_entry_point(const char *source, size_t len, const char **name);

/*
 * Sets the source as asserts: what precedes the first assert is the setup, each assert statement is
 * one test. 0; -EINVAL: *line is a statement behind the first assert that is none; -errno.
 */
int set_asserts_from_source(assay_request *request, const char *source, size_t len, size_t *line);
