"""The attack corpus beside the project ($ASSAY_SHARED/attacks), as requests."""
import json
import os

import pytest

from support import shared
from support.wire import evaluate


def of_kind(name, kind):
    """(id, expected, request) of each line of a file whose task has tests of that kind."""
    path = os.path.join(shared.SHARED, "attacks", name)
    if not os.path.exists(path):
        pytest.skip("no shared data")
    with open(path, encoding="utf-8") as file:
        for line in map(json.loads, file):
            task = line["task"]
            if kind in task and line["language"] == "python":
                request = evaluate(line["candidate"], task=line["id"], files=line.get("files"),
                                   entry_point=task["entry_point"], **{kind: task[kind]})
                yield line["id"], line["expected"], request
