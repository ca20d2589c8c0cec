"""The unbiased estimator of pass@k (Chen et al. 2021), as client/suite/pass_at_k.c has it."""
from __future__ import annotations

from typing import Dict, Iterable, Sequence, Tuple


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The probability that one of k samples, drawn from n, is one of the correct ones. Needs
    k <= n."""
    if n - correct < k:
        return 1.0
    none_correct = 1.0
    for drawn in range(n - correct + 1, n + 1):
        none_correct *= 1.0 - k / drawn
    return 1.0 - none_correct


def means(counts: Sequence[Tuple[int, int]], ks: Iterable[int]) -> Dict[str, float]:
    """{"pass@k": mean over tasks} of (samples, correct ones) of each task, for each k of which
    every task has enough samples."""
    return {f"pass@{k}": sum(pass_at_k(n, correct, k) for n, correct in counts) / len(counts)
            for k in ks if counts and all(n >= k for n, _ in counts)}
