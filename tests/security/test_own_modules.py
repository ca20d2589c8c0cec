"""Promise: the modules of the runtime cannot be imported by a candidate."""
import os

import pytest

from support.daemon import BUILD
from support.wire import evaluate, pb

FOLDER = os.path.join(BUILD, "runtimes", "python")
NAMES = sorted({name.split(".")[0] for name in os.listdir(FOLDER)} - {"zygote"})
CODE = """
import importlib, sys
found = []
for name in {names!r}:
    try:
        module = importlib.import_module(name)
        found += [name] * (getattr(module, "__file__", None) != "candidate.py")
    except ImportError:
        pass
def f():
    return found
"""


@pytest.mark.parametrize("wish", ["INTEGRITY_AUTO", "INTEGRITY_WISH_SHARED"])
def test_modules_of_the_runtime_are_not_there(client, wish):
    assert len(NAMES) > 10
    request = evaluate(CODE.format(names=NAMES), asserts=["assert f() == []"])
    request.integrity = pb.IntegrityWish.Value(wish)
    result = client.judge_one(request)
    assert result.passed, result.tests


def test_one_that_is_there_is_seen(client):
    request = evaluate(CODE.format(names=[*NAMES, "json"]), asserts=["assert f() == ['json']"])
    assert client.judge_one(request).passed
