/*
 * Dual execution agreement. Part of `assay loop rank`.
 *
 * Two candidates that pass the very same tests agree; many that agree on many tests are likely to
 * be right, because there are more ways to be wrong. Nobody has said which of the tests are right.
 */
#include "client/loops/rank_groups.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static bool is_before(const struct rank_group *one, const struct rank_group *other)
{
	if (one->score != other->score)
		return one->score > other->score;
	return one->first < other->first;
}

static size_t tests_passed(const struct rank_matrix *matrix, size_t code)
{
	const uint8_t *row = matrix->passed + code * matrix->n_tests;
	size_t n = 0;

	for (size_t i = 0; i < matrix->n_tests; i++)
		n += row[i] != 0 ? matrix->n_test[i] : 0;
	return n;
}

static bool agree(const struct rank_matrix *matrix, size_t one, size_t other)
{
	return memcmp(matrix->passed + one * matrix->n_tests,
		      matrix->passed + other * matrix->n_tests, matrix->n_tests) == 0;
}

static double score_of(const struct rank_group *group, enum rank_score score)
{
	double candidates = (double)group->n_samples;

	return (score == RANK_PRODUCT ? candidates : sqrt(candidates)) * (double)group->n_tests;
}

static size_t collect(const struct rank_matrix *matrix, struct rank_group *groups)
{
	size_t n_groups = 0;

	for (size_t code = 0; code < matrix->n_codes; code++) {
		size_t i = 0;

		while (i < n_groups && !agree(matrix, groups[i].first, code))
			i++;
		if (i == n_groups)
			groups[n_groups++] = (struct rank_group){
				.first = code, .n_tests = tests_passed(matrix, code)};
		groups[i].n_samples += matrix->n_code[code];
	}
	return n_groups;
}

static void sort(struct rank_group *groups, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct rank_group moved = groups[i];
		size_t place = i;

		for (; place > 0 && is_before(&moved, &groups[place - 1]); place--)
			groups[place] = groups[place - 1];
		groups[place] = moved;
	}
}

size_t rank_groups(const struct rank_matrix *matrix, enum rank_score score,
		   struct rank_group *groups, size_t *group_of)
{
	size_t n_groups = collect(matrix, groups);

	for (size_t i = 0; i < n_groups; i++)
		groups[i].score = score_of(&groups[i], score);
	sort(groups, n_groups);
	for (size_t code = 0; code < matrix->n_codes; code++)
		for (size_t i = 0; i < n_groups; i++)
			if (agree(matrix, groups[i].first, code))
				group_of[code] = i;
	return n_groups;
}
