"""What `make soak` calls growth: a leak is found in the noise of a busy machine, and noise is none."""
import random
import sys

from support import shared

sys.path.insert(0, f"{shared.ROOT}/tests/soak")
from growth import growth, grows  # noqa: E402


def noisy(slope, seed):
    """A process of 10 MB, measured 30 times; one time in ten something big was just going on."""
    chance = random.Random(seed)
    return [10_000 + slope * i + chance.gauss(0, 100) + (chance.random() < 0.1) * 5000
            for i in range(30)]


def test_a_leak_is_found():
    assert all(grows(noisy(60, seed), 0.05, 512) for seed in range(20))
    assert grows([25] * 10 + [26] * 20, 0, 0.5), "one descriptor"


def test_noise_is_none():
    assert not any(grows(noisy(0, seed), 0.05, 512) for seed in range(20))
    assert not grows([25] * 30, 0, 0.5)
    assert not grows(noisy(-60, 1), 0.05, 512)
    assert not grows([7], 0, 0.5) and not grows([], 0, 0.5)


def test_growth_is_from_the_first_to_the_last():
    assert growth([3, 4, 5, 6]) == 3
    assert growth([6, 5, 4, 3]) == -3
