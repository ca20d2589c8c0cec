"""The task sets outside of the project: ../shared/data beside it, or $ASSAY_SHARED/data."""
import gzip
import json
import os

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.environ.get("ASSAY_SHARED", os.path.join(ROOT, "..", "shared"))

HUMANEVAL = "humaneval/HumanEval.jsonl.gz"
MBPP = "mbpp/mbpp.jsonl.gz"


def data_path(name):
    """Path of a file below data/; skips the test when it is not there."""
    path = os.path.join(SHARED, "data", name)
    if not os.path.exists(path):
        pytest.skip("no shared data")
    return path


def read_lines(name):
    with gzip.open(data_path(name), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]
