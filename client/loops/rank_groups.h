/*
 * Dual execution agreement (Chen et al., "CodeT: Code Generation with Generated Tests", 2022): pure
 * arithmetic on the matrix of what passes what. Part of `assay loop rank`.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum rank_score {
	RANK_SQUARE_ROOT, /* sqrt(candidates) * tests, as the paper's code has it */
	RANK_PRODUCT,     /* candidates * tests, as its text has it */
};

/* Candidates that are different and tests that are different, each with how often it was written.
 */
struct rank_matrix {
	size_t n_codes, n_tests;
	const uint8_t *passed; /* [code * n_tests + test]: 0 or 1 */
	const size_t *n_code, *n_test;
};

/* Candidates that pass the same tests. */
struct rank_group {
	double score;
	size_t first;     /* the first of its candidates */
	size_t n_samples; /* as often as they were written; the next likewise */
	size_t n_tests;
};

/*
 * Fills groups[0 .. n_codes) and group_of[0 .. n_codes): the best group first, of equals the one
 * with the first candidate. Returns how many groups there are.
 */
size_t rank_groups(const struct rank_matrix *matrix, enum rank_score score,
		   struct rank_group *groups, size_t *group_of);
