"""Whether a series of numbers grows.

Growth is the slope through them (Theil and Sen: the median of the slopes of all pairs, which a few
wild values do not move), from the first to the last. One step up, which leaves no slope, is seen by
comparing the beginning and the end.
"""
import itertools
import statistics


def growth(values):
    slopes = [(later - earlier) / (j - i)
              for (i, earlier), (j, later) in itertools.combinations(enumerate(values), 2)]
    return statistics.median(slopes) * (len(values) - 1) if slopes else 0.0


def step(values):
    """From the most in the first third to the least in the last."""
    third = len(values) // 3
    return min(values[-third:]) - max(values[:third]) if third else 0.0


def grows(values, part, least):
    """Whether it grows by more than that part of its size, and by more than `least`."""
    if not values:
        return False
    return max(growth(values), step(values)) > max(part * statistics.median(values), least)
