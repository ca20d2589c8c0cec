/* The unbiased estimator of pass@k (Chen et al. 2021). */
#pragma once

#include <stddef.h>

/* The probability that at least one of k samples, drawn from n without replacement, is one of the c
 * correct: 1 - C(n-c, k) / C(n, k). Needs c <= n and 1 <= k <= n. */
double pass_at_k(size_t n, size_t c, size_t k);
