"""How long tests wait for what must come. Nobody waits that long on a machine that works: it is the
time after which something is broken, and not merely slow.

$ASSAY_TEST_PATIENCE multiplies it, for machines that are slow by nature (an emulated processor).
"""
import os

FACTOR = float(os.environ.get("ASSAY_TEST_PATIENCE", "1"))
PATIENCE_S = 120 * FACTOR
