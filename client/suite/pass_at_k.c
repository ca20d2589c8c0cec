/*
 * pass@k of one task. Part of `assay suite`.
 *
 * The obvious estimate 1 - (1 - c/n)^k is biased for small n. C(n-c,k)/C(n,k) overflows when
 * written with factorials, so it is the product of (1 - k/i) for i from n-c+1 to n, in this order
 * and in double precision: the sums then agree with openai/human-eval to the last digits.
 */
#include "client/suite/pass_at_k.h"

double pass_at_k(size_t n, size_t c, size_t k)
{
	if (n - c < k)
		return 1.0;
	double none_correct = 1.0;
	for (size_t i = n - c + 1; i <= n; i++)
		none_correct *= 1.0 - (double)k / (double)i;
	return 1.0 - none_correct;
}
