"""How long tests wait for what must come. Nobody waits that long on a machine that works: it is the
time after which something is broken, and not merely slow.

$ASSAY_TEST_PATIENCE multiplies it, for machines that are slow by nature (an emulated processor). Limits
that leave room for what a candidate has to get done are multiplied with it (limits); those that it is
to reach are not.
"""
import os

FACTOR = float(os.environ.get("ASSAY_TEST_PATIENCE", "1"))
PATIENCE_S = 120 * FACTOR

LONGEST_MS = {"cpu_ms": 120000, "wall_ms": 600000}  # a policy's maximum_limits


def limits(usual):
    """The limits of a request, with more time by the factor."""
    return {name: min(int(value * FACTOR), LONGEST_MS[name]) if name in LONGEST_MS else value
            for name, value in usual.items()}
