"""The corpora of attacks and of honest programs beside the project ($ASSAY_SHARED/attacks)."""
import json
import os

import pytest

from support import shared
from support.wire import as_bytes, evaluate

COMPARATORS = {"exact": "rstrip"}  # the corpus's word: but for white space at the end of lines


def lines_of(name, language="python"):
    path = os.path.join(shared.SHARED, "attacks", name)
    if not os.path.exists(path):
        pytest.skip("no shared data")
    with open(path, encoding="utf-8") as file:
        return [line for line in map(json.loads, file) if line["language"] == language]


def stdio_request(line, **limits):
    task = line["task"]
    checker, _, tolerance = task["checker"].partition(":")
    request = evaluate(line["candidate"], task=line["id"], **limits)
    request.stdio.comparator = COMPARATORS.get(checker, checker)
    request.stdio.absolute_tolerance = float(tolerance or 0)
    for case in task["stdin_tests"]:
        request.stdio.cases.add(stdin=as_bytes(case["stdin"]), stdout=as_bytes(case["stdout"]))
    return request


def request_of(line, **limits):
    """An Evaluate of a line, whatever form its tests have."""
    task = line["task"]
    if "stdin_tests" in task:
        return stdio_request(line, **limits)
    tests = {"check": task.get("test"), "asserts": task.get("tests"),
             "setup": task.get("setup") or "", "unittest": task.get("unittest"),
             "pytest": task.get("pytest")}
    return evaluate(line["candidate"], task=line["id"], prompt=task.get("prompt", ""),
                    entry_point=task["entry_point"], files=line.get("files"), **tests, **limits)


def of_kind(name, kind):
    """(id, expected, request) of each line of a file whose task has tests of that kind."""
    for line in lines_of(name):
        if kind in line["task"]:
            yield line["id"], line["expected"], request_of(line)
