"""Tasks and results as values: what they hold, how they are read and worded."""
import ast
import dataclasses
import os
import re
import subprocess
import sys
import typing

import pytest

import assay
from assay import answer, request
from support.daemon import BUILD, command_environment, program
from support.shared import ROOT
from support.wire import pb

FAILURES = assay.Task(assay.Tests.asserts([
    "assert f(1) == 1", "assert f(2) == 4", "assert f(3) == 'x'", "assert f(4) == 0",
    "assert f(0) == 0"]), feedback_form="reflexion", integrity="split",
    limits=assay.Limits(cpu_ms=10000, wall_ms=60000))
CODES = [
    "def f(n):\n    if n == 3: raise ValueError('no three')\n    if n == 4: return [1, 'a']\n"
    "    return n\n",
    "def f(n):\n    if n == 4: raise KeyError\n    return n\n",
    "def f(n:\n    return n\n",
    "raise RuntimeError('at once')\n",
    "def f(n):\n    if n == 3: raise SystemExit(3)\n    return n\n",
]


def test_every_value_that_is_made_has_all_fields_of_its_type():
    message = pb.Result(compile=pb.Compile(ok=True), repeats=pb.Repeats(runs=2))
    message.error.type = "E"
    message.tests.add(outcome=pb.OUTCOME_FAILED).error.type = "E"
    message.violations.add(syscall="socket", count=2)
    message.repeats.verdicts.add(verdict=pb.PASSED, count=2)
    result = answer.result_of(message, "plain")
    parts = (result, result.tests[0], result.usage, result.compile, result.repeats, result.error)
    for value in parts:
        assert set(vars(value)) == {each.name for each in dataclasses.fields(value)}
        for name, kind in typing.get_type_hints(type(value)).items():
            origin = typing.get_origin(kind)
            if origin is None:
                assert isinstance(getattr(value, name), kind), (name, kind)
        assert type(value)(**vars(value)) == value
        with pytest.raises(dataclasses.FrozenInstanceError):
            value.passed = True
    assert result.to_dict()["tests"][0]["error"]["type"] == "E"
    assert result.violations == {"socket": 2} and result.repeats.verdicts == {"PASSED": 2}


def test_every_word_of_the_protocol_is_known():
    for names, enum in ((answer._VERDICTS, pb.Verdict), (answer._OUTCOMES, pb.Outcome),
                        (answer._FAULTS, pb.Fault), (answer._INTEGRITIES, pb.Integrity)):
        assert len(set(names.values())) == len(enum.items())
    for words, enum in ((request._INTEGRITY, pb.IntegrityWish), (request._STOP, pb.Stop),
                        (request._REVEAL, pb.Reveal), (request._EXTRACT, pb.Extract),
                        (request._FORM, pb.FeedbackForm)):
        assert set(words.values()) == set(enum.values())
    assert answer._OUTCOMES[pb.OUTCOME_NOT_RUN] == "NOT_RUN"
    assert answer._FAULTS[pb.FAULT_CANDIDATE] == "candidate"


def test_feedback_in_the_form_of_reflexion_is_the_daemons(judge):
    """What is composed from the tests reads as what the daemon writes."""
    for code in CODES:
        for _ in range(5):
            result = judge.evaluate(FAILURES, code)
            if not result.maskable:
                break
        composed = dataclasses.replace(result, feedback_form="plain").feedback("reflexion")
        assert composed == result.feedback() == result.feedback("reflexion")
    with pytest.raises(ValueError, match="plain"):
        result.feedback("plain")


def test_hidden_tests_are_only_counted(judge):
    task = dataclasses.replace(FAILURES, hidden=(1, 4))
    result = judge.evaluate(task, CODES[1])
    text = dataclasses.replace(result, feedback_form="plain").feedback("reflexion")
    assert "f(2)" not in text and "f(0)" not in text and text.endswith("1 of 2 passed.")


def test_rewards():
    made = answer.result_of(pb.Result(verdict=pb.FAILED, score=0.5, fault=pb.FAULT_CANDIDATE), "")
    assert (made.reward(), made.reward(partial=True)) == (0.0, 0.5)
    assert dataclasses.replace(made, maskable=True).reward() is None
    assert dataclasses.replace(made, fault="tests").reward(partial=True) is None
    passed = answer.result_of(pb.Result(verdict=pb.PASSED, passed=True, score=1), "")
    assert passed.reward() == 1.0


def test_tasks_as_assay_eval_reads_them():
    task = assay.Task.from_dict({
        "id": "a", "language": "python", "entry_point": "f", "limits": {"cpu_ms": 5},
        "tests": {"calls": [{"args": [1], "expect": 2}, {"kwargs": {"n": 1}, "expect": 2}]},
        "integrity": "shared", "hidden": [0], "candidates": [{"code": ""}], "later": 1})
    assert task == assay.Task(
        assay.Tests.calls([((1,), 2), assay.Call((), 2, {"n": 1})]), entry_point="f", id="a",
        limits=assay.Limits(cpu_ms=5), integrity="shared", hidden=(0,)) or \
        task.tests.items[0].args == [1]
    stdio = assay.Task.from_dict({"tests": {"stdio": [{"stdin": "1", "stdout": "2"}],
                                            "comparator": "float", "relative_tolerance": 0.1}})
    assert stdio.tests == assay.Tests.stdio([("1", "2")], "float", 0.0, 0.1)
    for wrong in ({}, {"tests": {}}, {"tests": {"check": "", "program": ""}},
                  {"tests": {"asserts": "assert f"}}, {"tests": {"stdio": [{"in": ""}]}},
                  {"tests": {"check": ""}, "reveal": "some"},
                  {"tests": {"check": ""}, "limits": {"cpu": 1}}):
        with pytest.raises(assay.InvalidRequest):
            assay.Task.from_dict(wrong)


def test_the_script_of_the_readme_runs_as_it_stands():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
        (script,) = re.findall(r"```python\n(import assay\n.*?)```", readme.read(), re.S)
    assert len(ast.parse(script).body) == 3
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False,
        env=command_environment({"PYTHONPATH": os.path.join(BUILD, "python")}), timeout=300)
    assert "Expected: 3\nActual: -1" in done.stdout, done


def test_the_types_are_complete():
    """Whoever checks a program of theirs against this package is told of every type."""
    assert os.path.exists(os.path.join(BUILD, "python", "assay", "py.typed"))
    assert os.path.exists(program("python/assay/assay_pb2.pyi"))
